"""The race as a picture: distance to the style over the seconds of work, a panel for each style."""

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .race import Point, Race

FINE = 3  # drawn so many times as large, and shrunk: Pillow's own lines have steps
PANEL, HEIGHT, TOP, BOTTOM, SIDE, GAP = 470, 360, 112, 74, 66, 30  # px: a panel's width and height, and what is around the panels
INK, GREY, LIGHT, PAPER, POCHADE = "#222222", "#6b6b6b", "#e6e4e0", "#8c8781", "#c8501e"
Range = tuple[float, float]


class Panel:
    """One style's chart, both axes logarithmic, with its upper left corner at (left, top)."""

    def __init__(self, draw: ImageDraw.ImageDraw, left: int, top: int, seconds: Range, distances: Range):
        self.draw, self.left, self.top = draw, left, top
        self.seconds, self.distances = seconds, distances

    def place(self, seconds: float, distance: float) -> tuple[float, float]:
        def share(value: float, low: float, high: float) -> float:
            return math.log(min(max(value, low), high) / low) / math.log(high / low)
        return self.left + PANEL * share(seconds, *self.seconds), self.top + HEIGHT * (1 - share(distance, *self.distances))

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 1.0) -> None:
        self.draw.line([(x * FINE, y * FINE) for x, y in points], colour, round(width * FINE), joint="curve")

    def text(self, x: float, y: float, text: str, colour: str = GREY, size: int = 13, anchor: str = "mm") -> None:
        self.draw.text((x * FINE, y * FINE), text, colour, ImageFont.load_default(size * FINE), anchor)

    def grid(self, first: bool) -> None:
        """Lines at round numbers; the distances stand at the first panel alone."""
        bottom, right = self.top + HEIGHT, self.left + PANEL
        for value in ticks(*self.seconds):
            x, _ = self.place(value, self.distances[0])
            self.line([(x, self.top), (x, bottom)], LIGHT)
            self.text(x, bottom + 16, f"{value:g}")
        for value in ticks(*self.distances):
            _, y = self.place(self.seconds[0], value)
            self.line([(self.left, y), (right, y)], LIGHT)
            if first:
                self.text(self.left - 10, y, f"{value:g}", anchor="rm")
        self.line([(self.left, bottom), (right, bottom)], GREY)

    def curve(self, points: Sequence[Point], colour: str) -> None:
        self.line([self.place(p.seconds, p.style) for p in points], colour, 2.5)

    def goal(self, seconds: float | None, target: Point, colour: str) -> None:
        """A dot where the target is first reached, and when that was."""
        if seconds is None:
            return
        x, y = self.place(seconds, target.style)
        self.draw.ellipse([(n - r) * FINE for n, r in ((x, 6), (y, 6))] + [(n + r) * FINE for n, r in ((x, 6), (y, 6))],
                          colour, "white", round(1.5 * FINE))
        near_edge = x > self.left + PANEL - 40
        self.text(min(x, self.left + PANEL) + (6 if near_edge else 0), y - 18, f"{seconds:.3g} s", colour, 15, "rm" if near_edge else "mm")

    def target(self, distance: float) -> None:
        _, y = self.place(self.seconds[0], distance)
        for x in range(self.left, self.left + PANEL, 10):
            self.line([(x, y), (x + 5, y)], GREY)
        self.text(self.left + 8, y + 12, "target", anchor="lm")


def ticks(low: float, high: float) -> list[float]:
    """The numbers 1 and 3, times powers of ten, from low to high."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [value for power in powers for digit in (1, 3) if low <= (value := float(f"{digit}e{power}")) <= high]


def draw_chart(races: Sequence[Race], size: int, path: Path) -> None:
    """Write the chart as a PNG."""
    points = [point for race in races for point in (*race.paper, *race.pochade)]
    seconds = (0.8 * min(p.seconds for p in points), 1.25 * max(p.seconds for p in points))
    distances = (0.8 * min(p.style for p in points), 1.2 * max(p.style for p in points))
    width = 2 * SIDE + len(races) * PANEL + (len(races) - 1) * GAP
    chart = Image.new("RGB", (width * FINE, (TOP + HEIGHT + BOTTOM) * FINE), "white")
    draw = ImageDraw.Draw(chart)
    for number, race in enumerate(races):
        panel = Panel(draw, SIDE + number * (PANEL + GAP), TOP, seconds, distances)
        panel.grid(first=number == 0)
        panel.text(panel.left, TOP - 18, race.style, INK, 16, "lm")
        panel.text(panel.left + PANEL, TOP - 18, f"{race.speedup:.1f} times sooner" if race.speedup else "not reached", POCHADE, 16, "rm")
        panel.target(race.target.style)
        panel.curve(race.paper, PAPER)
        panel.curve(race.pochade, POCHADE)
        panel.goal(race.seconds(race.paper), race.target, PAPER)
        panel.goal(race.seconds(race.pochade), race.target, POCHADE)
        panel.text(panel.left + PANEL / 2, TOP + HEIGHT + 44, "seconds of work")
        if number == 0:
            heading(panel, size)
    chart.resize((width, TOP + HEIGHT + BOTTOM), Image.Resampling.LANCZOS).save(path)


def heading(panel: Panel, size: int) -> None:
    """The title, and which line is whose."""
    panel.text(panel.left, 30, f"Distance to the style while painting at {size} px", INK, 21, "lm")
    x = panel.left
    for name, colour in (("Pochade's default", POCHADE), ("the paper's recipe, same encoder", PAPER)):
        panel.line([(x, 62), (x + 26, 62)], colour, 3)
        panel.text(x + 34, 62, name, colour, 15, "lm")
        x += 34 + panel.draw.textlength(name, ImageFont.load_default(15 * FINE)) / FINE + 30
