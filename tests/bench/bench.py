"""Measure on this machine how fast Pochade is and what it takes; out/bench has table, plot, bench.json.

    python3 build.py bench [--animation | --shutter | --farm | --keys | --instant | --pictures | --gpu |
                           --start PHOTOS --sources FOLDER] [--quick] [--device DEVICE]

The source is the demo's render, the styles are factory presets. `--animation` measures how steady animations
are instead, on scenes that it renders itself: figures in animation.json, frames in animation. `--farm`
measures what painting them in chunks costs and changes: figures in farm.json. `--shutter` lays Pochade's
motion blur beside Cycles' own: figures in shutter.json. `--keys` paints scenes from keys in a scripted hand:
figures in keys.json. `--instant` measures how many frames a second instant styles and Live paint: figures in
instant.json. `--start` learns each style that the learnt start has not seen, from it and from random weights,
with the photos in PHOTOS, and measures the losses on the pictures in FOLDER: start.json. `--pictures` paints
flat scenes in the factory styles with the style loss of before and with today's, and measures how much of
each is whole strokes: strokes.jpg, figures in strokes.json. `--gpu` measures all that a graphics card
changes, without Blender: figures in gpu.json. Let nothing else run meanwhile.
"""

import argparse
import json
import logging
import sys
from dataclasses import replace
from pathlib import Path

import torch

from core.compute.devices import choose_device
from core.compute.machine import Machine
from core.errors import PochadeError
from core.files.pictures import read_picture
from core.presets.load import style_from_preset
from core.presets.preset import find_preset
from core.progress import finish
from core.settings import Settings
from core.still.stylize import stylize_image

from . import instant, start, strokes
from .animation import bench as animation
from .animation import farm, keys, shutter
from .chart import draw_chart
from .memory import SIZES, measure_memory
from .overhead import measure_overhead
from .race import Race, paper_recipe, run_race
from .report import describe, summary, table
from .speed import measure_speed

ROOT = Path(__file__).parents[2]
RENDER, FOLDER = ROOT / "out" / "demo" / "render.png", ROOT / "out" / "bench"
STYLES = ("starry_night", "great_wave", "composition_vii")
log = logging.getLogger(__name__)


def measure(quick: bool, device: torch.device) -> tuple[dict, list[Race]]:
    """All figures, and the race itself for the plot; a quick run is small and leaves out what takes long."""
    from build import build_zip

    size, steps, styles, sizes = (256, 60, STYLES[:1], ["512"]) if quick else (512, 500, STYLES, [*SIZES])
    source = read_picture(RENDER)[..., :3]
    presets = [style_from_preset(find_preset(slug)) for slug in styles]
    races, draft, whole_strokes = [], Settings(resolution="draft", size=size), {}
    statistical = replace(draft, loss="covariance", start_colours="source")  # to come as near to statistics
    for style in presets:
        log.info("Painting %s at %d px by the paper's recipe and by Pochade's", style.name, size)
        races.append(run_race(source, style, paper_recipe(size, steps), statistical, device))
        log.info("Painting it by the default")
        painted = {
            "default": finish(stylize_image(source, style, draft, device.type)),
            "statistics": races[-1].picture,
        }
        whole_strokes[style.name] = strokes.compare(source, style, painted, device)
    log.info("Counting evaluations")
    speed = measure_speed(source, presets[0], draft, device)
    memory = {}
    for name in sizes:
        log.info("Measuring the memory at %d x %d", *SIZES[name])
        memory[name] = measure_memory(RENDER, *SIZES[name], device.type)
    log.info("Timing a job in Blender")
    overhead = measure_overhead(build_zip(), RENDER)
    return summary(races, speed, memory, overhead) | {
        "quick": quick,
        "size": size,
        "device": describe(device),
        "whole_strokes": whole_strokes,
    }, races


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="build.py bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--animation", action="store_true", help="paint four animated scenes and measure their flicker"
    )
    parser.add_argument(
        "--farm",
        action="store_true",
        help="paint three animated scenes in chunks and measure every pair of frames",
    )
    parser.add_argument("--shutter", action="store_true", help="compare motion blur with Cycles'")
    parser.add_argument(
        "--keys", action="store_true", help="paint two animated scenes from keys and measure what is kept"
    )
    parser.add_argument("--instant", action="store_true", help="measure instant styles and Live")
    # build.py hands that on to gpu.py itself, for this module needs Blender's.
    parser.add_argument("--gpu", action="store_true", help="measure all that a graphics card changes")
    parser.add_argument(
        "--pictures", action="store_true", help="lay out flat scenes painted with both style losses"
    )
    parser.add_argument(
        "--start", type=Path, metavar="PHOTOS", help="measure what the start of instant styles saves"
    )
    parser.add_argument("--styles", type=Path, metavar="FOLDER", help="the style pictures for --pictures")
    parser.add_argument(
        "--sources",
        type=Path,
        metavar="FOLDER",
        help="more to paint for --pictures, or what --start measures on",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="256 px, one style and 60 evaluations, or three frames: to see that it runs",
    )
    parser.add_argument("--device", default="auto", help="cpu or cuda; without it, the fastest there is")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if arguments.animation:
        animation.run(FOLDER, arguments.quick, choose_device(Machine(arguments.device)))
        return
    if arguments.farm:
        farm.run(FOLDER, arguments.quick, choose_device(Machine(arguments.device)))
        return
    if arguments.shutter:
        shutter.run(FOLDER, arguments.quick, choose_device(Machine(arguments.device)))
        return
    if arguments.keys:
        keys.run(FOLDER, arguments.quick, choose_device(Machine(arguments.device)))
        return
    if arguments.instant:
        instant.run(FOLDER, arguments.quick, arguments.device)
        return
    if arguments.start:
        start.run(FOLDER, arguments.start, arguments.sources)
        return
    if arguments.pictures:
        device = choose_device(Machine(arguments.device))
        strokes.run(FOLDER, arguments.quick, device, arguments.styles, arguments.sources)
        return
    if not RENDER.exists():
        raise PochadeError("There is no render of the demo yet: run python3 build.py demo first")
    figures, races = measure(arguments.quick, choose_device(Machine(arguments.device)))
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "bench.json").write_text(json.dumps(figures, indent=2) + "\n")
    (FOLDER / "bench.md").write_text(table(figures), encoding="utf-8")
    draw_chart(races, figures["size"], FOLDER / "bench.png")
    log.info("\n%s", table(figures))


if __name__ == "__main__":
    try:
        main()
    except PochadeError as error:
        sys.exit(f"build.py: {error}")
