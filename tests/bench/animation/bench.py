"""Paint the benchmark's animated scenes, and measure how steady they are beside frames painted one by one.

Leaves in out/bench/animation, for each scene, its render, the painted and the independent frames, the flows
with the masks that painting went by, and contact.png with the differences; the figures are in
out/bench/animation.json. Whatever is there already is not made again.
"""

import hashlib
import json
import logging
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from core.files.checkpoint import Checkpoint
from core.files.pictures import read_picture, write_picture
from core.presets.load import style_from_preset
from core.presets.preset import find_preset
from core.progress import finish
from core.sequence.animation import stylize_animation
from core.sequence.job import SequenceJob
from core.sequence.motion.flow import long_term_correspondences
from core.sequence.motion.frame_motion import choose_motion
from core.sequence.shot import Camera, Frame, Shot
from core.sequence.steps import Look
from core.settings import AnimationSettings, Settings
from core.still.stylize import stylize_image
from core.style.styles import Style
from tests.bench.report import rows

from . import measure, truth

SCENES, STYLE = ("flight", "turning", "empty", "still"), "starry_night"
STILL_INDEPENDENT = 8  # frames of the still scene that are painted one by one: all are alike
AMPLIFIED = 4  # times: the differences on the contact strips
FULL = {"settings": Settings(resolution="draft", size=480), "animation": AnimationSettings(), "count": None}
QUICK = {
    "settings": Settings(resolution="draft", size=480, steps=2),
    "animation": AnimationSettings(later_steps=1),
    "count": 3,
}
log = logging.getLogger(__name__)


def run(out: Path, quick: bool, device: torch.device) -> None:
    """Every scene, from its render to its figures; a quick run paints three frames of each, badly."""
    options = QUICK if quick else FULL
    folder, style = out / ("animation-quick" if quick else "animation"), style_from_preset(find_preset(STYLE))
    figures = {}
    for scene in SCENES:
        render = out / "animation" / scene / "render"
        log.info("%s: rendering what is missing", scene)
        subprocess.run([sys.executable, Path(__file__).with_name("render.py"), scene, render], check=True)
        shot = read_shot(render, options["count"])
        for name, method in ((scene, "optimised"), (f"{scene}-instant", "instant")):
            figures[name] = paint_and_measure(
                shot,
                style,
                replace(options["settings"], method=method),
                options["animation"],
                folder / name,
                device,
                scene,
            )
        folder.with_suffix(".json").write_text(json.dumps(figures, indent=2) + "\n")
    log.info("\n%s", table(figures))


def read_shot(render: Path, count: int | None = None) -> Shot:
    """The first `count` frames, or all, of a folder that render.py made."""
    cameras = json.loads((render / "cameras.json").read_text())
    frames, digest = [], hashlib.sha256()
    for picture in sorted(render.glob("*.png"))[:count]:
        number = str(int(picture.stem))
        # The rows lead to pixels at once.
        camera = Camera(tuple(map(tuple, cameras[number])), (1.0, 1.0), (0.0, 0.0))
        frames.append(Frame(int(number), picture, picture.with_suffix(".exr"), camera))
        digest.update(picture.read_bytes())
    return Shot(tuple(frames), digest.hexdigest())


def paint_and_measure(
    shot: Shot,
    style: Style,
    settings: Settings,
    animation: AnimationSettings,
    folder: Path,
    device: torch.device,
    scene: str,
) -> dict:
    """A scene's figures; all that they were made from is in `folder`."""
    still = scene == "still"
    log.info("%s: painting %d frames", folder.name, len(shot.frames))
    seconds = paint(shot, Look(((style, 1.0),), settings), animation, folder, device)
    alone = shot.frames[:STILL_INDEPENDENT] if still else shot.frames
    log.info("%s: painting %d frames independently", folder.name, len(alone))
    paint_independently(Shot(alone, shot.identity), style, settings, folder / "independent", device)
    log.info("%s: measuring", folder.name)
    names = [frame.picture.name for frame in shot.frames]
    sources = [read_picture(frame.picture) for frame in shot.frames]
    painted = [read_picture(folder / "painted" / name) for name in names]
    independent = [read_picture(folder / "independent" / name) for name in names[: len(alone)]]

    seen = [truth.read_seen(frame.picture.parent, frame.number) for frame in shot.frames]
    backward = [truth.backward_flow(later, earlier) for earlier, later in pairwise(seen)]
    forward = [truth.forward_flow(earlier, later) for earlier, later in pairwise(seen)]
    visible = [
        truth.visible(later, earlier, flow)
        for (earlier, later), flow in zip(pairwise(seen), backward, strict=True)
    ]
    masks = masks_of(shot, animation, device)
    (folder / "flows").mkdir(exist_ok=True)
    for name, flow, mask in zip(names[1:], backward, masks, strict=True):
        np.savez_compressed((folder / "flows" / name).with_suffix(".npz"), flow=flow, mask=mask)
    write_picture(folder / "contact.png", contact(sources, painted, independent, backward, masks))

    style_distance = measure.StyleDistance(style, settings.size, device)
    shares = style_distance.shares(painted, sources)
    independent_shares = style_distance.shares(independent, sources[: len(independent)])
    return {
        "temporal_error": measure.temporal_error(painted, backward, masks),
        "independent_temporal_error": measure.temporal_error(independent, backward, masks),
        "render_temporal_error": measure.temporal_error(sources, backward, masks),
        "warp_floor": measure.warp_floor(painted, backward, forward, masks),
        "style_share": statistics.mean(shares),
        "independent_style_share": statistics.mean(independent_shares),
        "last_style_share": shares[-1],
        "independent_last_style_share": independent_shares[-1],
        "sharpness": measure.sharpness(painted[: len(independent)], independent),
        "last_sharpness": measure.sharpness(painted[-1:], independent[-1:]),
        "mask_coverage": measure.mask_coverage(masks, visible),
        "later_frame_cost": statistics.median(seconds[1:]) / seconds[0],
        "frame_seconds": seconds,
        "static_drift": measure.static_drift(painted) if still else None,
        "ghosts": measure.ghosts(painted[-1], independent[-1], [at.depth < truth.SKY for at in seen])
        if scene == "empty"
        else None,
    }


def paint(
    shot: Shot, look: Look, animation: AnimationSettings, folder: Path, device: torch.device
) -> list[float]:
    """Paint into folder/painted; the seconds that each frame took, also those of runs that broke off."""
    record = folder / "seconds.json"
    seconds = json.loads(record.read_text()) if record.exists() else []
    folder.mkdir(parents=True, exist_ok=True)
    looks = [look] * len(shot.frames)
    painting = stylize_animation(SequenceJob(shot, looks, animation, folder / "painted", device.type))
    started, frame = time.perf_counter(), None
    while True:
        step = next(painting, None)
        if frame is None and step:
            frame = step.step
            del seconds[frame:]
        # And the next one's first evaluation, about.
        if frame is not None and (step is None or step.step > frame):
            seconds.append(time.perf_counter() - started)
            record.write_text(json.dumps(seconds))
            started, frame = time.perf_counter(), frame + 1
        if step is None:
            return seconds


def paint_independently(
    shot: Shot, style: Style, settings: Settings, folder: Path, device: torch.device
) -> None:
    """Every frame as a picture of its own."""
    names = [frame.picture.name for frame in shot.frames]
    with Checkpoint(
        folder, {"source": shot.identity, "style": style.name, "settings": asdict(settings)}, names
    ) as checkpoint:
        for frame in shot.frames[checkpoint.done :]:
            write_picture(
                folder / frame.picture.name,
                finish(stylize_image(read_picture(frame.picture), style, settings, device.type)),
                16,
            )
            checkpoint.advance(frame.picture.name)
        if not checkpoint.finished:
            checkpoint.finish()


def masks_of(shot: Shot, animation: AnimationSettings, device: torch.device) -> list[np.ndarray]:
    """Where painting holds a frame to the one before it, (H, W), 0 to 1, for each pair."""
    motion = choose_motion(animation.motion, shot.frames, None, device)
    masks = []
    for earlier, later in pairwise(shot.frames):
        found = motion(earlier, later)
        ((_, _, seen),) = long_term_correspondences([found], (1,), found.backward.shape[:2], device)
        masks.append(seen[0, 0].float().cpu().numpy())
    return masks


def contact(
    sources: Sequence, painted: Sequence, independent: Sequence, backward: Sequence, masks: Sequence
) -> np.ndarray:
    """Four moments side by side: the render, the painted frame, how it differs from the one before it moved
    along, both again for frames that were painted independently.
    """

    def difference(frames: Sequence, i: int) -> np.ndarray:
        if not i:
            return np.zeros_like(frames[0])
        return (
            np.abs(frames[i] - measure.warp(frames[i - 1], backward[i - 1]))
            * masks[i - 1][..., None]
            * AMPLIFIED
        )

    moments = [(len(painted) - 1) * k // 3 for k in range(4)]
    early = [(len(independent) - 1) * k // 3 for k in range(4)]
    cells = [
        [sources[i] for i in moments],
        [painted[i] for i in moments],
        [difference(painted, i) for i in moments],
        [independent[i] for i in early],
        [difference(independent, i) for i in early],
    ]
    return np.vstack([np.hstack(row) for row in cells]).clip(0, 1)


def table(figures: dict) -> str:
    """The figures that the bars are about, as Markdown."""
    return rows(
        "Scene|Temporal error|Times steadier than independent frames|Times render + "
        "interpolation|Style share, last|"
        "Independent, last|Sharpness|Mask coverage|Later frame's cost|Drift|Consecutive frames|Ghosts",
        [
            (
                scene,
                f["temporal_error"],
                f["independent_temporal_error"] / max(f["temporal_error"], 1e-12),
                f["temporal_error"] / max(f["render_temporal_error"] + f["warp_floor"], 1e-12),
                f"{f['style_share']:.3f}, {f['last_style_share']:.3f}",
                f"{f['independent_style_share']:.3f}, {f['independent_last_style_share']:.3f}",
                f["sharpness"],
                f["mask_coverage"],
                f["later_frame_cost"],
                *((f["static_drift"] or {}).get(key, "") for key in ("luminance", "consecutive")),
                f["ghosts"] or "",
            )
            for scene, f in figures.items()
        ],
    )
