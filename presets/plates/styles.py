"""Which technique paints which part of which motif."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np

from . import dry, glass_and_stone, pen, prints, sumi, wet
from .fields import Array
from .motifs import motif
from .solids import Scene
from .study import enlarged, palette

SIDE = 1024  # px of a plate's longer side


@dataclass(frozen=True)
class Plate:
    """A technique on a window of a motif: its left and upper edge and its breadth, of 1; mirrored or not."""

    paint: Callable[[Scene, np.random.Generator, float], Array]
    motif: str
    window: tuple[float, float, float] = (0.0, 0.0, 1.0)
    mirrored: bool = False
    seed: int = 1


PLATES = {
    "watercolour": Plate(wet.watercolour, "harbour"),
    "gouache": Plate(wet.gouache, "village", (0.12, 0.1, 0.86)),
    "impasto_oil": Plate(wet.oil, "village", (0.1, 0.0, 0.9), True),
    "palette_knife": Plate(wet.palette_knife, "flowers"),
    "ink_wash": Plate(wet.ink_wash, "village"),
    "pointillism": Plate(wet.pointillism, "harbour", (0.0, 0.12, 0.86), True),
    "sumi_e": Plate(sumi.sumi_e, "harbour"),
    "pen_hatching": Plate(pen.hatching, "harbour", (0.18, 0.1, 0.82), True),
    "cross_hatching": Plate(pen.cross_hatching, "village", (0.1, 0.06, 0.9), True),
    "charcoal": Plate(dry.charcoal, "village", (0.06, 0.08, 0.9)),
    "pastel": Plate(dry.pastel, "flowers", (0.06, 0.0, 0.88), True),
    "coloured_pencil": Plate(dry.coloured_pencil, "still life", (0.2, 0.16, 0.8)),
    "graphite": Plate(dry.graphite, "harbour", (0.2, 0.08, 0.8), True),
    "chalk_on_blackboard": Plate(dry.chalk, "flowers", (0.04, 0.0, 0.92)),
    "crayon": Plate(dry.crayon, "village", (0.0, 0.05, 0.92), True),
    "woodcut": Plate(prints.woodcut, "village"),
    "linocut": Plate(prints.linocut, "harbour"),
    "etching": Plate(prints.etching, "village", (0.04, 0.1, 0.84), True),
    "screen_print": Plate(prints.screen_print, "harbour", (0.0, 0.06, 0.9)),
    "risograph": Plate(prints.risograph, "harbour", (0.06, 0.0, 0.92), True),
    "paper_cut": Plate(prints.paper_cut, "still life", (0.0, 0.0, 1.0), True),
    "stained_glass": Plate(glass_and_stone.stained_glass, "flowers"),
    "mosaic": Plate(glass_and_stone.mosaic, "harbour", (0.1, 0.08, 0.88)),
    "fresco": Plate(glass_and_stone.fresco, "bust", (0.04, 0.02, 0.94)),
}


@functools.lru_cache
def _whole(name: str, side: int) -> Scene:
    return motif(name, side)


def scene_of(plate: Plate, side: int) -> Scene:
    """What a plate shows, with a longer side of `side` px."""
    scene = _whole(plate.motif, side)
    left, top, breadth = plate.window
    height, width = scene.shape
    rows = slice(round(top * height), round(top * height) + round(breadth * height))
    columns = slice(round(left * width), round(left * width) + round(breadth * width))
    maps = [each.name for each in fields(Scene) if each.name != "names"]
    scene = replace(scene, **{name: getattr(scene, name)[rows, columns] for name in maps})
    if breadth < 1:
        scene = enlarged(scene, side / max(scene.shape))
    if plate.mirrored:
        scene = replace(scene, **{name: getattr(scene, name)[:, ::-1] for name in maps})
        scene = replace(scene, angle=-scene.angle, normal=scene.normal * np.array([-1, 1, 1]))
    return scene


def painted(name: str, side: int = SIDE, colours: str = "natural") -> Array:
    """A plate by its name (H, W, 3), 0 to 1, in one of `PALETTES`."""
    plate = PLATES[name]
    scene = palette(scene_of(plate, side), colours)
    return plate.paint(scene, np.random.default_rng(plate.seed), side / SIDE)
