"""Objects of a render: which pixels belong to one thing, so that it is painted as one.

A map of objects has a number for each pixel, the same for all of one thing; 0 where nothing is known.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..files.cryptomatte import Cryptomatte, read_cryptomattes
from ..files.exr import can_be_read, read_passes

# Of the colour that a part of an object asks the style for: what is the whole object's. The rest keeps light
# and shade apart.
SHARED_COLOUR = 0.6
# The same of the source, whose drawing is to be kept; and by how much the contrast that this takes is brought
# back.
EVENED, MOST_CONTRAST = 0.4, 1.25
# How far that colour leans away from those around the object: painters' simultaneous contrast.
CONTRAST = 0.5
# What the drawing at the border between two objects counts, where it counts 1 elsewhere.
BORDER_WEIGHT = 4.0
MAP_SIDE = 2048  # px
# How far colours of one object may be from each other, where black is sqrt(3) from white, and how many a
# picture has.
ALBEDO_DIFFERENCE, MOST_ALBEDOS = 0.25, 16


def at_size(objects: Tensor, height: int, width: int) -> Tensor:
    """A map of objects (H, W), integer, at another size: the number at the middle of each position."""
    return F.interpolate(objects[None, None].float(), (height, width), mode="nearest-exact")[0, 0].long()


def share_colours(colours: Tensor, objects: Tensor, share: float) -> Tensor:
    """Colours (h w, C) moved by a `share` towards that of the object that each belongs to.

    `objects` (h, w) is a map of them. An object's colour is the mean of its parts, and leans away from what
    it has at its borders.
    """
    found, numbers = objects.unique(return_inverse=True)
    pairs = [(numbers[1:], numbers[:-1]), (numbers[:, 1:], numbers[:, :-1])]
    sides = torch.cat([torch.stack((a[a != b], b[a != b])) for one in pairs for a, b in (one, one[::-1])], 1)
    means = _means(colours, numbers.flatten(), len(found))
    around = _means(means[sides[1]], sides[0], len(found))
    alone = torch.bincount(sides[0], minlength=len(found)) == 0
    means = torch.where(alone[:, None], means, means + CONTRAST * (means - around))
    shared = colours.lerp(means[numbers.flatten()], share)
    return torch.where((objects > 0).flatten()[:, None], shared, colours)


def even_out(source: Tensor, objects: Tensor) -> Tensor:
    """The source (1, 3, H, W) with less light and shade within each object, by a map of them (h, w), and as
    much more between them.
    """
    height, width = source.shape[-2:]
    colours = source[0].flatten(1).T
    shared = share_colours(colours, at_size(objects, height, width), EVENED)
    contrast = (colours.std(0) / shared.std(0).clamp(min=1e-6)).clamp(max=MOST_CONTRAST)
    evened = (shared - shared.mean(0)) * contrast + colours.mean(0)
    return evened.T.reshape(source.shape).clamp(0, 1).contiguous()


def _means(rows: Tensor, numbers: Tensor, count: int) -> Tensor:
    """The mean of those of the `rows` (n, C) that have each of the `numbers` (n,): (count, C)."""
    sums = rows.new_zeros(count, rows.shape[1]).index_add_(0, numbers, rows)
    return sums / torch.bincount(numbers, minlength=count).clamp(min=1)[:, None]


def border_weights(objects: Tensor, height: int, width: int) -> Tensor:
    """What each position (height, width) of a layer counts for the drawing, on the average 1.

    Positions with a border between two of the `objects` (H, W) in them count BORDER_WEIGHT times as much.
    """
    numbers = objects[None, None].float()
    padded = F.pad(numbers, (1, 1, 1, 1), mode="replicate")
    differ = (F.max_pool2d(padded, 3, 1) != -F.max_pool2d(-padded, 3, 1)).float()
    weights = 1 + (BORDER_WEIGHT - 1) * F.adaptive_max_pool2d(differ, (height, width))[0, 0]
    return weights / weights.mean()


def read_objects(path: Path, layer: str = "") -> np.ndarray | None:
    """The map of objects in a render's passes, a multilayer OpenEXR file; None where it has no Cryptomatte of
    them. With `layer` that of the view layer alone. Raises PochadeError where it is broken.
    """
    mattes = _mattes(path, layer)
    if not mattes:
        return None
    # Of several view layers it is not known which one's albedo is seen.
    return objects_seen(mattes, read_passes(path, layer).albedo if len(mattes) == 1 else None)


def _mattes(path: Path, layer: str) -> list[Cryptomatte]:
    mattes = read_cryptomattes(path)["OBJECT"] if can_be_read() else []
    return [matte for matte in mattes if layer in ("", matte.layer)]


def read_ids(path: Path, layer: str = "") -> np.ndarray | None:
    """The ids (H, W), integer, of the objects that cover most of each pixel in a render's passes, the same in
    all frames, 0 where there is none; None where the file has no Cryptomatte of them.
    """
    mattes = _mattes(path, layer)
    return _covering([pair for matte in mattes for pair in matte.pairs]) if mattes else None


def _covering(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The ids (h, w), int64, of what covers most of each pixel, by pairs of ids and coverage."""
    found = np.zeros(pairs[0][0].shape, np.int64)
    most = 1 - sum(coverage for _, coverage in pairs)  # what no object covers
    for ids, coverage in pairs:
        found = np.where(coverage > most, ids, found)
        most = np.maximum(coverage, most)
    return found


def objects_seen(mattes: Sequence[Cryptomatte], albedo: np.ndarray | None = None) -> np.ndarray:
    """The map of objects, integer (h, w), by what covers most of each pixel in the view layers' Cryptomattes.

    With their `albedo` (H, W, 3), 0 to 1, each part of an object with a colour of its own is a thing of its
    own. Of a picture above MAP_SIDE px every second pixel is taken, or fewer.
    """
    pairs = [pair for matte in mattes for pair in matte.pairs]
    step = math.ceil(max(pairs[0][0].shape) / MAP_SIDE)
    objects = _covering([(ids[::step, ::step], coverage[::step, ::step]) for ids, coverage in pairs])
    if albedo is not None:
        albedos = _albedos(np.clip(albedo[::step, ::step], 0, 1) ** np.float32(1 / 2.2))
        objects = np.where(objects > 0, objects * MOST_ALBEDOS + albedos, 0)
    found, numbers = np.unique(objects, return_inverse=True)
    return numbers.reshape(objects.shape) + (found[0] != 0)


def _albedos(colours: np.ndarray) -> np.ndarray:
    """The number of each pixel's colour, (h, w, 3), among those that differ clearly: integer (h, w).

    They are the means of k-means over some of the pixels, which begins with the colours that are farthest
    from each other.
    """
    some = colours.reshape(-1, 3)[:: math.ceil(colours.size / 60_000)]
    centres = some[:1]
    while len(centres) < MOST_ALBEDOS:
        distances = np.linalg.norm(some[:, None] - centres, axis=2).min(1)
        if distances.max() < ALBEDO_DIFFERENCE:
            break
        centres = np.concatenate((centres, some[distances.argmax()][None]))
    for _ in range(4):
        numbers = np.linalg.norm(some[:, None] - centres, axis=2).argmin(1)
        centres = np.stack([some[numbers == number].mean(0) for number in np.unique(numbers)])
    return np.stack([np.linalg.norm(row[:, None] - centres, axis=2).argmin(1) for row in colours])
