"""Views of a 3D viewport painted one after another, so that strokes stay on the surfaces that they are on.

Where a surface has been seen before its painting is reprojected by depth and matrices, Nehab et al. 2007,
"Accelerating Real-Time Shading with Reverse Reprojection Caching", and the new painting blended with it, as
in a sequence. A view need not follow the one before it by any step: whatever agrees is kept. It needs no
PyTorch.
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from ..compute.machine import Machine
from ..progress import Progress, Watched
from ..settings import Settings
from ..style.colour import ColourStatistics, colour_statistics
from ..style.styles import Styles
from .apply import paint_areas, show
from .executor import executor_on

BLEND = 0.8  # of the earlier painting, where it is seen again
DRIFT = 0.08  # a painting that differs by so much is held less, and not at all from thrice that
CONTRAST = 1.25  # by which the contrast of a blended painting is raised at most
RADIUS = 4  # px around a pixel over which both are measured
ALIKE = 0.06  # a colour that has changed by so much, 0 to 1, is painted anew
NEAR = 0.02  # as `View.apart` has it: nearer things are the same
NOTHING = 1 - 1e-6  # depth from which there is only background
FOLLOW = 0.2  # of a view's own colours: so much of them is added to those of the views before


@dataclass(frozen=True)
class View:
    """What is seen from somewhere, float32, top row first.

    `colours` (H, W, 3) are display-referred sRGB 0 to 1, `depth` (H, W) is as a depth buffer has it: 0 to 1
    and linear on the screen, 1 where nothing is. `matrix` (4, 4), float64, leads from the world to clip space
    as OpenGL has it: -1 to 1, y up.
    """

    colours: np.ndarray
    depth: np.ndarray
    matrix: np.ndarray

    @property
    def perspective(self) -> bool:
        return bool(np.abs(self.matrix[3, :3]).max() > 0)

    def apart(self, depth: np.ndarray, other: np.ndarray) -> np.ndarray:
        """How far apart two depths (H, W) are, as a share of their distance, or without perspective of the
        picture's width.
        """
        back = np.linalg.inv(self.matrix)
        if self.perspective:  # what w is divided by is linear in depth
            near, other_near = (
                np.float32(2 * back[3, 2]) * (d - 1) + np.float32(back[3, 2] + back[3, 3])
                for d in (depth, other)
            )
            return np.abs(near - other_near) / np.maximum(np.minimum(near, other_near), 1e-9)
        return np.abs(depth - other) * np.float32(np.linalg.norm(back[:3, 2]) / np.linalg.norm(back[:3, 0]))


class ViewPainter:
    """Paints views, each with what the one before has. `last` is the newest, with its painting (H, W, 3)."""

    def __init__(self, styles: Styles, settings: Settings, device: Machine | str = "auto"):
        self._styles, self._settings, self._device = styles, settings, device
        self._palette: ColourStatistics | None = None
        self.last: tuple[View, np.ndarray] | None = None

    def paint(self, view: View) -> Generator[Progress, None, np.ndarray]:
        """The painting (H, W, 3) of a view, 0 to 1. Raises PochadeError as `stylize_instantly` does."""
        content = view.colours
        with executor_on(self._device) as executor:
            applied = Watched(
                paint_areas(content, self._styles, self._settings, executor, colours=self._colours(content))
            )
            yield from applied
        painted = applied.result
        if self.last and self.last[0].colours.shape == content.shape:
            painted = _steadied(painted, *seen_again(view, *self.last))
        self.last = view, painted
        return show(painted, content, self._settings)

    def _colours(self, content: np.ndarray) -> list[ColourStatistics]:
        """The colours of the views so far: were each brought into the style's palette by its own ones, a
        thing that comes into sight would change the colours of all others.
        """
        own, before = colour_statistics(content), self._palette or colour_statistics(content)
        self._palette = ColourStatistics(
            *(old + FOLLOW * (new - old) for old, new in zip(before, own, strict=True))
        )
        return [self._palette]


def _steadied(anew: np.ndarray, earlier: np.ndarray, share: np.ndarray) -> np.ndarray:
    """A painting (H, W, 3), blended with an earlier one as far as that holds, (H, W)."""
    # What a network paints around a thing must go with it: it is let go where another colour comes now.
    drift = np.abs(_box(anew - earlier)).max(2)
    held = BLEND * share * (1 - (drift / DRIFT - 1).clip(0, 2) / 2)
    blended = anew + held[..., None] * (earlier - anew)
    # An average of strokes is flatter than each of them. Heitz and Neyret 2018 keep the variance of blended
    # textures; so does this, of the lightness around each pixel.
    light, own = blended.mean(2), anew.mean(2)
    flat, squares, own_flat, own_squares = np.moveaxis(
        _box(np.stack((light, light * light, own, own * own), 2)), 2, 0
    )
    spread, own_spread = (
        np.maximum(square - mean * mean, 1e-6) for square, mean in ((squares, flat), (own_squares, own_flat))
    )
    gain = np.sqrt(own_spread / spread).clip(1, CONTRAST)
    return blended + ((gain - 1) * (light - flat))[..., None]


def _box(picture: np.ndarray) -> np.ndarray:
    """The averages of a picture (H, W, C) over squares; its edges go on."""
    side = 2 * RADIUS + 1
    margins = (RADIUS + 1, RADIUS)
    sums = np.pad(picture, (margins, margins, (0, 0)), "edge").cumsum(0)
    sums = (sums[side:] - sums[:-side]).cumsum(1)
    return (sums[:, side:] - sums[:, :-side]) * np.float32(1 / side**2)


def seen_again(view: View, earlier: View, painted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a view shows of an `earlier` one's painting (H, W, 3), reprojected, and how far it holds, (H, W)
    from 0 to 1: where the same surface is seen again, in the colours that it had.
    """
    height, width = view.depth.shape
    coords, depth = _seen_from(view, earlier)
    there = _sample(np.dstack((painted, earlier.colours, earlier.depth)), coords)
    nothing = (view.depth >= NOTHING) & (there[..., 6] >= NOTHING)
    same = nothing | ((earlier.apart(depth, there[..., 6]) < NEAR) & (view.depth < NOTHING))
    same &= ((coords > -0.5) & (coords < (width - 0.5, height - 0.5))).all(2)
    changed = np.abs(there[..., 3:6] - view.colours).max(2) / ALIKE
    return there[..., :3], same * np.exp(-(changed**2))


def _seen_from(view: View, other: View) -> tuple[np.ndarray, np.ndarray]:
    """Where another view has what this one shows: (H, W, 2) px, x first, and the depths there (H, W)."""
    height, width = view.depth.shape
    over = (other.matrix @ np.linalg.inv(view.matrix)).astype(np.float32)  # from clip space to clip space
    x = ((np.arange(width, dtype=np.float32) + 0.5) * 2 / width - 1)[None]
    y = (1 - (np.arange(height, dtype=np.float32) + 0.5) * 2 / height)[:, None]
    z = 2 * view.depth - 1
    across, up, away, w = (row[0] * x + row[1] * y + row[2] * z + row[3] for row in over)
    w = np.where(w > 0, w, np.inf)  # behind the camera
    coords = np.stack(((across / w + 1) * (width / 2) - 0.5, (1 - up / w) * (height / 2) - 0.5), 2)
    if not view.perspective:  # there is no direction in which a background could stay
        nothing = view.depth >= NOTHING
        coords[nothing] = np.argwhere(nothing)[:, ::-1]
    return coords.clip(-9, 9 + max(height, width)), (away / w + 1) / 2


def _sample(picture: np.ndarray, coords: np.ndarray) -> np.ndarray:
    """A picture (H, W, C) at px (h, w, 2), bilinear; its edges go on."""
    height, width = picture.shape[:2]
    x, y = coords[..., 0].clip(0, width - 1), coords[..., 1].clip(0, height - 1)
    left, top = np.minimum(x.astype(np.intp), width - 2), np.minimum(y.astype(np.intp), height - 2)
    across, down = ((at - whole).astype(np.float32)[..., None] for at, whole in ((x, left), (y, top)))
    flat = picture.reshape(-1, picture.shape[2])
    corner = top * width + left
    upper = flat[corner] + across * (flat[corner + 1] - flat[corner])
    lower = flat[corner + width] + across * (flat[corner + width + 1] - flat[corner + width])
    return upper + down * (lower - upper)


def tint(colours: np.ndarray, painted: np.ndarray) -> tuple[float, np.ndarray]:
    """The `gain`, 0 to 1, and the offset (3,), 0 or more, by which a picture (H, W, 3) comes nearest to its
    painting's colours, with the same average: what is not painted yet is shown so.
    """
    x, y = colours.reshape(-1, 3), painted.reshape(-1, 3)
    mean_x, mean_y = x.mean(0), y.mean(0)
    gain = ((x - mean_x) * (y - mean_y)).sum() / max(((x - mean_x) ** 2).sum(), 1e-6)
    gain = float(np.clip(gain, 0, min(1.0, (mean_y / np.maximum(mean_x, 1e-6)).min())))
    return gain, mean_y - gain * mean_x
