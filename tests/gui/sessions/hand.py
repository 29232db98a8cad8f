"""An artist looks at what the guide's chapter on his own hand tells: keys, timing, view layers, motion blur;
the frames come from EEVEE.
"""

import sys
import tempfile
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import fitting  # noqa: E402
import harness as h  # noqa: E402

sys.setswitchinterval(1)  # as in animation.py

STYLIZE, EDIT = "bpy.ops.pochade.stylize_animation", "bpy.ops.pochade.edit_as_key"
ENGINE = "BLENDER_EEVEE" if bpy.app.version >= (5, 0) else "BLENDER_EEVEE_NEXT"
FOLDER = Path(tempfile.mkdtemp())
COUNT = 4
OPEN = {"POCHADE_PT_animation", "POCHADE_PT_keys", "POCHADE_PT_view_layers", "POCHADE_PT_timing"}


def editor():
    return h.area("IMAGE_EDITOR")


def chosen():
    return h.scene().animation


def top():
    for _ in range(4):
        fitting.scroll("scroll_up", page=True)
    yield 0.5


def second_page():
    """Where Animation begins."""
    yield from top()
    fitting.scroll("scroll_down", page=True)
    yield 0.5


def pages(name, count=2):
    """Screenshots of the sidebar's first pages."""
    yield from top()
    for page in range(count):
        h.shot(f"{name}_{page}")
        fitting.scroll("scroll_down", page=True)
        yield 0.5


def choose(field, further):
    """Pick another entry of a menu: Ctrl and the mouse wheel."""
    yield from h.wheel((yield from h.find(field, editor(), across=0.7)), further, "ctrl")
    yield from h.rest(0.3)


def check_the_panels_are_unfolded(note):
    yield from fitting.open_all(OPEN)
    h.animated_cube(FOLDER, COUNT, ENGINE)
    h.scene().strength, chosen().file_format = 0, "png8"  # the frames come out as they were
    h.scene().resolution = "draft"
    with bpy.context.temp_override(window=h.window()):
        bpy.ops.scene.view_layer_add(type="NEW")
    yield from h.press("ctrl+space", h.middle(editor()))
    yield 1.0
    yield from fitting.widen(330)
    yield from pages("hand_fresh")


def check_drawings_are_held_and_blurred(note):
    yield from h.scroll_down(editor())
    yield from h.fill("animation.hold", "2", editor())
    yield from choose("animation.held", 1)
    yield from h.fill("animation.boil", "0.3", editor())
    assert (chosen().hold, chosen().held, round(chosen().boil, 3)) == (2, "camera", 0.3)
    yield from second_page()
    yield from h.push("animation.motion_blur", editor())
    assert chosen().motion_blur
    yield from pages("hand_timing")
    chosen().hold, chosen().held, chosen().boil, chosen().motion_blur = 1, "still", 0, False


def check_layers_are_put_apart(note):
    yield from h.scroll_down(editor())
    yield from h.push("animation.apart", editor())
    assert chosen().apart
    yield from h.push("bpy.ops.pochade.add_item(", editor())
    yield from h.wait(lambda: h.scene().layers, "a layer's style")
    yield from pages("hand_layers", 3)
    yield from h.scroll_down(editor())
    yield from h.push("animation.apart", editor())
    assert not chosen().apart
    h.scene().layers.clear()


def check_frames_of_eevee_follow_a_key(note):
    yield from second_page()
    yield from h.begin(STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()
    note(h.sentence())
    bpy.context.scene.frame_set(2)
    yield from pages("hand_painted")
    yield from h.scroll_down(editor())
    yield from h.push(EDIT, editor())
    yield from h.wait(lambda: chosen().keys and chosen().keys[0].image, "the key")
    yield from h.drag(h.middle(editor()), 60)
    yield 0.5
    yield from pages("hand_key")
    yield from h.scroll_down(editor())
    yield from h.push(EDIT, editor())
    yield from h.begin("bpy.ops.pochade.suggest_keys", editor())
    yield from h.wait(lambda: not h.running(), "the suggestion")
    note(h.sentence())
    yield from pages("hand_suggested")


def check_the_frames_follow_the_key_and_none_is_rendered_again(note):
    for key in [*chosen().keys][::-1]:
        if not key.image:
            chosen().keys.remove([*chosen().keys].index(key))
    yield from second_page()
    yield from h.begin(STYLIZE, editor())
    yield from h.accept(lambda: not h.running(), "the work")
    yield from h.wait(lambda: not h.running(), "the painting")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()
    note(h.sentence())
    assert "source" not in h.sentence(), "what the paint mode loads is no part of the render"
    h.shot("hand_followed")


h.run(globals())
