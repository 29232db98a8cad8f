"""A start for instant styles from which any of them is learnt in a minute: Reptile (Nichol et al. 2018).

    python3 build.py reptile PHOTOS [--rounds N] [--result FILE] [--begin NETWORK] [--without SLUG ...]

Each round trains a copy of the start in one style for a few iterations, and moves the start a little
towards what became of it. So it settles where few iterations lead to every style, as MetaStyle (Zhang et al.
2019) has it by second derivatives. Styles are the factory presets' plates, cut, mirrored and in each other's
colours. PHOTOS is a folder of pictures. The same command goes on with what was interrupted.

Differs from Reptile: the inner optimiser is Muon, whose steps have one length, and it begins anew in each
round; the outer step falls.
"""

import argparse
import logging
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..compute.devices import at_work, compute_on
from ..compute.machine import Machine
from ..compute.tensors import to_array, to_tensor
from ..encoders.network import Encoder, compact_encoder
from ..errors import PochadeError
from ..files.atomic import whole
from ..files.photos import find_photos
from ..files.tensors import read_metadata, read_tensors, write_tensors
from ..instant.architecture import ARCHITECTURES, About
from ..instant.files import START, load_network, save_network
from ..instant.network import Network
from ..presets.load import style_from_preset
from ..presets.preset import factory_styles
from ..progress import Progress, Watched
from ..settings import InstantSettings, Settings
from ..style.colour import colour_statistics, match_colours
from ..style.styles import Style
from .crops import CropSource, Photos
from .instant import train_step
from .muon import Muon
from .perceptual_loss import PerceptualLoss

INNER = 12  # iterations of a round
OUTER = 0.3, 0.05  # share of a round's way that the start goes, in the first and in the last one
INNER_TRAINING = InstantSettings(crop=128, batch=2)
LEAST_CUT = 0.6  # of the style picture's sides
RECOLOURED = 0.5  # share of the rounds whose style has another one's colours
SECONDS = 60.0  # between two savings
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReptileJob:
    """What a start is learnt from, in how many rounds; `begin` is the network that the first one begins with.

    The state is kept in the file `checkpoint`, from which it goes on.
    """

    styles: Sequence[Style]
    photos: Sequence[Path]
    rounds: int
    checkpoint: Path
    begin: Network | None = None
    seed: int = 0


def learn_start(job: ReptileJob, device: Machine | str = "auto") -> Generator[Progress, None, Network]:
    """Learn a start; yields a `Progress` after each round, with the inner loop's last loss."""
    encoder, settings = compact_encoder(), Settings()
    start = Network(_about(job, encoder), job.seed)
    if job.begin is not None:
        start.load_state_dict(job.begin.state_dict())
    number = _restore(job.checkpoint, start)
    saved = time.monotonic()
    with (
        compute_on(device) as where,
        at_work(encoder, where, INNER_TRAINING.crop, "Crop or Batch") as encoder,
    ):
        start.to(where)
        photos = Photos(job.photos, 2 * INNER_TRAINING.crop, where, lambda photo: photo, {})
        while number < job.rounds:
            style = vary(job.styles, np.random.default_rng((job.seed, number)))
            loss = PerceptualLoss(style, INNER_TRAINING.style_size, settings, encoder)
            learnt, last = _inner(start, loss, RecolouredPhotos(photos, style.picture), number)
            _approach(start, learnt, OUTER[0] + (OUTER[1] - OUTER[0]) * number / job.rounds)
            number += 1
            if time.monotonic() - saved > SECONDS or number == job.rounds:
                _save(job.checkpoint, start, number)
                saved = time.monotonic()
            yield Progress("Learning a start", number / job.rounds, number, job.rounds, last)
    return start.cpu().requires_grad_(False)


def _about(job: ReptileJob, encoder: Encoder) -> About:
    palettes = [colour_statistics(style.picture) for style in job.styles]
    mean = np.mean([palette.mean for palette in palettes], axis=0)
    covariance = np.mean([palette.covariance for palette in palettes], axis=0)
    training = {
        "reptile": {"rounds": job.rounds, "inner": INNER, "outer": OUTER},
        "styles": [style.name for style in job.styles],
        "photos": len(job.photos),
        "encoder_sha256": encoder.digest,
    }
    return About("start", "", ARCHITECTURES["slim"], [mean.tolist(), covariance.tolist()], training)


def _inner(start: Network, loss: PerceptualLoss, photos: CropSource, number: int) -> tuple[Network, float]:
    """What becomes of the start after a round's iterations in one style, and the last one's loss."""
    network = deepcopy(start)
    optimizer = Muon(network.parameters(), INNER_TRAINING.learning_rate)
    value = torch.zeros(())
    for step in range(number * INNER, (number + 1) * INNER):
        value = train_step(network, optimizer, loss, photos, INNER_TRAINING, INNER_TRAINING.crop, step)
    return network, value.item()


@torch.no_grad()
def _approach(start: Network, learnt: Network, share: float) -> None:
    """Move the start by so large a share of the way to what was learnt from it."""
    for mine, its in zip(start.parameters(), learnt.parameters(), strict=True):
        mine.lerp_(its, share)


def vary(styles: Sequence[Style], rng: np.random.Generator) -> Style:
    """A random part of a random style, mirrored or not, half of the time in the colours of another one."""
    picture = styles[rng.integers(len(styles))].picture
    height, width = (round(n * rng.uniform(LEAST_CUT, 1)) for n in picture.shape[:2])
    top, left = rng.integers(picture.shape[0] - height + 1), rng.integers(picture.shape[1] - width + 1)
    cut = picture[top : top + height, left : left + width, :: rng.choice((-1, 1))]
    if rng.random() < RECOLOURED:
        palette = colour_statistics(styles[rng.integers(len(styles))].picture)
        cut = match_colours(cut, palette, "transport")
    return Style("", np.ascontiguousarray(cut))


class RecolouredPhotos(CropSource):
    """Photos whose crops come into a picture's palette, each by its own colours.

    In training for one style it is whole photos, once; here the style changes too often for them to be kept.
    """

    def __init__(self, photos: Photos, picture: np.ndarray):
        self._photos, self._palette = photos, colour_statistics(picture)

    def random_batch(self, count: int, side: int, rng: np.random.Generator) -> Tensor:
        """As of `Photos`."""
        crops = self._photos.random_batch(count, side, rng)
        return torch.cat([self._recolour(crop[None]) for crop in crops])

    def _recolour(self, crop: Tensor) -> Tensor:
        matched = match_colours(to_array(crop), self._palette, Settings().colour_match)
        return to_tensor(matched, crop.device)


def _restore(path: Path, start: Network) -> int:
    """Take the start from a checkpoint, if there is one; returns how many rounds it has had."""
    if not path.exists():
        return 0
    tensors = read_tensors(path.read_bytes(), torch.finfo(torch.float32).max)
    start.load_state_dict(tensors)
    return int(read_metadata(path)["round"])


def _save(path: Path, start: Network, number: int) -> None:
    with whole(path) as part:
        write_tensors(part, start.state_dict(), {"round": str(number)})


def _logged(steps: Iterator[Progress]) -> None:
    """Run the rounds; every ten minutes log the mean of their last losses."""
    began = told = time.monotonic()
    losses: list[float] = []
    for progress in steps:
        losses.append(progress.loss or 0.0)
        if time.monotonic() - told > 600 or progress.step == progress.steps:
            told = time.monotonic()
            minutes, mean = (told - began) / 60, sum(losses) / len(losses)
            log.info("round %d of %d  %.0f min  loss %.4f", progress.step, progress.steps, minutes, mean)
            losses.clear()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="build.py reptile", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", type=Path, metavar="PHOTOS")
    parser.add_argument("--rounds", type=int, default=2500)
    parser.add_argument("--result", type=Path, default=START, metavar="FILE")
    parser.add_argument("--begin", type=Path, metavar="NETWORK", help="what the first round begins with")
    parser.add_argument("--without", nargs="*", default=[], metavar="SLUG", help="presets to leave out")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    presets = [each for each in factory_styles() if each.slug not in chosen.without]
    job = ReptileJob(
        [replace(style_from_preset(each), table=None) for each in presets],
        find_photos(chosen.photos),
        chosen.rounds,
        chosen.result.with_suffix(".training"),
        load_network(chosen.begin) if chosen.begin else None,
    )
    try:
        with closing(learn_start(job)) as steps:
            _logged(iter(watched := Watched(steps)))
    except PochadeError as error:
        raise SystemExit(f"build.py: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    save_network(chosen.result, watched.result)
    job.checkpoint.unlink(missing_ok=True)
