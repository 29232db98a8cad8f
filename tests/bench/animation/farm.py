"""Paint the benchmark's moving scenes in chunks, and measure every pair of frames beside those of one go.

Leaves the paintings in out/bench/animation/SCENE/chunks-N, a strip of the frames around an anchor and around
a meeting point there, and the figures in out/bench/farm.json.
"""

import json
import logging
import statistics
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from core.files.pictures import read_picture, write_picture
from core.presets.load import style_from_preset
from core.presets.preset import find_preset
from core.progress import Progress, Watched, finish
from core.sequence.animation import stylize_animation
from core.sequence.chunks import collect_chunks, paint_anchors, paint_chunk
from core.sequence.job import SequenceJob
from core.sequence.shot import Shot, chunk_count
from core.sequence.steps import Look, anchor_numbers
from core.sequence.timing import even_timetable
from core.settings import AnimationSettings, FarmSettings
from tests.bench.report import rows

from . import measure, truth
from .bench import FULL, QUICK, STYLE, masks_of, read_shot

SCENES, SIZES = ("turning", "flight", "journey"), (FarmSettings().chunk, 8)
log = logging.getLogger(__name__)


def run(out: Path, quick: bool, device: torch.device) -> None:
    options = QUICK if quick else FULL
    folder, style = out / ("animation-quick" if quick else "animation"), style_from_preset(find_preset(STYLE))
    figures = {}
    for scene in SCENES:
        render = out / "animation" / scene / "render"
        subprocess.run([sys.executable, Path(__file__).with_name("render.py"), scene, render], check=True)
        shot = read_shot(render, options["count"])
        look, animation = Look(((style, 1.0),), options["settings"]), options["animation"]
        sources = [read_picture(frame.picture) for frame in shot.frames]
        seen = [truth.read_seen(frame.picture.parent, frame.number) for frame in shot.frames]
        flows = [truth.backward_flow(later, earlier) for earlier, later in pairwise(seen)]
        masks = masks_of(shot, animation, device)
        style_distance = measure.StyleDistance(style, options["settings"].size, device)
        for size in (0, *SIZES):
            name = f"{scene}, {f'chunks of {size}' if size else 'in one go'}"
            log.info("Painting %s", name)
            place = folder / scene / (f"chunks-{size}" if size else "one-go")
            work = paint(shot, look, animation, place, size, device)
            painted = [read_picture(place / frame.picture.name) for frame in shot.frames]
            pairs = [
                measure.squared_error(later, measure.warp(earlier, flow), mask)
                for (earlier, later), flow, mask in zip(pairwise(painted), flows, masks, strict=True)
            ]
            shares = style_distance.shares(painted, sources)
            figures[name] = {
                "work": work,
                "pairs": pairs,
                "style_share": statistics.mean(shares),
                "style_shares": shares,
                "sharpness": [measure.mean_gradient([frame]) for frame in painted],
            }
            if size:
                write_strips(place.with_suffix(".png"), painted, size)
        (out / "farm.json").write_text(json.dumps(figures, indent=2) + "\n")
    log.info("\n%s", table(figures))


def paint(
    shot: Shot, look: Look, animation: AnimationSettings, folder: Path, size: int, device: torch.device
) -> float:
    """Paint in chunks of `size` frames, or in one go; the evaluations, in those of one megapixel."""
    record, looks = folder.with_suffix(".json"), [look] * len(shot.frames)
    job = SequenceJob(shot, looks, animation, folder, device.type)
    paintings = [stylize_animation(job)]
    if size:
        numbers = range(1, chunk_count(len(looks), size) + 1)
        paintings = [paint_anchors(job, size), *(paint_chunk(job, size, number) for number in numbers)]
    work = json.loads(record.read_text()) if record.exists() else 0.0
    for painting in paintings:
        watched = Watched(painting)
        for progress in watched:
            work += evaluated(progress)
            record.write_text(json.dumps(work))
    if size:
        finish(collect_chunks(job, size))
    return work


def evaluated(progress: Progress) -> float:
    """The evaluation that was done, in megapixels of a square with the picture's longer side."""
    words = progress.message.split()
    return int(words[-2]) ** 2 / 1e6 if words[-1] == "px" else 0.0


def write_strips(path: Path, painted: Sequence[np.ndarray], size: int) -> None:
    """Four frames around the second anchor, or the last, and four around the first chunk's seam."""
    anchors = anchor_numbers(even_timetable(len(painted)), size)
    middle = (anchors[0] + anchors[1]) // 2
    starts = [min(max(at - 1, 0), max(len(painted) - 4, 0)) for at in (anchors[1], middle)]
    rows_of_frames = [np.hstack([frame[..., :3] for frame in painted[start : start + 4]]) for start in starts]
    write_picture(path, np.vstack(rows_of_frames))


def table(figures: dict) -> str:
    """The figures that the bars are about, as Markdown."""
    lines = []
    for name, f in figures.items():
        alone, median = figures[f"{name.split(',')[0]}, in one go"], statistics.median(f["pairs"])
        lines.append(
            (
                name,
                median,
                max(f["pairs"]) / median,
                2 + int(np.argmax(f["pairs"])),
                f["work"] / max(alone["work"], 1e-12),
                max(b / a for a, b in zip(alone["pairs"], f["pairs"], strict=True)),
                f["style_share"],
                min(f["style_shares"]),
                float(np.mean(f["sharpness"]) / np.mean(alone["sharpness"])),
                min(b / a for a, b in zip(alone["sharpness"], f["sharpness"], strict=True)),
            )
        )
    return rows(
        "Shot|Median pair's error|Worst pair / median|at frame|Work / in one go|Worst pair / the "
        "same in one go|Style share|"
        "least|Sharpness / in one go|least",
        lines,
    )
