"""Instant styles without PyTorch: numpy alone paints what PyTorch paints."""

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from core.instant import network
from core.instant.apply import apply_network, paint_areas
from core.instant.by_numpy import ByNumpy, NumpyNetwork
from core.instant.by_torch import ByTorch
from core.instant.files import loaded
from core.presets.load import style_from_preset
from core.presets.preset import FACTORY, find_preset
from core.progress import finish as run
from core.settings import Settings
from core.still.stylize import stylize_image
from core.style.regions import Region
from core.style.styles import Style
from tests.core.networks import made_network, made_style

PLAIN = Settings()
SHIPPED = sorted(FACTORY.glob("*/instant.safetensors"))


@pytest.fixture(autouse=True)
def float32(monkeypatch):
    """PyTorch's numbers without rounding to half precision, which some processors compute in."""
    monkeypatch.setattr(network, "half_precision", lambda device: nullcontext())


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    """(97, 131, 3): light and dark, flat and grainy, of sides that have to be filled up."""
    y, x = np.mgrid[:97, :131].astype(np.float32) / 131
    waves = np.stack([x, y, np.abs(np.sin(40 * x * y))], axis=2)
    grain = np.random.default_rng(0).random((97, 131, 3), np.float32)
    return waves * (0.7 + 0.3 * grain * (x > 0.5)[..., None])


def styled(file) -> tuple[tuple[Style, float]]:
    return ((Style("Any", np.zeros((16, 16, 3), np.float32), network=file), 1.0),)


def by_both(picture, styles, settings=PLAIN, regions=()) -> tuple[np.ndarray, np.ndarray]:
    import torch

    executors = ByNumpy(), ByTorch(torch.device("cpu"))
    return tuple(run(paint_areas(picture, styles, settings, executor, regions)) for executor in executors)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_every_network_that_ships_paints_the_same(file, picture):
    ours, torchs = by_both(picture, styled(file))
    assert np.abs(torchs - picture).mean() > 0.05
    np.testing.assert_allclose(ours, torchs, rtol=0, atol=0.2 / 255)


@pytest.mark.parametrize("size", ["slim", "published"])
def test_both_kinds_of_network_paint_the_same(size, picture):
    ours, torchs = by_both(picture, made_style(made_network(size)))
    np.testing.assert_allclose(ours, torchs, rtol=0, atol=0.2 / 255)


@pytest.mark.parametrize("mode", ["match", "luminance", "reverse"])
def test_colours_and_regions_are_the_same(mode, picture):
    left, middle = np.zeros((2, *picture.shape[:2]), np.float32)
    left[:, :50], middle[:, 40:70] = 1, 0.5
    regions = [Region("Left", left, styled(SHIPPED[1])), Region("Middle", middle)]
    ours, torchs = by_both(picture, styled(SHIPPED[0]), Settings(keep_colours=mode), regions)
    np.testing.assert_allclose(ours, torchs, rtol=0, atol=1 / 255)


def test_tiles_equal_the_whole(picture):
    """Where a picture is too large for the memory."""
    made, taken = loaded(NumpyNetwork, SHIPPED[0]), ByNumpy().put(picture)
    whole, tiled = run(apply_network(taken, made)), run(apply_network(taken, made, 64))
    np.testing.assert_allclose(tiled, whole, rtol=0, atol=2e-4)


# Pillow, OpenCV and safetensors come with PyTorch.
WITHOUT_ENGINE = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "torchvision", "safetensors", "PIL", "cv2", "OpenEXR"):
            raise ImportError(f"{name} is not here")

sys.meta_path.insert(0, Blocked())
import numpy as np
from core.presets.load import style_from_preset
from core.presets.preset import find_preset
from core.progress import finish
from core.settings import Settings
from core.still.stylize import stylize_image
from core.style.regions import Region

picture, mask = np.load("picture.npy"), np.load("mask.npy")
style, other = (style_from_preset(find_preset(name)) for name in ("the_scream", "udnie"))
settings = Settings(method="instant", resolution="draft", size=100, keep_colours="match", strength=0.8)
painting = stylize_image(picture, style, settings, regions=[Region("Left", mask, ((other, 1.0),))])
np.save("painted.npy", finish(painting))
from core.instant.views import View, ViewPainter

painter = ViewPainter(((style, 1.0),), settings)
for _ in range(2):
    view = View(picture[..., :3], np.ones_like(mask), np.eye(4))
    np.save("view.npy", finish(painter.paint(view)))
"""


def test_a_python_without_the_engine_paints(tmp_path, picture):
    mask = np.zeros(picture.shape[:2], np.float32)
    mask[:, :50] = 1
    picture = np.dstack([picture, np.linspace(0, 1, picture.shape[1], dtype=np.float32)[None].repeat(97, 0)])
    np.save(tmp_path / "picture.npy", picture)
    np.save(tmp_path / "mask.npy", mask)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    subprocess.run([sys.executable, "-c", WITHOUT_ENGINE], cwd=tmp_path, env=environment, check=True)
    style, other = (style_from_preset(find_preset(name)) for name in ("the_scream", "udnie"))
    settings = Settings(method="instant", resolution="draft", size=100, keep_colours="match", strength=0.8)
    regions = [Region("Left", mask, ((other, 1.0),))]
    wanted = run(stylize_image(picture, style, settings, "cpu", regions=regions))
    painted = np.load(tmp_path / "painted.npy")
    assert painted.shape == (74, 100, 4)
    assert np.load(tmp_path / "view.npy").shape == picture.shape[:2] + (3,)
    np.testing.assert_allclose(painted, wanted, rtol=0, atol=1 / 255)
