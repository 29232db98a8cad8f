"""The benchmark's figures, as numbers and as tables."""

import platform
import statistics
from pathlib import Path

import torch

from core.compute.devices import describe_device

from .memory import SIZES
from .race import Point, Race
from .speed import Speed


def summary(
    races: list[Race], speed: Speed, memory: dict[str, dict[str, int]], overhead: list[float]
) -> dict:
    """What bench.json holds: first the answers, then what they come from; None was not measured."""
    return {
        "speedup_over_paper_recipe": statistics.median(race.speedup for race in races),
        "seconds_512": statistics.median(race.pochade[-1].seconds for race in races),
        "share_of_matmul_peak": speed.share,
        **{f"peak_gib_{name}": memory[name]["peak"] / 2**30 if name in memory else None for name in SIZES},
        "job_overhead_s": statistics.median(overhead),
        "races": [
            {
                "style": race.style,
                "speedup": race.speedup,
                "paper": ends(race, race.paper),
                "pochade": ends(race, race.pochade),
            }
            for race in races
        ],
        "speed": {
            "evaluations_per_second": speed.evaluations_per_second,
            "operations": speed.operations,
            "precision": speed.precision,
            "matmul_peak": speed.peak,
        },
        "memory": {
            name: {f"{key}_gib": value / 2**30 for key, value in figures.items()}
            for name, figures in memory.items()
        },
        "job_overhead_runs_s": overhead,
    }


def ends(race: Race, points: list[Point]) -> dict:
    """How a painting of the race went."""
    there, last = race.first(points), points[-1]
    return {
        "seconds_to_target": there.seconds if there else None,
        "seconds": last.seconds,
        "evaluations": len(points) - 1,
        "style_distance": last.style,
        "content_distance": last.content,
    }


def describe(device: torch.device) -> str:
    """The machine, for the table's head."""
    name = f"{describe_device(device)}, PyTorch {torch.__version__}"
    if device.type != "cpu":
        return name
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.processor(),
    )
    return f"{name}, {model}, {torch.get_num_threads()} threads"


def table(figures: dict) -> str:
    """The figures as Markdown."""
    size, speed = figures["size"], figures["speed"]
    races = [
        (race["style"], title, race[who], race["speedup"] if who == "pochade" else "")
        for race in figures["races"]
        for who, title in (("paper", "the paper's recipe"), ("pochade", "Pochade's, by statistics"))
    ]
    return f"""# Benchmark

On {figures["device"]}.{" A quick run: the figures are rough." if figures["quick"] else ""}

## Against the paper's recipe, at {size} px

{
        rows(
            "Style|Painted by|Seconds to target|Seconds in all|Evaluations|Style distance|Content distance"
            "|Times sooner",
            [
                (
                    style,
                    title,
                    end["seconds_to_target"],
                    end["seconds"],
                    end["evaluations"],
                    end["style_distance"],
                    end["content_distance"],
                    speedup,
                )
                for style, title, end, speedup in races
            ],
        )
    }

Pochade is {
        figures[
            "speedup_over_paper_recipe"
        ]:.1f} times sooner, the median of the styles. The target is what the recipe ends with: its
distance to the style, at no higher distance to the source; both measured afterwards, for both alike.

## Whole strokes

The share of the way from the source to the style that a painting has come: in its patches, and in its
statistics; and how far it is from the source.

{
        rows(
            "Style|Painted by|Strokes|Style|Content",
            [
                (style, title, found["strokes"], found["style"], found["content"])
                for style, paintings in figures["whole_strokes"].items()
                for title, found in paintings.items()
            ],
        )
    }

## An evaluation

{speed["evaluations_per_second"]:.2f} a second at {size} px with {
        speed["operations"] / 1e9:.1f} GFLOP of convolutions each,
{figures["share_of_matmul_peak"]:.0%} of what a matrix product reaches in {speed["precision"]}:
{", ".join(f"{name} {peak / 1e9:.0f} GFLOP/s" for name, peak in speed["matmul_peak"].items())}.

## Memory

{
        rows(
            "Size|Peak in GiB|of it the painting|as estimated|error of the estimate",
            [
                (
                    name,
                    row["peak_gib"],
                    row["painting_gib"],
                    row["estimate_gib"],
                    f"{row['estimate_gib'] / row['painting_gib'] - 1:+.0%}",
                )
                for name, row in figures["memory"].items()
            ],
        )
    }

## A job in Blender

{figures["job_overhead_s"]:.2f} s beyond the engine's own time, the median of {
        len(figures["job_overhead_runs_s"])
    }.
"""


def rows(heads: str, cells: list[tuple]) -> str:
    """A table in Markdown; numbers with three digits, None where something was never reached."""

    def text(value) -> str:
        return "never" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)

    lines = [heads.split("|"), ["---"] * (heads.count("|") + 1), *(map(text, row) for row in cells)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
