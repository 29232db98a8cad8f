"""An artist opens a picture, paints it, stops a painting, and keeps a style."""

import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

STYLIZE, CANCEL = "bpy.ops.pochade.stylize", "bpy.ops.pochade.cancel()"


def picture(name="meadow", width=480, height=320):
    """A small picture with a sky, a hill and a sun."""
    y, x = np.mgrid[0:1:height * 1j, 0:1:width * 1j]
    pixels = np.dstack([0.35 + 0.3 * y, 0.55 + 0.2 * y, 0.85 - 0.1 * y, np.ones_like(x)])
    pixels[y < 0.35 + 0.15 * np.sin(x * 7)] = 0.25, 0.45, 0.15, 1
    pixels[(x - 0.7) ** 2 + ((y - 0.75) * height / width) ** 2 < 0.006] = 1, 0.85, 0.4, 1
    image = bpy.data.images.new(name, width, height)
    image.pixels.foreach_set(pixels.astype(np.float32).ravel())
    image.update()
    image.pack()
    return image


def editor():
    return h.area("IMAGE_EDITOR")


def scene():
    return bpy.context.scene.pochade


def check_panel_opens(note):
    h.install()
    editor_area = h.open_image_editor()
    yield 0.5
    editor_area.spaces.active.image = picture()
    yield from h.open_tab(editor(), "Pochade")
    yield 0.5
    h.shot("panel")
    yield from h.find(STYLIZE, editor())


h.run(globals())
