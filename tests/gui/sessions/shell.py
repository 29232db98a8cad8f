"""What artists reach for: an example to open, paintings as files, a picture dropped on the sidebar."""

import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402
from desktop import place_of, xdotool  # noqa: E402

# As in the render session: Blender 4.3 may never let a timer write again after a render.
sys.setswitchinterval(1)
EXAMPLE = "bpy.ops.pochade.open_example("


def editor():
    return h.area("IMAGE_EDITOR")


def shown():
    return editor().spaces.active.image


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values


def check_the_example_is_a_click_away(note):
    h.install()
    h.open_image_editor()
    yield from h.open_tab(editor(), "Pochade")
    yield 0.7
    h.shot("shell_empty")
    yield from h.push(EXAMPLE, editor())
    yield 1.0
    if bpy.data.is_dirty:
        h.shot("shell_example_asks")
        yield from h.press("Return")
    yield from h.wait(lambda: "Island" in bpy.data.objects and len(h.scene().regions) == 3, "the example")
    yield 2.0
    h.shot("shell_example")
    assert shown().type == "RENDER_RESULT" and not bpy.data.filepath


def check_stylize_is_the_next_click(note):
    h.scene().method = "instant"
    yield from h.open_tab(editor(), "Pochade")
    yield from h.begin(h.STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")
    yield 0.7
    h.shot("shell_example_painted")
    assert shown() == h.scene().result, h.sentence()
    assert tuple(shown().size) == (512, 288) and pixels(shown()).std() > 0.1


def check_a_painting_becomes_a_file(note):
    bpy.ops.wm.save_as_mainfile(filepath=str(h.OUT / "shell.blend"))
    for file in (h.OUT / "pochade").glob("*"):
        file.unlink()
    h.scene().output.save_to = "folder"
    h.region(editor(), "UI").tag_redraw()  # it moves the buttons
    yield from h.rest(0.7)
    yield from h.begin(h.STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")
    yield 0.7
    h.shot("shell_file")
    assert shown().filepath.startswith("//pochade/Render Result, ") and not shown().packed_file, h.sentence()
    assert pixels(shown()).std() > 0.1
    before = shown().filepath
    yield from h.press("ctrl+z", h.middle(editor()))
    yield 0.7
    yield from h.press("ctrl+shift+z", h.middle(editor()))
    yield 0.7
    h.shot("shell_redone")
    assert shown().filepath == before and pixels(shown()).std() > 0.1


def check_a_dropped_picture_is_asked_about(note):
    file = h.OUT / "dropped.png"
    meadow = h.picture("meadow", 240, 160)
    meadow.save_render(str(file))
    sidebar = h.region(editor(), "UI")
    for answer, key in (("style", "u"), ("picture", "o")):
        xdotool("mousemove", *place_of(sidebar.x + 60, sidebar.y + sidebar.height // 2, None))
        yield 0.5
        with bpy.context.temp_override(window=h.window(), area=editor(), region=sidebar):
            # What Blender runs where a file is dropped: it asks the handlers of all add-ons.
            bpy.ops.wm.drop_import_file(
                "INVOKE_DEFAULT", directory=str(file.parent), files=[{"name": file.name}]
            )
        yield 0.7
        h.shot(f"shell_dropped_{answer}")
        yield from h.press(key)
        yield 0.7
    assert h.scene().style_kind == "IMAGE" and h.scene().style_image.name == "dropped.png"
    assert shown().name == "dropped.png"


h.run(globals())
