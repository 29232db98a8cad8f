"""An artist looks at the preferences: what was found, what takes room, and what can go."""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402


def window():
    return h.window(1)


def area():
    return h.area("PREFERENCES", window())


def push(operator, across=0.5, options=""):
    yield from h.push(f"bpy.ops.pochade.{operator}({options}", area(), window(), across, "WINDOW")


def scroll(down):
    yield from h.wheel(h.middle(area()), down, of=window())
    yield 0.5


def check_preferences_open(note):
    h.install()
    folder = h.pochade("addon.preferences").user_folder()
    for name, size in {
        "engine/cpython-27/torch/lib.so": 3_000_000,
        "training/0123456789abcdef.training": 40_000,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(size))
    with bpy.context.temp_override(window=h.window()):
        bpy.ops.preferences.addon_show(module=h.PACKAGE)
    yield from h.wait(window, "the preferences' window")
    yield 1.0
    h.shot("preferences_top")
    yield from scroll(60)
    h.shot("preferences_end")


def check_folders_are_measured_and_cleaned_up(note):
    storage = h.pochade("addon.engine.storage")
    yield from push("measure_folders", across=0.3)
    yield from h.wait(lambda: storage.measured(), "what there is")
    yield 1.0
    yield from scroll(60)
    h.shot("preferences_folders")
    assert {"Engine for Python 2.7", "Broken-off Trainings"} <= {item.title for item in storage.measured()}
    yield from push("clean_up", 0.985, 'title="Engine for Python 2.7"')
    yield 0.7
    h.shot("preferences_clean_up")
    yield from h.accept(lambda: not storage.find("Engine for Python 2.7"), "the end of the old engine")
    yield 0.7
    h.shot("preferences_cleaned")


def check_devices_are_found(note):
    yield from scroll(-60)
    preferences = h.pochade("addon.preferences").preferences(bpy.context)
    yield from scroll(6)
    yield from push("look_for_devices", across=0.6)
    yield from h.wait(lambda: preferences.found_devices, "what PyTorch found")
    yield 1.0
    h.shot("preferences_devices")
    note(preferences.found_devices)
    yield from scroll(60)
    h.shot("preferences_devices_end")
    yield from h.close(window())


h.run(globals())
