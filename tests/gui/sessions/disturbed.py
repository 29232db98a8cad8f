"""An artist does everything during a painting that pulls the ground from under it."""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402


def editor():
    return h.area("IMAGE_EDITOR")


def shown():
    return editor().spaces.active.image


def start():
    """A new picture in the editor, and a painting of it that is on its way."""
    editor().spaces.active.image = bpy.data.images.get("meadow") or h.picture("meadow")
    h.scene().steps = h.ENDLESS
    yield from h.open_tab(editor(), "Pochade")
    yield from h.start(editor())


def cancel():
    yield from h.stop(lambda: h.press("Escape", h.middle(editor())))


def check_undo(note):
    h.install()
    h.open_image_editor()
    yield 0.5
    for frame in range(3):
        bpy.context.scene.frame_current = frame
        with bpy.context.temp_override(window=h.window()):
            bpy.ops.ed.undo_push(message=f"Frame {frame}")
    yield from start()
    for frame in (1, 0):
        yield from h.press("ctrl+z", h.middle(editor()))
        yield from h.wait(lambda frame=frame: bpy.context.scene.frame_current == frame, f"frame {frame}")
        yield from h.rest(0.5)
    yield 1.5
    assert h.running()
    h.shot("after_undo")
    yield from cancel()


def check_source_is_deleted(note):
    yield from start()
    bpy.data.images.remove(bpy.data.images["meadow"])
    yield 1.5
    assert h.running()
    yield from cancel()
    h.shot("after_source_deleted")


def check_preview_is_deleted(note):
    yield from start()
    bpy.data.images.remove(shown())
    yield 1.5
    assert h.running()
    yield from h.stop(lambda: h.push(h.CANCEL, editor(), across=h.KEEP))
    assert h.scene().result, "nothing was kept"


def check_file_is_opened(note):
    file = str(h.OUT / "disturbed.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    yield from start()
    bpy.ops.wm.open_mainfile(filepath=file)
    yield 1.0
    assert not h.running()
    assert "another file" in h.sentence()
    h.shot("after_opening")


def check_extension_is_switched_off(note):
    yield from start()
    with bpy.context.temp_override(window=h.window()):
        bpy.ops.preferences.addon_disable(module=h.PACKAGE)
        yield 1.0
        assert not hasattr(bpy.types.Scene, "pochade")
        h.shot("switched_off")
        bpy.ops.preferences.addon_enable(module=h.PACKAGE)
    yield 0.5


def check_quitting(note):
    """The session's end, with Blender's status, is the rest of this check."""
    yield from start()


h.run(globals())
