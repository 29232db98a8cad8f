"""The documentation's pictures, made from nothing: `python3 build.py pictures`.

The demo's render, painted, in the styles that there are, with each way to keep colours and with regions; a
strip of the benchmark's camera flight. What was rendered and painted is kept in out/pictures and out/bench,
so that a run that broke off goes on where it was.
"""

import argparse
import io
import logging
import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core.files.cryptomatte import read_cryptomattes
from core.files.exr import read_channels
from core.files.pictures import read_picture
from core.presets.load import style_from_preset
from core.presets.preset import FAMILIES, Preset, factory_presets, find_preset
from core.progress import finish
from core.sequence.animation import stylize_animation
from core.sequence.job import SequenceJob
from core.sequence.keys.key import Key
from core.sequence.shot import Frame, Shot
from core.sequence.steps import Look
from core.settings import AnimationSettings, Settings, TimingSettings
from core.style.regions import Region, feather
from tests.bench.animation import bench, truth
from tests.bench.animation.measure import warp
from tests.core.exr_files import write_exr

from .retouch import retouched
from .sheets import paint_sheet, paint_tile

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "out" / "pictures"
ANIMATION = ROOT / "out" / "bench" / "animation"
DOCS = ROOT / "docs"
BYTES = 300_000  # of a picture, at most
STYLE = "starry_night"
MODES_OF = ("great_wave", "the_scream", "starry_night")  # what the colours' sheet shows
SEQUENCE = Settings(resolution="draft", size=480)
INSTANT = replace(SEQUENCE, method="instant")
SMALL, LARGE = Settings(resolution="draft", size=384), Settings(resolution="draft", size=768)
TWOS = (3, 4, 5, 6)  # frames of the picture of a drawing that is held
MOMENTS = (1, 4, 8, 11)  # frames of the flight, from 0: each has one before it
AMPLIFIED = 4  # times: what differs between two frames
HILL, SEA = ("Village", "Church", "Quay", "Hill", "Trees"), ("Sea", "Sloop", "Dinghy", "Ketch", "Yawl")
log = logging.getLogger(__name__)


def main() -> None:
    """Make every picture of the documentation."""
    (FOLDER / "tiles").mkdir(parents=True, exist_ok=True)
    if not (FOLDER / "render.exr").exists():
        subprocess.run([sys.executable, ROOT / "tests" / "demo" / "render.py", FOLDER], check=True)
    render = read_picture(FOLDER / "render.png")[..., :3]
    pictures = {
        "painted": (painted, 1280),
        "styles": (styles, 1152),
        "hands": (hands, 1200),
        "colours": (colours, 1200),
        "regions": (regions, 1280),
        "animation": (flight, 1000),
        "empty": (empty, 1200),
        "key": (key, 1200),
        "twos": (twos, 1200),
        "motion-blur": (motion_blur, 1200),
        "mirror": (mirror, 1200),
    }
    for name, (picture_of, width) in pictures.items():
        write_small(picture_of(render), DOCS / f"{name}.jpg", width)
        log.info("docs/%s.jpg", name)


def painted(render: np.ndarray) -> np.ndarray:
    """The painting as large as the render, which is in its corner."""
    return with_source(paint_tile(find_preset(STYLE), render, Settings(), FOLDER / "tiles"), render)


def with_source(painting: np.ndarray, render: np.ndarray) -> np.ndarray:
    """A painting with the render in its corner, a fifth as wide."""
    small = np.asarray(to_image(render).reduce(5), np.float32) / 255
    framed, whole = np.pad(small, [(6, 0), (6, 0), (0, 0)], constant_values=1), painting.copy()
    whole[-framed.shape[0] :, -framed.shape[1] :] = framed
    return whole


def styles(render: np.ndarray) -> np.ndarray:
    """The render in the style of every painter."""
    tiles = [
        paint_tile(preset, render, SMALL, FOLDER / "tiles")
        for preset in factory_presets()
        if preset.family == "painters" and not preset.style
    ]
    return grid([tiles[:3], tiles[3:]])


def hands(_: np.ndarray) -> np.ndarray:
    """The thumbnails of Pochade's own styles, by family."""
    own = [preset for preset in factory_presets() if preset.artist == "Pochade"]
    tiles = [read_picture(p.thumbnail)[..., :3] for p in sorted(own, key=lambda p: FAMILIES.index(p.family))]
    columns = math.ceil(len(tiles) / 3)
    tiles += [np.ones_like(tiles[0])] * (3 * columns - len(tiles))
    return grid([tiles[row : row + columns] for row in range(0, 3 * columns, columns)])


def colours(render: np.ndarray) -> np.ndarray:
    """A row for each of some styles, a column for each Keep Colours."""
    sheet = paint_sheet(
        [find_preset(slug) for slug in MODES_OF],
        render,
        "keep_colours",
        ("off", "match", "luminance", "reverse"),
        SMALL,
        FOLDER / "tiles",
    )
    return np.asarray(sheet, np.float32) / 255


def regions(render: np.ndarray) -> np.ndarray:
    """The render, and beside it the painting that has styles of their own for parts of it."""
    painting = paint_regions(render, FOLDER / "render.exr", LARGE)
    return grid([[as_large_as(painting, render), painting]])


def paint_regions(render: np.ndarray, passes: Path, settings: Settings) -> np.ndarray:
    """The render with styles of their own for the sea and the hill."""
    matte = read_cryptomattes(passes)["OBJECT"][0]
    parts = [("great_wave", SEA), ("composition_vii", HILL)]
    chosen = [
        Region(slug, feather(matte.mask(names).clip(0, 1), 2), ((style_from_preset(find_preset(slug)), 1.0),))
        for slug, names in parts
    ]
    return paint_tile(find_preset(STYLE), render, settings, FOLDER / "tiles", chosen)


def flight(_render: np.ndarray) -> np.ndarray:
    """Four frames of a flight: the render, the painted sequence, what differs from the frame before, and that
    of frames painted alone.
    """
    preset = find_preset(STYLE)
    frames_of_scene, paintings = paint_scene("flight", MOMENTS[-1] + 1, preset)
    columns = []
    for moment in MOMENTS:
        frames = frames_of_scene[moment - 1 : moment + 1]
        earlier, later = (truth.read_seen(frame.picture.parent, frame.number) for frame in frames)
        flow = truth.backward_flow(later, earlier)
        seen = truth.visible(later, earlier, flow)[..., None]
        sources = [read_picture(frame.picture)[..., :3] for frame in frames]
        sequence = paintings[moment - 1 : moment + 1]
        alone = [paint_tile(preset, source, SEQUENCE, FOLDER / "tiles") for source in sources]
        columns.append(
            [
                sources[-1],
                sequence[-1],
                *(
                    np.abs(later - warp(earlier, flow)) * seen * AMPLIFIED
                    for earlier, later in (sequence, alone)
                ),
            ]
        )
    return grid([list(row) for row in zip(*columns, strict=True)])


def empty(_render: np.ndarray) -> np.ndarray:
    """Four frames of a cube that crosses an empty world: the render, and the painted sequence."""
    frames, paintings = paint_scene("empty", None, find_preset("the_scream"))
    moments = [round(k * (len(frames) - 1) / 3) for k in range(4)]
    sources = [read_picture(frames[moment].picture)[..., :3] for moment in moments]
    return grid([sources, [paintings[moment] for moment in moments]])


def key(_render: np.ndarray) -> np.ndarray:
    """A frame of the flight, the key that was painted over it by hand, and frames that follow that key."""
    shot, preset = render_scene("flight"), find_preset(STYLE)
    first, moments = read_picture(shot.frames[0].picture)[..., :3], (7, 15, 23)
    matte = read_cryptomattes(shot.frames[0].passes)["OBJECT"][0]
    hand = retouched(paint_tile(preset, first, SEQUENCE, FOLDER / "tiles"), first, matte)
    whole = np.concatenate([hand, np.ones_like(hand[..., :1])], 2).clip(0, 1).astype(np.float32)
    looks = [Look((), SEQUENCE, keys=1.0)] * len(shot.frames)
    keys = [Key(shot.frames[0].number, whole, "by hand")]
    painted = finish(
        stylize_animation(SequenceJob(shot, looks, AnimationSettings(), FOLDER / "key", "cpu", keys=keys))
    ).files
    rendered = [first, *(read_picture(shot.frames[at].picture)[..., :3] for at in moments)]
    return grid([rendered, [read_picture(painted[at])[..., :3] for at in (0, *moments)]])


def twos(_render: np.ndarray) -> np.ndarray:
    """Four frames that follow each other: the render, and the painting. Star and ring are on twos, before a
    camera on ones.
    """
    shot = render_scene("travelling", TWOS[-1])
    style, other = (((style_from_preset(find_preset(slug)), 1.0),) for slug in ("the_scream", "udnie"))

    def thing(frame: Frame, _picture: np.ndarray) -> list[Region]:
        mask = read_cryptomattes(frame.passes)["OBJECT"][0].mask(["Star", "Ring"])
        return [Region("thing", feather(mask.clip(0, 1), 1), other)]

    looks = [Look(style, SEQUENCE, TimingSettings(held="camera"), (2,))] * len(shot.frames)
    job = SequenceJob(shot, looks, AnimationSettings(), FOLDER / "twos", "cpu", thing, "star and ring")
    painted = finish(stylize_animation(job)).files
    files = [frame.picture for frame in shot.frames], painted
    return grid([[read_picture(row[number - 1])[..., :3] for number in TWOS] for row in files])


def motion_blur(_render: np.ndarray) -> np.ndarray:
    """A frame of things that turn: the render, painted, and with the blur of a shutter that never closes."""
    shot = render_scene("turning", 6)
    shot = replace(shot, frames=tuple(replace(frame, shutter=(-0.5, 0.5)) for frame in shot.frames))
    preset, at = find_preset(STYLE), 4
    painted = [
        paint_shot(name, shot, preset, INSTANT, AnimationSettings(motion_blur=blurred))[at]
        for name, blurred in (("turning-sharp", False), ("turning-blurred", True))
    ]
    return grid([[read_picture(shot.frames[at].picture)[..., :3], *painted]])


def mirror(_render: np.ndarray) -> np.ndarray:
    """Two frames before a mirror: the render, painted as if it were a wall, and by what light it shows."""
    shot, preset, moments = render_scene("mirror"), find_preset(STYLE), (3, 7)
    (FOLDER / "wall").mkdir(exist_ok=True)
    frames = []
    for frame in shot.frames:
        channels, _ = read_channels(frame.passes)
        frames.append(replace(frame, passes=FOLDER / "wall" / frame.passes.name))
        write_exr(frames[-1].passes, {name: found for name, found in channels.items() if "Gloss" not in name})
    columns = [[read_picture(frame.picture)[..., :3] for frame in shot.frames]] + [
        paint_shot(name, each, preset, INSTANT, AnimationSettings())
        for name, each in (("wall-painted", replace(shot, frames=tuple(frames))), ("mirror-painted", shot))
    ]
    return grid([[column[moment] for column in columns] for moment in moments])


def render_scene(name: str, count: int | None = None) -> Shot:
    """The first `count` frames, or all, of one of the benchmark's scenes; rendered."""
    render = ANIMATION / name / "render"
    script = ROOT / "tests" / "bench" / "animation" / "render.py"
    wanted = map(str, range(1, (count or 0) + 1))
    subprocess.run([sys.executable, script, name, render, *wanted], check=True)
    return bench.read_shot(render, count)


def paint_scene(name: str, count: int | None, preset: Preset) -> tuple[Sequence[Frame], list[np.ndarray]]:
    """The first `count` frames, or all, of one of the benchmark's scenes; rendered, and painted."""
    shot = render_scene(name, count)
    return shot.frames, paint_shot(name, shot, preset, SEQUENCE, AnimationSettings())


def paint_shot(
    name: str, shot: Shot, preset: Preset, settings: Settings, animation: AnimationSettings
) -> list[np.ndarray]:
    """The painted frames."""
    look = Look(((style_from_preset(preset), 1.0),), settings)
    bench.paint(shot, look, animation, FOLDER / name, torch.device("cpu"))
    painted = FOLDER / name / "painted"
    return [read_picture(painted / frame.picture.name)[..., :3] for frame in shot.frames]


def as_large_as(painting: np.ndarray, render: np.ndarray) -> np.ndarray:
    height, width = painting.shape[:2]
    return np.asarray(to_image(render).resize((width, height), Image.Resampling.LANCZOS), np.float32) / 255


def grid(rows: list[list[np.ndarray]], gap: int = 6) -> np.ndarray:
    """Pictures of one size side by side and below each other, white between them."""

    def apart(pictures, axis):
        room = [(0, gap) if side == axis else (0, 0) for side in (0, 1)] + [(0, 0)]
        return np.concatenate(
            [*(np.pad(p, room, constant_values=1) for p in pictures[:-1]), pictures[-1]], axis
        )

    return apart([apart(row, 1) for row in rows], 0)


def to_image(picture: np.ndarray) -> Image.Image:
    return Image.fromarray(np.rint(picture.clip(0, 1) * 255).astype(np.uint8))


def write_small(picture: np.ndarray, path: Path, width: int, most: int = BYTES) -> None:
    """Write a picture (H, W, 3), 0 to 1, as JPEG of no more than so many bytes, as good as that allows."""
    image = to_image(picture)
    small = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    for quality in range(92, 4, -4):
        file = io.BytesIO()
        small.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
        if file.tell() <= most:
            break
    path.write_bytes(file.getvalue())


if __name__ == "__main__":
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
