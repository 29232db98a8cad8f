"""Instant styles without PyTorch: numpy alone paints what PyTorch paints."""

from contextlib import nullcontext

import numpy as np
import pytest

from core.instant import by_numpy, network
from core.instant.apply import apply_network, paint_areas
from core.instant.by_numpy import ByNumpy, NumpyNetwork
from core.instant.by_torch import ByTorch
from core.instant.files import loaded
from core.presets.preset import FACTORY
from core.progress import finish as run
from core.settings import Settings
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

    painters = ByNumpy(), ByTorch(torch.device("cpu"))
    return tuple(run(paint_areas(picture, styles, settings, painter, regions)) for painter in painters)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.parent.name)
def test_every_network_that_ships_paints_the_same(file, picture):
    ours, torchs = by_both(picture, styled(file))
    assert np.abs(torchs - picture).mean() > 0.05
    np.testing.assert_allclose(ours, torchs, rtol=0, atol=0.2 / 255)


@pytest.mark.parametrize(
    "product", [np.matmul, lambda a, b: np.einsum("ok,kp->op", a, b)], ids=["blas", "none"]
)
@pytest.mark.parametrize("size", ["slim", "published"])
def test_both_kinds_of_network_with_blas_and_without(size, product, picture, monkeypatch):
    monkeypatch.setattr(by_numpy, "best_product", lambda: product)
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
