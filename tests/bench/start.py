"""What the learnt start saves: the loss that a network reaches from it, and from random weights."""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from core.compute.devices import at_work, compute_on
from core.encoders.network import compact_encoder
from core.files.photos import find_photos
from core.instant.files import START, load_network, read_about
from core.instant.network import Network
from core.presets.load import style_from_preset
from core.presets.preset import factory_styles
from core.progress import finish
from core.settings import InstantSettings, Settings
from core.style.colour import colour_statistics, match_colours
from core.style.styles import Style
from core.training.crops import Photos
from core.training.instant import TrainingJob, train_network
from core.training.perceptual_loss import PerceptualLoss

CROPS, SIDE = 16, 256  # that the loss is measured on
FEW, MANY = 150, 1000  # iterations from the start, and from nothing
log = logging.getLogger(__name__)


def held_out_loss(network: Network, style: Style, photos: Sequence[Path], settings: Settings) -> float:
    """The mean loss of crops of pictures that the network has not learnt from."""
    palette = colour_statistics(style.picture)
    with compute_on("cpu") as where, at_work(compact_encoder(), where, SIDE, "Crop") as encoder:

        def recolour(photo: np.ndarray) -> np.ndarray:
            return match_colours(photo, palette, settings.colour_match)

        rng = np.random.default_rng(0)
        crops = Photos(photos, 2 * SIDE, where, recolour, {}).random_batch(CROPS, SIDE, rng)
        loss = PerceptualLoss(style, InstantSettings().style_size, settings, encoder)
        with torch.no_grad():
            return float(np.mean([loss(network(crop[None]), crop[None], rng).item() for crop in crops]))


def learnt(style: Style, photos: Sequence[Path], iterations: int, begin: Network | None) -> Network:
    """A network trained as artists train it."""
    training = InstantSettings(iterations=iterations, begin_with="random")
    return finish(train_network(TrainingJob(style, photos, Settings(), training, begin=begin), "cpu"))


def run(folder: Path, photos: Path, others: Path) -> None:
    """Learn each factory style that the start has not seen both ways, from the pictures in `photos`; those in
    `others` say how well. Figures go to start.json.
    """
    seen = read_about(START).training["styles"]
    figures = {}
    for preset in factory_styles():
        if preset.name in seen:
            continue
        style = replace(style_from_preset(preset), table=None)
        figures[preset.slug] = {
            f"{name}, {iterations} iterations": held_out_loss(
                learnt(style, find_photos(photos), iterations, begin) if iterations else begin,
                style,
                find_photos(others),
                Settings(),
            )
            for name, iterations, begin in (
                ("learnt start", 0, load_network(START)),
                ("learnt start", FEW, load_network(START)),
                ("random", FEW, None),
                ("random", MANY, None),
            )
        }
        log.info("%s: %s", style.name, figures[preset.slug])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "start.json").write_text(json.dumps(figures, indent=2) + "\n")
