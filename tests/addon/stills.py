"""A still to paint: its photo of 128 x 96 px, its settings, its Image Editor and its job."""

import bpy
import numpy as np
import pytest


@pytest.fixture
def photo(pochade):
    """A picture of 128 x 96 px: a red disc on a blue gradient."""
    y, x = np.mgrid[0:96, 0:128].astype(np.float32)
    pixels = np.stack([0.1 + 0 * x, 0.3 + 0 * x, 0.2 + 0.6 * y / 96, np.ones_like(x)], axis=-1)
    pixels[np.hypot(x - 64, y - 40) < 25] = (0.8, 0.1, 0.1, 1)
    image = bpy.data.images.new("photo.png", 128, 96)
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image


@pytest.fixture
def settings(load):
    """The scene's choices, small: a handful of evaluations."""
    chosen = bpy.context.scene.pochade
    chosen.preset = "starry_night"
    chosen.resolution, chosen.size = "draft", 96
    chosen.steps, chosen.coarse_size, chosen.seed = 6, 96, 5
    return chosen


@pytest.fixture
def editor(photo):
    """An Image Editor that shows the photo; as a context's members."""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "IMAGE_EDITOR"
    area.spaces.active.image = photo
    return {"window": window, "area": area, "region": next(r for r in area.regions if r.type == "WINDOW")}


@pytest.fixture
def begin(load, settings, editor, photo):
    """`begin()`: begin a painting of the photo as the button does, in a thread; the job."""
    job, painting = load("addon.job"), load("addon.tasks.painting")

    def begin():
        with bpy.context.temp_override(**editor):
            work = painting.Painting(bpy.context, painting.find_source(bpy.context))
        return job.start(work.title, work.steps(), on_picture=work.show, on_end=work.end)

    yield begin
    if job.current():
        job.current().stop("the test is over")


def shown(editor):
    return editor["area"].spaces.active.image


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(*reversed(image.size), 4)
