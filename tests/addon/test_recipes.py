"""What a painting knows of itself, and what a job tells of itself."""

import json

import bpy
import numpy as np
import pytest


@pytest.fixture
def chosen(load):
    chosen = bpy.context.scene.pochade
    for name, seed in (("photo.png", 1), ("other.png", 2)):
        image = bpy.data.images.new(name, 80, 72)
        image.pixels.foreach_set(np.random.default_rng(seed).random((72, 80, 4), np.float32).ravel())
    chosen.resolution = "draft"
    chosen.size, chosen.steps, chosen.coarse_size = 64, 1, 64
    return chosen


def use(image):
    bpy.context.scene.pochade.result = image
    return bpy.ops.pochade.use_settings()


def test_a_painting_gives_its_settings_and_styles_back(load, chosen):
    chosen.style_kind, chosen.style_image, chosen.weight = "IMAGE", bpy.data.images["other.png"], 0.75
    chosen.mix.add()
    chosen.mix[0].preset, chosen.mix[0].weight = "udnie", 0.25
    chosen.seed, chosen.strength, chosen.keep_colours = 7, 0.6, "luminance"
    settings = load("addon.scene.properties").read_settings(bpy.context.scene)
    bpy.ops.pochade.stylize(image="photo.png")
    painting = chosen.result
    chosen.mix.clear()
    chosen.style_kind = "PRESET"
    chosen.preset = "great_wave"
    chosen.seed = 1
    chosen.strength = 1.0
    chosen.keep_colours = "off"
    assert use(painting) == {"FINISHED"}
    assert load("addon.scene.properties").read_settings(bpy.context.scene) == settings
    assert (chosen.style_kind, chosen.style_image.name, chosen.weight) == ("IMAGE", "other.png", 0.75)
    assert [(style.preset, style.weight) for style in chosen.mix] == [("udnie", 0.25)]


def test_of_a_style_that_is_gone_the_settings_are_taken(chosen):
    chosen.style_kind, chosen.style_image, chosen.seed = "IMAGE", bpy.data.images["other.png"], 7
    bpy.ops.pochade.stylize(image="photo.png")
    bpy.data.images.remove(bpy.data.images["other.png"])
    chosen.style_kind, chosen.preset, chosen.seed = "PRESET", "great_wave", 1
    assert use(chosen.result) == {"FINISHED"}
    assert (chosen.seed, chosen.preset) == (7, "great_wave")


def test_what_is_no_painting_has_no_settings(chosen):
    with pytest.raises(RuntimeError, match="Show a painting in the Image Editor"):
        use(bpy.data.images["photo.png"])


@pytest.mark.oldest
def test_a_report_tells_what_a_bug_needs(load, chosen):
    painting = load("addon.tasks.painting").Painting(bpy.context, bpy.data.images["photo.png"])
    job = load("addon.job").Job("Painting photo", painting.steps(), details=painting.details)
    job.run()
    report = "\n".join(load("addon.about").lines(bpy.context, job))
    for fact in (
        "Painting photo: done",
        "Seconds: ",
        "Source: 80 x 72 px",
        "Style: ",
        '"seed": 0',
        "Device: ",
        "PyTorch 2",
        f"Blender {bpy.app.version_string}",
        "Pochade 0.",
    ):
        assert fact in report, fact
    assert "Painting photo: done in" in load("addon.log").path().read_text(encoding="utf-8").splitlines()[-1]


@pytest.mark.oldest
def test_menus_have_entries_of_ours(load):
    assert load("addon.ui.menus")._draw_image in bpy.types.IMAGE_MT_image._dyn_ui_initialize()
    assert load("addon.ui.menus")._draw_render in bpy.types.TOPBAR_MT_render._dyn_ui_initialize()


def test_a_painting_of_the_time_before_resolution_was_as_large_as_size(load, chosen):
    key = load("addon.blender.images").RECIPE
    bpy.ops.pochade.stylize(image="photo.png")
    painting = chosen.result
    stored = painting[key].to_dict()
    settings = json.loads(stored["settings"])
    del settings["resolution"]
    painting[key] = stored | {"settings": json.dumps(settings)}
    chosen.resolution = "full"
    assert use(painting) == {"FINISHED"} and chosen.resolution == "draft"
