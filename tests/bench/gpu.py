"""Measure all that a graphics card changes; out/bench has gpu.json, a table is printed.

    python3 build.py bench --gpu [--quick] [--device DEVICE] [PART ...]

needs nothing but a Python with PyTorch, NumPy, Pillow and safetensors: no Blender and no network. Pictures
are made by rule, the style is a factory preset. Parts are stills, speed, instant, together, sequence and
training; without any, all are measured. What was measured is kept when a later part fails. Let nothing else
run meanwhile.
"""

import argparse
import json
import logging
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from core.compute.devices import choose_device, compute_on
from core.compute.machine import Machine
from core.compute.precision import best_precision
from core.compute.sizes import sized
from core.encoders.files import COMPACT
from core.encoders.network import compact_encoder, load_encoder, save_encoder
from core.errors import PochadeError
from core.files.pictures import read_picture, write_picture
from core.instant.apply import stylize_instantly
from core.instant.files import load_network
from core.presets.load import style_from_preset
from core.presets.preset import find_preset
from core.progress import Watched, finish
from core.sequence.animation import stylize_animation
from core.sequence.job import SequenceJob
from core.sequence.shot import Frame, Shot
from core.sequence.steps import Look
from core.settings import AnimationSettings, InstantSettings, Settings
from core.still.memory import choose_tile, estimate_memory
from core.still.stylize import stylize_image
from core.training.instant import TrainingJob, train_network

from .instant import median
from .memory import memory
from .report import describe, rows
from .speed import measure_speed, synchronize

FOLDER = Path(__file__).parents[2] / "out" / "bench"
PRESET = "starry_night"
# VGG-19's shape; its weights are random, for time and memory do not depend on them.
VGG19 = ((64, 64), (128, 128), (256,) * 4, (512,) * 4, (512,))
GIB = 2**30
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scale:
    """How much is measured. Sizes are (width, height) in px."""

    stills: dict[str, tuple[int, int]]
    live: tuple[int, int]
    large: tuple[int, int]
    sequence: tuple[int, int]
    frames: int
    paintings: int  # for a median
    training: InstantSettings
    settings: Settings
    patience: float  # seconds


FULL = Scale(
    {"512": (512, 288), "1080p": (1920, 1080), "4K": (3840, 2160)},
    (640, 360),
    (1920, 1080),
    (960, 540),
    12,
    30,
    InstantSettings(iterations=200),
    Settings(),
    2.0,
)
QUICK = Scale(
    {"96": (96, 64)},
    (96, 64),
    (128, 72),
    (96, 64),
    3,
    2,
    InstantSettings(iterations=4, crop=64, batch=1, style_size=64),
    Settings(steps=2, coarse_size=64, size=80),
    0.01,
)


@dataclass(frozen=True)
class Bench:
    """What all parts share: the device, how much is measured, and a folder for files."""

    device: torch.device
    scale: Scale
    folder: Path

    @cached_property
    def style(self):
        return style_from_preset(find_preset(PRESET))

    @cached_property
    def precisions(self) -> tuple[str, str]:
        """What Automatic takes here, and the other one."""
        best = str(best_precision(self.device)[0]).removeprefix("torch.")
        return best, "bfloat16" if best == "float32" else "float32"

    def machine(self, precision: str = "auto") -> Machine:
        return Machine(str(self.device), precision)

    def timed(self, work: Callable) -> tuple[object, float]:
        """What `work` returns, and the seconds until the device has done it."""
        synchronize(self.device)
        started = time.perf_counter()
        result = work()
        synchronize(self.device)
        return result, time.perf_counter() - started

    def vgg19(self) -> Path:
        """An encoder file in VGG-19's shape."""
        path = self.folder / "vgg19.safetensors"
        architecture = replace(compact_encoder().architecture, name="vgg19", blocks=VGG19)
        generator, tensors = torch.Generator().manual_seed(0), {}
        for place, before, after in architecture.convolutions():
            weight = torch.randn(after, before, 3, 3, generator=generator) * math.sqrt(2 / (9 * before))
            tensors |= {f"conv{place}.weight": weight, f"conv{place}.bias": torch.zeros(after)}
        save_encoder(path, architecture, tensors)
        return path


def made_picture(size: tuple[int, int], number: int = 0) -> np.ndarray:
    """A bright disc, which moves with the frame's number, before slopes and stripes: float32 (H, W, 3)."""
    width, height = size
    y, x = np.mgrid[:height, :width].astype(np.float32) / height
    stripes = 0.1 * np.sin(40 * (x + y * y))
    picture = np.stack([0.3 + 0.2 * x + stripes, 0.4 + 0.3 * y, 0.6 - 0.3 * y - stripes], axis=2)
    picture[(x - 0.5 - 0.02 * number) ** 2 + (y - 0.5) ** 2 < 0.06] = (0.95, 0.85, 0.5)
    return picture.clip(0, 1).astype(np.float32)


def stills(bench: Bench) -> Iterator[dict]:
    """Whole paintings at the defaults, which are as large as the source."""
    best, other = bench.precisions
    encoders = {"compact": COMPACT, "VGG-19's shape": bench.vgg19()}
    runs = [(title, size, best) for title in encoders for size in bench.scale.stills]
    for title, name, precision in [*runs, *(("compact", size, other) for size in bench.scale.stills)]:
        size, file, settings = bench.scale.stills[name], encoders[title], bench.scale.settings
        picture, machine = made_picture(size), bench.machine(precision)
        with compute_on(machine) as device:
            encoder, shape = load_encoder(file), picture.shape[:2]
            full = sized(settings, shape)
            tile = choose_tile(*shape, full, encoder, device)
            estimate = estimate_memory(*shape, full, encoder, device, tile)
        finish(  # so that no kernel is loaded while the clock runs
            stylize_image(made_picture((96, 64)), bench.style, settings, machine, encoder_file=file)
        )
        before = start_peak(bench.device)
        _, seconds = bench.timed(
            lambda picture=picture, machine=machine, file=file: finish(
                stylize_image(picture, bench.style, bench.scale.settings, machine, encoder_file=file)
            )
        )
        yield {
            "encoder": title,
            "size": name,
            "precision": precision,
            "seconds": seconds,
            "peak_gib": (memory(bench.device)["peak"] - before) / GIB,
            "estimate_gib": estimate / GIB,
            "tile": tile,
        }


def speed(bench: Bench) -> Iterator[dict]:
    """Evaluations of the objective, and their share of what a matrix product reaches."""
    for name, size in bench.scale.stills.items():
        settings = replace(bench.scale.settings, size=max(size))
        try:
            with compute_on(bench.machine()) as device:
                found = measure_speed(made_picture(size), bench.style, settings, device, bench.scale.patience)
        except torch.OutOfMemoryError:  # it takes pictures whole
            return
        yield {
            "size": name,
            "evaluations_per_second": found.evaluations_per_second,
            "share_of_matmul_peak": found.share,
        }


def instant(bench: Bench) -> Iterator[dict]:
    """Frames a second of the slim network: from array to array, and on the device alone."""
    network = deepcopy(load_network(find_preset(PRESET).network)).to(bench.device)
    for size in (bench.scale.live, bench.scale.large):
        for precision in bench.precisions:
            machine, picture = bench.machine(precision), made_picture(size)
            with compute_on(machine), torch.no_grad():
                there = torch.rand(1, 3, *picture.shape[:2], device=bench.device)
                alone = median(lambda there=there: network(there)[0, 0, 0, 0].item(), bench.scale.paintings)
            whole = median(
                lambda picture=picture, machine=machine: paint_instantly(bench, picture, machine),
                bench.scale.paintings,
            )
            yield {
                "size": "{} x {}".format(*size),
                "precision": precision,
                "array_to_array_fps": 1 / whole,
                "network_alone_fps": 1 / alone,
                "bar": "60 a second" if size == (1920, 1080) else "",
            }


def paint_instantly(bench: Bench, picture: np.ndarray, machine: Machine) -> np.ndarray:
    settings = Settings(method="instant")
    return finish(stylize_instantly(picture, ((bench.style, 1.0),), settings, machine))


def together(bench: Bench) -> Iterator[dict]:
    """Live and a job at the same time, in two threads, with one cached network: both paint as if alone."""
    small, large = made_picture(bench.scale.live), made_picture(bench.scale.large)
    machine = bench.machine()
    alone = [paint_instantly(bench, picture, machine) for picture in (small, large)]
    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(
            lambda: [paint_instantly(bench, large, machine) for _ in range(bench.scale.paintings)]
        )
        shown, started = [], time.perf_counter()
        while not shown or not job.done():
            shown.append(paint_instantly(bench, small, machine))
        seconds = time.perf_counter() - started
    yield {
        "live_fps": len(shown) / seconds,
        "job_fps": bench.scale.paintings / seconds,
        "live_difference_255": max(difference(picture, alone[0]) for picture in shown),
        "job_difference_255": max(difference(picture, alone[1]) for picture in job.result()),
        "bar": "differences at most 1",
    }


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """The largest of two pictures, in steps of 1/255."""
    return float(np.abs(one - other).max() * 255)


def sequence(bench: Bench) -> Iterator[dict]:
    """A sequence from files; and once more, broken off in the middle and gone on with."""
    frames = []
    for number in range(1, bench.scale.frames + 1):
        frames.append(Frame(number, bench.folder / f"frame{number:04}.png"))
        write_picture(frames[-1].picture, made_picture(bench.scale.sequence, number))
    look = Look(((bench.style, 1.0),), bench.scale.settings)
    job = SequenceJob(
        Shot(tuple(frames), "made"),
        [look] * len(frames),
        AnimationSettings(motion="none", file_format="png8"),  # what else there is needs more libraries
        bench.folder / "whole",
        bench.machine(),
    )
    begun: dict[int, float] = {}
    before = start_peak(bench.device)
    watched, started = Watched(stylize_animation(job)), time.perf_counter()
    for progress in watched:
        begun.setdefault(progress.step, time.perf_counter())
    whole, seconds = watched.result.files, time.perf_counter() - started
    peak = memory(bench.device)["peak"] - before
    again = replace(job, folder=bench.folder / "resumed")
    broken = stylize_animation(again)
    while next(broken).step < len(frames) // 2:
        pass
    broken.close()
    resumed = finish(stylize_animation(again)).files
    yield {
        "frames": len(frames),
        "seconds": seconds,
        "first_frame_s": begun[1] - started,
        "later_frame_s": (seconds + started - begun[1]) / (len(frames) - 1),
        "peak_gib": peak / GIB,
        "resume_difference_255": max(
            difference(read_picture(one), read_picture(other))
            for one, other in zip(whole, resumed, strict=True)
        ),
        "bar": "difference at most 1",
    }


def training(bench: Bench) -> Iterator[dict]:
    """Iterations of training an instant style, on pictures that are made."""
    photos = [bench.folder / f"photo{number}.png" for number in range(8)]
    for number, path in enumerate(photos):
        write_picture(path, made_picture((640, 480), 3 * number))
    settings = bench.scale.training
    for precision in bench.precisions:
        job = TrainingJob(bench.style, photos, Settings(), settings)
        before, first, started = start_peak(bench.device), 0.0, time.perf_counter()
        loss = None
        for progress in train_network(job, bench.machine(precision)):
            first, loss = first or time.perf_counter(), progress.loss
        seconds = time.perf_counter() - first
        yield {
            "precision": precision,
            "iterations": settings.iterations,
            "first_s": first - started,
            "iterations_per_second": (settings.iterations - 1) / seconds,
            "loss": loss,
            "peak_gib": (memory(bench.device)["peak"] - before) / GIB,
        }


PARTS = {part.__name__: part for part in (stills, speed, instant, together, sequence, training)}


def start_peak(device: torch.device) -> int:
    """Bytes that are held now. A graphics card's peak counts from here, a process's since it began."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    return memory(device)["now"]


@contextmanager
def bench_on(device: torch.device, scale: Scale) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="pochade-bench-", ignore_cleanup_errors=True) as folder:
        yield Bench(device, scale, Path(folder))


def measure(parts: list[str], quick: bool, device: torch.device, record: Path) -> dict:
    """The figures of these parts, also in the file `record`, which is kept up to date."""
    scale = QUICK if quick else FULL
    figures: dict = {"device": describe(device), "quick": quick, "parts": {}, "memory": []}
    figures["training_settings"] = asdict(scale.training)
    record.parent.mkdir(parents=True, exist_ok=True)
    with bench_on(device, scale) as bench:
        for name in parts:
            log.info("Measuring: %s", name)
            before, found = start_peak(device), figures["parts"].setdefault(name, [])
            try:
                for row in PARTS[name](bench):
                    found.append(row)
                    record.write_text(json.dumps(figures, indent=2) + "\n")
            except (PochadeError, RuntimeError) as error:
                figures.setdefault("failed", {})[name] = str(error)
                log.exception("%s broke off", name)
            held = {"before_gib": before / GIB, "after_gib": start_peak(device) / GIB}
            figures["memory"].append({"part": name} | held)
            record.write_text(json.dumps(figures, indent=2) + "\n")
    return figures


def table(figures: dict) -> str:
    """The figures as Markdown."""
    found = [
        f"# Graphics card\n\nOn {figures['device']}."
        f"{' A quick run: the figures say nothing.' if figures['quick'] else ''}"
    ]
    for name, lines in (figures["parts"] | {"memory": figures["memory"]}).items():
        if lines:
            heads = "|".join(key.replace("_", " ") for key in lines[0])
            cells = [tuple("" if cell is None else cell for cell in line.values()) for line in lines]
            found.append(f"## {name.capitalize()}\n\n{rows(heads, cells)}")
    failed = [f"{name.capitalize()} broke off: {why}" for name, why in figures.get("failed", {}).items()]
    return "\n\n".join([*found, *failed]) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="build.py bench --gpu", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; without any, all")
    parser.add_argument("--gpu", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="tiny pictures: to see that it runs")
    parser.add_argument("--device", default="auto", help="cpu or cuda; without it, the fastest there is")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - PARTS.keys():
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    device = choose_device(Machine(arguments.device))
    figures = measure(arguments.parts or [*PARTS], arguments.quick, device, FOLDER / "gpu.json")
    log.info("\n%s", table(figures))
    if figures.get("failed"):
        sys.exit("build.py: not all could be measured")


if __name__ == "__main__":
    try:
        main()
    except PochadeError as error:
        sys.exit(f"build.py: {error}")
