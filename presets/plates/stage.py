"""Where a motif is put up: solids with colours, before a sky."""

from collections.abc import Callable

import numpy as np

from .fields import Array, noise, ramp, sample
from .solids import Solid

Paint = Callable[[Array, Array], Array]


def plain(*colour: float) -> Paint:
    """One colour all over."""
    return lambda p, n: np.broadcast_to(np.array(colour, float), p.shape)


def blend(a: tuple, b: tuple, along: Callable[[Array, Array], Array]) -> Paint:
    """From one colour to another by a share of points and normals."""
    return lambda p, n: np.array(a) + (np.array(b) - np.array(a)) * np.clip(along(p, n), 0, 1)[:, None]


class Stage:
    """Solids as they are put up, each with a part of its own."""

    def __init__(self) -> None:
        self.solids: list[Solid] = []
        self.names: dict[str, int] = {"background": 0}

    def put(self, name: str, distance: Callable, centre: tuple, radius: float, paint: Paint, **more: float):
        part = self.names.setdefault(name, len(self.names))
        self.solids.append(Solid(distance, centre, radius, paint, part, **more))


def clouds(low: tuple, high: tuple, cloud: tuple, seed: int, cover: float = 0.55) -> Callable:
    field = noise((512, 1024), 170, np.random.default_rng(seed), 5)

    def backdrop(ray: Array) -> Array:
        up = np.clip(ray[:, 1] * 2.0, 0, 1)
        sky = np.array(low) + (np.array(high) - np.array(low)) * (up**0.7)[:, None]
        x = (np.arctan2(ray[:, 0], -ray[:, 2]) / 1.6 + 0.5) * 1024
        amount = ramp(sample(field, x, 480 - ray[:, 1] * 850), cover, cover + 0.09) * ramp(
            ray[:, 1], 0.01, 0.1
        )
        return sky + (np.array(cloud) - sky) * amount[:, None]

    return backdrop
