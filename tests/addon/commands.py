"""The command line in tests, in this process: what `blender --command pochade …` calls."""

import bpy
import numpy as np
import pytest

from tests.addon.pictures import blender_image, picture

SMALL = ["--size", "64", "--steps", "2", "--coarse-size", "64"]


@pytest.fixture
def command(load, capfd):
    """`command("paint", …)`: the exit status, and the lines that were written."""
    run = load("addon.cli").run

    def command(*arguments):
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return status, [line for line in (out + err).splitlines() if line]

    return command


def photo_at(path, seed=0):
    image = blender_image(
        np.concatenate([picture(80, 64, seed)[..., :3], np.ones((64, 80, 1), np.float32)], axis=-1)
    )
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path
