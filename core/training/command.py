"""Train a network to paint in one style.

    python3 build.py instant STYLE PHOTOS RESULT [--minutes N] [--set NAME=VALUE]

STYLE is a picture or a factory preset's name, PHOTOS a folder of pictures, RESULT the network's file. The
same command goes on with a training that was interrupted.
"""

import argparse
import logging
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ..encoders.files import available, find_encoder
from ..errors import PochadeError
from ..files.photos import find_photos
from ..files.pictures import read_picture
from ..instant.files import load_network, save_network
from ..presets.load import style_from_preset
from ..presets.preset import find_preset
from ..progress import Watched
from ..settings import InstantSettings, parse_setting, settings_from
from ..style.styles import style_from_picture
from .instant import SMALL_CROPS, TrainingJob, small_crop, train_network

log = logging.getLogger(__name__)


def iterations_in(minutes: float, job: TrainingJob, device: str) -> int:
    """How many of a job's iterations fit into so many minutes on this machine."""
    training = replace(job.training, iterations=1000)
    with closing(train_network(replace(job, training=training), device)) as steps:
        next(steps)  # the first one, which takes longer, does not count
        began, count = time.monotonic(), 0
        while count < 3 or time.monotonic() - began < 5:
            if next(steps, None) is None:
                break
            count += 1
        small = (time.monotonic() - began) / count
    # Seconds grow with the crop's area.
    mean = small * (SMALL_CROPS + (1 - SMALL_CROPS) * (training.crop / small_crop(training)) ** 2)
    return max(round(minutes * 60 / mean), 1)


def main(
    name: str,
    photos: Path,
    result: Path,
    begin: Path | None,
    minutes: float | None,
    device: str,
    changes: Sequence[str],
) -> None:
    """Train, log how it goes, and write the result."""
    preset = None if Path(name).is_file() else find_preset(name)
    style = style_from_preset(preset) if preset else style_from_picture(Path(name).stem, read_picture(name))
    settings = settings_from(preset.settings if preset else {})
    training = dict(parse_setting(text, InstantSettings) for text in changes)
    job = TrainingJob(
        style,
        find_photos(photos),
        settings,
        settings_from(training, InstantSettings()),
        encoder_file=find_encoder(settings.encoder, available()).path,
        attribution=f"{preset.artist}, {preset.year}; {preset.licence}" if preset else "",
        begin=load_network(begin) if begin else None,
    )
    if minutes:
        count = iterations_in(minutes, job, device)
        job = replace(job, training=replace(job.training, iterations=count))
    checkpoint = Path(result).with_suffix(".training")
    began = time.monotonic()
    with closing(train_network(replace(job, checkpoint=checkpoint), device)) as steps:
        watched = Watched(steps)
        running = _log_progress(watched, began)
    save_network(result, watched.result)
    checkpoint.unlink(missing_ok=True)
    for note in job.notes.values():
        log.warning("%s", note)
    log.info(
        "%s: %s, %d iterations on %d photos in %.1f min, loss %.4f, %.0f KB",
        result,
        style.name,
        job.training.iterations,
        len(job.photos),
        (time.monotonic() - began) / 60,
        running,
        Path(result).stat().st_size / 1000,
    )


def _log_progress(steps: Watched, began: float) -> float:
    """Run the training and log the loss every ten seconds; returns its running mean."""
    running, told = 0.0, 0.0
    for number, progress in enumerate(steps):
        running = 0.98 * running + 0.02 * progress.loss if number else progress.loss
        if time.monotonic() - told > 10:
            told = time.monotonic()
            log.info(
                "iteration %d of %d  %.1f min  loss %.4f",
                progress.step,
                progress.steps,
                (told - began) / 60,
                running,
            )
    return running


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="build.py instant", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", metavar="STYLE")
    parser.add_argument("photos", type=Path, metavar="PHOTOS")
    parser.add_argument("result", type=Path, metavar="RESULT")
    parser.add_argument(
        "--begin", type=Path, metavar="NETWORK", help="a trained network to begin from, of any style"
    )
    parser.add_argument("--minutes", type=float, help="train as many iterations as fit into this time")
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="changes",
        help="one setting of the training",
    )
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        main(**vars(parser.parse_args()))
    except PochadeError as error:
        raise SystemExit(f"build.py: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None
