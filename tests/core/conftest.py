"""Small made pictures with something in them to paint."""

import numpy as np
import pytest


def _stripes(height: int, width: int, period: float, dark, light) -> np.ndarray:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    share = (0.5 + 0.5 * np.sin((x + y) * 2 * np.pi / period))[..., None]
    return (np.float32(dark) * share + np.float32(light) * (1 - share)).astype(np.float32)


@pytest.fixture(scope="session")
def content() -> np.ndarray:
    """(96, 128, 3): a bright disc on a grey slope. One for all tests, as the others here: none changes it."""
    y, x = np.mgrid[:96, :128].astype(np.float32)
    picture = np.repeat((0.2 + 0.4 * x / 128)[..., None], 3, axis=2)
    picture[(x - 60) ** 2 + (y - 48) ** 2 < 900] = (0.9, 0.85, 0.7)
    return picture.astype(np.float32)


@pytest.fixture(scope="session")
def stripes() -> np.ndarray:
    """(128, 128, 3): red and blue diagonals, 16 px apart."""
    return _stripes(128, 128, 16, (0.8, 0.1, 0.1), (0.1, 0.2, 0.7))


@pytest.fixture(scope="session")
def finish():
    """Runs a generator to its end: finish(generator) -> (result, everything that it yielded)."""

    def run(generator):
        seen = []
        while True:
            try:
                seen.append(next(generator))
            except StopIteration as end:
                return end.value, seen

    return run
