"""Flat scenes and other pictures painted with the style loss of before and with today's, side by side, with
the share of each painting's patches that is the style's own.

The covariance of features, which the loss of before compares, cannot tell a brush stroke from an average of
strokes; nearest neighbours among patches can (Li & Wand 2016, "Combining Markov Random Fields and
Convolutional Neural Networks").
"""

import hashlib
import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

from core.compute.sizes import fit
from core.compute.tensors import resize, to_array, to_tensor
from core.encoders.network import compact_encoder
from core.errors import PochadeError
from core.files.pictures import read_picture, write_picture
from core.presets.load import style_from_preset
from core.presets.preset import factory_styles
from core.progress import finish
from core.settings import Settings, settings_to_json
from core.still.stylize import stylize_image
from core.style.statistics import picture_features
from core.style.styles import Style, style_from_picture
from docs.sheets import with_label

from .animation.measure import StyleDistance
from .race import Distances
from .report import rows

ROOT = Path(__file__).parents[2]
LOSSES = ("covariance", "neighbours")  # the default of before, and of now
LAYERS = ("relu2_2", "relu3_2")  # at 4 px both: the first one's features are halved
PATCHES = 4000  # of a picture, at most: the rest says the same
FIGURES = ("strokes", "style", "content")
log = logging.getLogger(__name__)


class StrokeDistance:
    """How much nearer the patches of paintings are to patches of the style than their source's are, in the
    compact encoder's eyes, with a longer side of `size` px.

    A patch is 3 x 3 features, less the style's mean, at full or half size; its distance is the cosine's, to
    the nearest patch of the style.
    """

    def __init__(self, source: np.ndarray, style: Style, size: int, device: torch.device):
        self.encoder, self.device = compact_encoder().to(device), device
        self.keys = []
        for patches in self._patches(style.picture, size):
            mean = patches.mean(0)
            self.keys.append((mean, F.normalize(patches - mean, dim=1)))
        self.farthest = self._distances(source, size)

    def share(self, picture: np.ndarray) -> float:
        """0: the patches of the picture (H, W, 3) are no nearer to the style's than the source's are; 1: each
        is one of the style's.
        """
        distances = self._distances(picture, max(picture.shape[:2]))
        parts = zip(distances, self.farthest, strict=True)
        return 1 - sum(distance / farthest for distance, farthest in parts) / len(distances)

    def _patches(self, picture: np.ndarray, size: int) -> list[torch.Tensor]:
        """Rows (N, 9 C) of each layer at each size."""
        found = []
        for side in (size, size // 2):
            features = picture_features(picture, side, self.encoder, self.device, set(LAYERS), "max")
            for layer, part in zip(LAYERS, (2, 1), strict=True):
                planes = (features[layer] @ self.encoder.metrics[layer].T).permute(2, 0, 1)[None]
                found.append(F.unfold(F.avg_pool2d(planes, part), 3)[0].T)
        return found

    def _distances(self, picture: np.ndarray, size: int) -> list[float]:
        distances = []
        for patches, (mean, keys) in zip(self._patches(picture, size), self.keys, strict=True):
            chosen = torch.randperm(len(patches), generator=torch.Generator().manual_seed(0))[:PATCHES]
            queries = F.normalize(patches[chosen.to(self.device)] - mean, dim=1)
            nearest = [(part @ keys.T).amax(1) for part in queries.split(500)]
            distances.append(1 - torch.cat(nearest).mean().item())
        return distances


def compare(
    source: np.ndarray, style: Style, painted: dict[str, np.ndarray], device: torch.device
) -> dict[str, dict[str, float]]:
    """FIGURES of each painting (H, W, 3) of a source.

    strokes: as `StrokeDistance`. style: the share of the source's distance to the style's statistics that the
    painting has closed. content: its distance to the source over that of the style's picture.
    """
    shape = next(iter(painted.values())).shape[:2]
    size = max(shape)
    unrelated = to_array(resize(to_tensor(style.picture, device), *shape))
    strokes, style_distance = StrokeDistance(source, style, size, device), StyleDistance(style, size, device)
    content = Distances(source, style, size, device)
    source = to_array(resize(to_tensor(source, device), *shape))
    shares = style_distance.shares([*painted.values()], [source] * len(painted))
    return {
        name: {
            "strokes": strokes.share(picture),
            "style": share,
            "content": (content(picture)[1] / content(unrelated)[1]) ** 0.5,
        }
        for (name, picture), share in zip(painted.items(), shares, strict=True)
    }


def paint(source: np.ndarray, style: Style, settings: Settings, folder: Path, device: torch.device):
    """The painting (H, W, 3), kept in `folder` under all that it was made from, the code too."""
    code = (path.read_bytes() for path in sorted((ROOT / "core").rglob("*.py")))
    ingredients = (source, style.picture, settings_to_json(settings).encode(), *code)
    digest = hashlib.sha256()
    for ingredient in ingredients:
        digest.update(np.ascontiguousarray(ingredient) if isinstance(ingredient, np.ndarray) else ingredient)
    path = folder / f"{digest.hexdigest()[:16]}.png"
    if not path.exists():
        write_picture(path, finish(stylize_image(source, style, settings, device.type)))
    return read_picture(path)


def lay_out(strips: list[list[np.ndarray]]) -> Image.Image:
    """Rows of tiles in 8 bit on one sheet; they need not be of one size."""
    width = max(sum(tile.shape[1] for tile in strip) for strip in strips)
    sheet = Image.new("RGB", (width, sum(max(t.shape[0] for t in strip) for strip in strips)), "white")
    top = 0
    for strip in strips:
        left = 0
        for tile in strip:
            sheet.paste(Image.fromarray(tile), (left, top))
            left += tile.shape[1]
        top += max(tile.shape[0] for tile in strip)
    return sheet


def paint_sheet(
    sources: dict[str, np.ndarray], styles: list[Style], size: int, folder: Path, device: torch.device
) -> tuple[Image.Image, dict]:
    """A row for each source and style: the source, then a painting for each of LOSSES; and their figures."""
    strips, figures = [], {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in sources.items():
        for style in styles:
            log.info("%s in %s", name, style.name)
            painted = {
                loss: paint(source, style, Settings(resolution="draft", size=size, loss=loss), folder, device)
                for loss in LOSSES
            }
            found = figures[f"{name}, {style.name}"] = compare(source, style, painted, device)
            small = to_array(resize(to_tensor(source, device), *fit(*source.shape[:2], size)))
            strip = [with_label(small, f"{name}, {style.name}")]
            for loss, picture in painted.items():
                text = ", ".join(f"{key} {value:.2f}" for key, value in found[loss].items())
                strip.append(with_label(picture, f"{loss}: {text}"))
            strips.append(strip)
    return lay_out(strips), figures


def table(figures: dict) -> str:
    """Each pair's figures and their average, as Markdown."""
    cells = [
        (name, *(found[loss][key] for key in FIGURES for loss in LOSSES)) for name, found in figures.items()
    ]
    average = [sum(column) / len(cells) for column in list(zip(*cells, strict=True))[1:]]
    heads = "|".join(f"{key}, {loss}" for key in FIGURES for loss in LOSSES)
    return rows(f"Picture, style|{heads}", [*cells, ("Average", *average)])


def read_folder(folder: Path) -> dict[str, np.ndarray]:
    """The pictures in a folder by name. Raises PochadeError where there is none."""
    paths = [p for p in sorted(folder.glob("*")) if p.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp")]
    if not paths:
        raise PochadeError(f"There are no pictures in {folder}")
    return {path.stem: read_picture(path)[..., :3] for path in paths}


def run(out: Path, quick: bool, device: torch.device, styles: Path | None, sources: Path | None) -> None:
    """Render the scenes that are missing and paint every one of them, and the pictures in `sources`, in the
    factory presets' styles or in those in `styles`; a quick run is one small pair.
    """
    scenes = ["toon"] if quick else []  # none: all
    subprocess.run(
        [sys.executable, Path(__file__).with_name("scenes.py"), out / "scenes", *scenes], check=True
    )
    found = read_folder(out / "scenes") | (read_folder(sources) if sources else {})
    chosen = (
        [style_from_picture(name, picture) for name, picture in read_folder(styles).items()]
        if styles
        else [style_from_preset(preset) for preset in factory_styles()]
    )
    if quick:
        found, chosen = {name: found[name] for name in scenes}, chosen[:1]
    sheet, figures = paint_sheet(found, chosen, 96 if quick else 512, out / "strokes", device)
    sheet.save(out / "strokes.png")
    sheet.save(out / "strokes.jpg", quality=90)
    (out / "strokes.json").write_text(json.dumps(figures, indent=2) + "\n")
    log.info("\n%s\n%s", table(figures), out / "strokes.jpg")
