"""Several paintings in one job: variations of one picture, and many files."""

import itertools

import bpy
import numpy as np
import pytest

from tests.addon.pictures import picture, read_file, same


@pytest.fixture
def chosen(load):
    chosen = bpy.context.scene.pochade
    image = bpy.data.images.new("photo.png", 80, 72)
    image.pixels.foreach_set(picture(80, 72, seed=3).ravel())
    chosen.preset, chosen.resolution = "starry_night", "draft"
    chosen.size, chosen.steps, chosen.coarse_size = 64, 1, 64
    chosen.start, chosen.seed = "noise", 5
    return chosen


@pytest.fixture
def editor(pochade):
    """An Image Editor, and the context that it gives."""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "IMAGE_EDITOR"
    return area, bpy.context.temp_override(window=window, area=area)


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(*reversed(image.size), 4)


def paintings_of(load):
    recipe = load("addon.blender.images").recipe
    return {image.name: image for image in bpy.data.images if recipe(image)}


@pytest.mark.oldest
def test_variations_differ_and_stand_side_by_side(load, chosen):
    assert bpy.ops.pochade.variations(image="photo.png", count=3) == {"FINISHED"}
    paintings = paintings_of(load)
    title = "photo, The Starry Night"
    assert list(paintings) == [title, f"{title}, firmer", f"{title}, freer"]
    sheet = bpy.data.images[f"{title}, variations"]
    sheets = load("addon.blender.sheets")
    assert [image.name for image in sheets.shown(sheet)] == [title, f"{title}, freer", f"{title}, firmer"]
    (width, height), gap = paintings[title].size, sheets.GAP
    assert tuple(sheet.size) == (2 * width + gap, 2 * height + gap)
    np.testing.assert_array_equal(pixels(sheet)[-height:, :width], pixels(paintings[title]))
    np.testing.assert_array_equal(pixels(sheet)[:height, :width], pixels(paintings[f"{title}, firmer"]))
    np.testing.assert_array_equal(pixels(sheet)[-height:, -width:], pixels(paintings[f"{title}, freer"]))
    assert sheets.place_at(sheet, 0.9, 0.9) == 1 and sheets.place_at(sheet, 0.1, 0.1) == 2
    assert sheets.place_at(sheet, 0.9, 0.1) is None


def test_no_two_variations_are_twins(load, chosen):
    """From the source, as one paints: what differs is seen, where seeds differ by nothing."""
    chosen.start, chosen.steps = "content", 20
    bpy.ops.pochade.variations(image="photo.png", count=4)
    painted = [pixels(image) for image in paintings_of(load).values()]
    assert len(painted) == 4
    for one, other in itertools.combinations(painted, 2):
        assert np.abs(one - other)[..., :3].mean() > 0.01


def test_a_variation_is_taken_with_its_settings(load, chosen, editor):
    chosen.resolution = "full"
    bpy.ops.pochade.variations(image="photo.png", count=2, resolution="draft")
    title = "photo, The Starry Night"
    area, override = editor
    area.spaces.active.image = bpy.data.images[f"{title}, variations"]
    brush = chosen.style_scale
    chosen.preset = "udnie"
    with override:
        assert bpy.ops.pochade.take_painting(place=1) == {"FINISHED"}
        taken = area.spaces.active.image
        assert taken.name == f"{title}, freer" and chosen.result == taken
        assert chosen.style_scale == brush * 2.5 and chosen.preset == "starry_night"
        assert chosen.resolution == "full"  # the variation was a draft
        with pytest.raises(RuntimeError, match="Show a sheet of Variations or Compare"):
            bpy.ops.pochade.take_painting(place=1)
        area.spaces.active.image = bpy.data.images[f"{title}, variations"]
        bpy.data.images.remove(taken)
        with pytest.raises(RuntimeError, match="has been deleted"):
            bpy.ops.pochade.take_painting(place=1)


def test_paintings_of_one_name_are_numbered(load, chosen):
    for _ in range(3):
        bpy.ops.pochade.stylize(image="photo.png")
    title = "photo, The Starry Night"
    assert set(paintings_of(load)) == {title, f"{title} 2", f"{title} 3"}
    bpy.data.images["photo.png"].name = "a" * 50 + ".png"
    bpy.ops.pochade.stylize(image="a" * 50 + ".png")
    assert chosen.result.name == "a" * 27 + "…, The Starry Night"


def test_the_source_and_its_newest_paintings_stand_side_by_side(load, chosen, editor):
    with pytest.raises(RuntimeError, match="Open an image in the Image Editor"):
        bpy.ops.pochade.compare()
    area, override = editor
    area.spaces.active.image = bpy.data.images["photo.png"]
    with override:
        with pytest.raises(RuntimeError, match="Paint the picture first"):
            bpy.ops.pochade.compare()
        paintings = []
        for seed in (1, 2):
            chosen.seed = seed
            bpy.ops.pochade.stylize(image="photo.png")
            paintings.append(pixels(chosen.result))
        assert bpy.ops.pochade.compare(count=1) == {"FINISHED"}
        sheet = area.spaces.active.image
        assert sheet.name == "photo, compared"
        both = pixels(sheet)
        (height, width), gap = paintings[1].shape[:2], load("addon.blender.sheets").GAP
        assert both.shape[:2] == (height * 2 + gap, width) or both.shape[:2] == (height, width * 2 + gap)
        np.testing.assert_array_equal(both[:height, -width:], paintings[1])
        bpy.ops.pochade.compare(count=2)
        assert (
            area.spaces.active.image.size[0] * area.spaces.active.image.size[1]
            > sheet.size[0] * sheet.size[1]
        )


def test_files_are_painted_and_none_is_lost(load, chosen, tmp_path):
    write = load("core.files.pictures").write_picture
    for name in ("one.png", "two.png"):
        write(tmp_path / name, picture(80, 72, seed=1)[..., :3])
    (tmp_path / "bad.png").write_bytes(b"nothing")
    files = [{"name": name} for name in ("one.png", "bad.png", "two.png")]
    for _ in range(2):
        assert bpy.ops.pochade.stylize_files(directory=str(tmp_path), files=files) == {"FINISHED"}
    names = sorted(path.name for path in (tmp_path / "pochade").iterdir())
    assert names == [
        f"{name}, The Starry Night{ending}.png" for name in ("one", "two") for ending in (" 2", "")
    ]
    one = load("core.files.pictures").read_picture(tmp_path / "pochade" / "one, The Starry Night.png")
    assert one.shape[:2] == (58, 64) and one.std() > 0.05


def test_a_name_that_is_too_long_costs_itself(load, chosen, tmp_path):
    write = load("core.files.pictures").write_picture
    long = [name + ".png" for name in ("a" * 226, "b" * 250, "é" * 115)]
    for name in ("one.png", *long, "two.png"):
        write(tmp_path / "a.png", picture(80, 72, seed=1)[..., :3])
        (tmp_path / "a.png").rename(tmp_path / name)
    files = [{"name": name} for name in ("one.png", *long, "two.png")]
    assert bpy.ops.pochade.stylize_files(directory=str(tmp_path), files=files) == {"FINISHED"}
    painted = sorted(path.name for path in (tmp_path / "pochade").iterdir())
    assert painted == [f"{name}, The Starry Night.png" for name in ("one", "two")]
    with pytest.raises(RuntimeError, match="Painted 0 of 1 pictures .*b{250}.png: .* is too long there"):
        bpy.ops.pochade.stylize_files(directory=str(tmp_path), files=files[2:3])


def test_what_cannot_be_painted_is_said(load, chosen, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    with pytest.raises(
        RuntimeError, match="Painted 0 of 1 pictures .*bad.png is no picture that can be read"
    ):
        bpy.ops.pochade.stylize_files(directory=str(tmp_path), files=[{"name": "bad.png"}])
    with pytest.raises(RuntimeError, match="Choose the pictures to paint"):
        bpy.ops.pochade.stylize_files(directory=str(tmp_path))


def test_objects_in_a_file_are_held_together_as_in_the_render(load, planes, chosen, tmp_path):
    bpy.ops.render.render()
    load("addon.blender.images").save_passes(planes, bpy.data.images["Render Result"], tmp_path / "a.exr")
    chosen.start, chosen.size, chosen.steps, run = "content", 128, 6, load("addon.cli").run
    words = "--style starry_night --size 128 --steps 6 --coarse-size 64 --start content --seed 5".split()
    painted = {}
    for holds in (True, False):
        chosen.hold_objects = holds
        bpy.ops.pochade.stylize_files(directory=str(tmp_path), files=[{"name": "a.exr"}])
        by_panel = max((tmp_path / "pochade").iterdir(), key=lambda file: len(file.name))
        by_command = tmp_path / f"{holds}.png"
        option = [] if holds else ["--no-hold-objects"]
        assert run(["paint", str(tmp_path / "a.exr"), "--output", str(by_command), *words, *option]) == 0
        painted[holds] = read_file(by_panel)
        assert same(painted[holds], read_file(by_command))
    assert np.abs(painted[True] - painted[False])[24:72, 10:118].mean() > 0.005


@pytest.mark.parametrize(
    "given", [["long", "udnie", "out.png"], ["one", "long", "out.png"], ["one", "udnie", "long"]]
)
def test_on_the_command_line_a_name_that_is_too_long_gets_a_sentence(load, chosen, tmp_path, capfd, given):
    load("core.files.pictures").write_picture(tmp_path / "one.png", picture(80, 72, seed=1)[..., :3])
    content, style, output = (text.replace("long", "n" * 300).replace("one", "one.png") for text in given)
    words = [str(tmp_path / content), "--style", style, "--output", str(tmp_path / output), "--size", "64"]
    assert load("addon.cli").run(["paint", *words]) == 1
    told = capfd.readouterr().err.strip().splitlines()
    assert len(told) == 1 and told[0].startswith("pochade: ") and "bug" not in told[0], told
