"""Keys in Blender: the list, the paint mode, undo, suggestions, the command line and the style.

The frames are painted with no strength where it is their way that counts: they come out as they were.
"""

import bpy
import numpy as np
import pytest

from tests.addon.moving import NUMBERS, written
from tests.addon.pictures import BYTE, blender_image, read_file

pytestmark = pytest.mark.oldest


def hand(height=64, width=80, alpha=1.0):
    """Hatching in red and yellow, (H, W, 4), in 8 bit, with this alpha in the right half."""
    y, x = np.mgrid[:height, :width]
    picture = np.ones((height, width, 4), np.float32)
    picture[..., :3] = np.where(((x + y) // 3 % 2)[..., None], (200, 40, 20), (240, 210, 60))
    picture[..., :3] /= 255
    picture[:, width // 2 :, 3] = alpha
    return picture


@pytest.fixture
def editor(editor):
    """An Image Editor, in whose place operators are called."""
    with bpy.context.temp_override(**editor):
        yield editor["area"].spaces.active


@pytest.fixture
def keyed(moving, editor):
    """The scene at frame 8 with the picture "hand" in the editor, and its keys."""
    moving.frame_set(8)
    editor.image = blender_image(hand(), "hand")
    return moving.pochade.animation.keys


def test_a_picture_becomes_a_key_and_is_its_frame_to_the_bit(moving, folder, keyed, editor):
    assert bpy.ops.pochade.add_key() == {"FINISHED"}
    assert [(key.frame, key.image.name) for key in keyed] == [(8, "hand")]
    assert moving.pochade.style_kind == "KEYS", "another hand than any preset's"
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    painted = read_file(folder / "0008.png")[..., :3]
    assert np.array_equal(np.rint(painted * 255), np.rint(hand()[..., :3] * 255))
    assert moving.pochade.result.name == "Scene, Keys"
    source = read_file(folder / "source" / "0007.png")[..., :3]
    assert np.abs(read_file(folder / "0007.png")[..., :3] - source).max() <= BYTE, "no strength"


def test_what_is_clear_is_painted_and_a_changed_key_paints_anew(moving, folder, keyed, editor):
    editor.image = half = blender_image(hand(alpha=0), "half")
    bpy.ops.pochade.add_key()
    moving.pochade.style_kind = "PRESET"
    bpy.ops.pochade.stylize_animation()
    painted, source = (read_file(path / "0008.png")[..., :3] for path in (folder, folder / "source"))
    assert np.abs(painted[:, :40] - hand()[:, :40, :3]).max() <= BYTE
    assert np.abs(painted[:, 40:] - source[:, 40:]).max() <= BYTE
    before = written(folder)
    bpy.ops.pochade.stylize_animation()
    assert written(folder) == before, "nothing has changed"
    half.pixels.foreach_set(np.ascontiguousarray(hand()[::-1] * np.float32((0.5, 1, 1, 1))).ravel())
    bpy.ops.pochade.stylize_animation()
    assert np.abs(read_file(folder / "0008.png")[:, :40, 0] - hand()[:, :40, 0] / 2).max() <= 1.01 / 255


def test_the_list_keeps_the_order_goes_to_a_frame_and_is_undone(moving, keyed, editor):
    bpy.ops.ed.undo_push(message="before")
    for frame in (9, 7):
        moving.frame_set(frame)
        bpy.ops.pochade.add_key()
        bpy.ops.ed.undo_push(message="key")
    assert [key.frame for key in keyed] == [7, 9] and moving.pochade.animation.active_key == 0
    editor.image = blender_image(hand(alpha=0.5), "other")
    bpy.ops.pochade.add_key()
    assert [key.image.name for key in keyed] == ["other", "hand"], "in its place"
    bpy.ops.pochade.show_key(index=1)
    assert (moving.frame_current, editor.image.name) == (9, "hand")
    bpy.ops.pochade.remove_key(index=0)
    assert [key.frame for key in keyed] == [9] and "other" in bpy.data.images
    bpy.ops.ed.undo_push(message="removed")
    bpy.ops.ed.undo()
    assert [key.frame for key in bpy.context.scene.pochade.animation.keys] == [7, 9]
    bpy.ops.ed.undo()
    assert [key.frame for key in bpy.context.scene.pochade.animation.keys] == [9]


def test_a_painted_frame_is_edited_and_comes_back(moving, folder, editor):
    bpy.ops.pochade.stylize_animation()
    sequence = moving.pochade.result
    editor.image = sequence
    moving.frame_set(8)
    bpy.ops.pochade.edit_as_key()
    (key,) = moving.pochade.animation.keys
    assert (key.frame, editor.image, editor.ui_mode) == (8, key.image, "PAINT")
    assert key.image.packed_file and moving.pochade.style_kind == "PRESET"
    before = read_file(folder / "0008.png")[..., :3]
    picture = np.empty((64, 80, 4), np.float32)
    key.image.pixels.foreach_get(picture.ravel())
    assert np.abs(picture[::-1, :, :3] - before).max() <= 0.51 / 255
    picture[:20] = (1, 0, 0, 1)
    key.image.pixels.foreach_set(picture.ravel())
    bpy.ops.pochade.edit_as_key()
    assert (editor.image, editor.ui_mode) == (sequence, "VIEW")
    bpy.ops.pochade.stylize_animation()
    after = read_file(folder / "0008.png")[..., :3]
    assert np.array_equal(np.rint(after * 255), np.rint(picture[::-1, :, :3] * 255))
    bpy.ops.pochade.edit_as_key()
    assert len(moving.pochade.animation.keys) == 1 and editor.image == key.image, "the same one goes on"


def test_brushes_of_the_paint_mode_are_no_part_of_the_render(moving, load, tmp_path):
    """Blender links them from files of its own when they are first used."""
    fingerprint, file = load("addon.blender.fingerprint").fingerprint, str(tmp_path / "linked.blend")
    brush, texture = (
        bpy.data.brushes.new("Hand", mode="TEXTURE_PAINT"),
        bpy.data.textures.new("Grain", "CLOUDS"),
    )
    brush.texture, material = texture, bpy.data.materials.new("Linked")
    bpy.data.libraries.write(file, {brush, material})
    bpy.data.batch_remove([brush, texture, material])
    before = fingerprint(moving)
    with bpy.data.libraries.load(file, link=True) as (there, here):
        here.brushes = ["Hand"]
    assert fingerprint(moving) == before and bpy.data.libraries and bpy.data.textures
    with bpy.data.libraries.load(file, link=True) as (there, here):
        here.materials = ["Linked"]
    assert fingerprint(moving) != before, "what may be rendered counts"


def test_a_rendered_frame_is_painted_over(moving, folder, editor):
    moving.frame_set(9)
    with pytest.raises(RuntimeError, match="Frame 9 is neither painted nor rendered by Pochade yet"):
        bpy.ops.pochade.edit_as_key()
    bpy.ops.pochade.stylize_animation()
    moving.pochade.result = None
    editor.image = None
    bpy.ops.pochade.edit_as_key()
    assert [key.frame for key in moving.pochade.animation.keys] == [9]


def test_painted_strokes_are_in_the_saved_file(moving, keyed, editor, tmp_path):
    bpy.ops.pochade.stylize_animation()
    bpy.ops.pochade.edit_as_key()
    image = keyed[0].image
    image.pixels.foreach_set(np.full((64, 80, 4), 0.25, np.float32).ravel())
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert abs(bpy.context.scene.pochade.animation.keys[0].image.pixels[0] - 0.25) < 0.01


def test_a_changed_render_is_told(moving, folder, keyed, start):
    from tests.addon.jobs import drive

    def paint():
        job = start()
        drive(job)
        assert job.state == "done", job.sentence
        return job.sentence

    bpy.ops.pochade.add_key()
    assert "has changed" not in paint()
    moving.objects[0].scale = (0.5, 0.5, 0.5)
    assert "Frame 8 has changed since its key was painted" in paint()
    keyed[0].image = blender_image(hand() * np.float32((0.9, 1, 1, 1)), "painted anew")
    assert "has changed since" not in paint()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda keys: setattr(keys.add(), "image", keys[0].image), "Frame 8 has two keys"),
        (
            lambda keys: setattr(keys[0], "image", blender_image(0 * hand(), "clear")),
            "clear of frame 8 is empty",
        ),
        (
            lambda keys: setattr(keys[0], "image", blender_image(hand(64, 64), "square")),
            "square of frame 8 has 64",
        ),
    ],
)
def test_a_key_that_cannot_be_followed_is_named(moving, keyed, spoil, sentence):
    bpy.ops.pochade.add_key()
    spoil(keyed)
    keyed[len(keyed) - 1].frame = 8
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.pochade.stylize_animation()


def test_without_keys_their_style_asks_for_one(moving):
    moving.pochade.style_kind = "KEYS"
    with pytest.raises(RuntimeError, match="There is no key yet: add one under Animation, or pick a preset"):
        bpy.ops.pochade.stylize_animation()


def test_near_a_key_its_own_strokes_count_most(load, moving, keyed):
    presets = load("addon.styles.presets")
    for frame, name in ((7, "a"), (9, "b")):
        key = keyed.add()
        key.frame, key.image = frame, blender_image(hand(), name)
    moving.pochade.style_kind = "KEYS"

    def mix(frame):
        moving.frame_set(frame)
        return {entry.image: weight for entry, weight in presets.chosen_mix(moving)}

    assert [mix(frame) for frame in (5, 7, 8, 9)] == [{"a": 1}, {"a": 1}, {"a": 0.5, "b": 0.5}, {"b": 1}]
    bpy.ops.pochade.add_item(items="mix")
    moving.pochade.mix[0].preset = "udnie"
    assert len(mix(8)) == 3


def test_suggestions_come_into_the_list_and_wait_for_a_picture(moving, folder, keyed):
    with pytest.raises(RuntimeError, match="Frame 7 is not rendered yet: use Stylize Animation first"):
        bpy.ops.pochade.suggest_keys()
    bpy.ops.pochade.stylize_animation()
    bpy.ops.pochade.suggest_keys()
    assert keyed and {key.frame for key in keyed} <= set(NUMBERS) and not any(key.image for key in keyed)
    count = len(keyed)
    bpy.ops.pochade.suggest_keys()
    assert len(keyed) == count, "suggested once"
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}, "what is not painted yet is no key"


def test_the_command_line_brings_keys_to_the_bit(load, moving, folder, tmp_path, command):
    pictures, fine = load("core.files.pictures"), np.random.default_rng(0).random((64, 80, 4), np.float32)
    fine[..., 3] = 1
    pictures.write_picture(tmp_path / "fine.png", fine, 16)
    pictures.write_picture(tmp_path / "hand.png", hand())
    moving.pochade.steps = moving.pochade.animation.later_steps = 1
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    keys = ["--key", f"7={tmp_path / 'hand.png'}", "--key", f"9={tmp_path / 'fine.png'}"]
    status, lines = command("animate", *keys, "--style", "keys")
    assert status == 0, lines
    for number, name in ((7, "hand"), (9, "fine")):
        painted = pictures.read_picture(folder / f"{number:04}.png")
        wanted = pictures.read_picture(tmp_path / f"{name}.png")
        assert np.array_equal(painted[..., :3], wanted[..., :3]), name
    for words, sentence in (
        (["--key", "7"], "is no key: write its frame and its file, 24=key.png"),
        ([*keys, *keys[:2]], "Frame 7 has two keys"),
        (["--key", f"7={tmp_path / 'none.png'}"], "There is no file"),
    ):
        status, lines = command("animate", *words)
        assert status and any(sentence in line for line in lines), lines
