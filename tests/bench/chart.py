"""The race as a picture: distances to style and source over the seconds of work, for each style."""

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .race import Point, Race

FINE = 3  # drawn so many times as large, and shrunk: Pillow's own lines have steps
WIDTH, STYLE, CONTENT = 440, 330, 170  # px: a panel's width, and its height for the style and for the content
TOP, LEFT, BETWEEN, BELOW = 126, 62, 28, 66  # px: above the panels, beside them, between them and below
TITLE = 720  # px that it takes
INK, GREY, LIGHT, PAPER, POCHADE = "#222222", "#6b6b6b", "#e9e7e3", "#8c8781", "#c8501e"
NAMES = {
    "pochade": ("Pochade's statistics", POCHADE),
    "paper": ("the paper's recipe, on the same encoder", PAPER),
}
Range = tuple[float, float]


class Pen:
    """Draws in px of the finished picture."""

    def __init__(self, width: int, height: int):
        self.size = width, height
        self.image = Image.new("RGB", (width * FINE, height * FINE), "white")
        self.draw = ImageDraw.Draw(self.image)

    def line(self, points: Sequence[tuple[float, float]], colour: str, width: float = 1.0) -> None:
        self.draw.line([(x * FINE, y * FINE) for x, y in points], colour, round(width * FINE), joint="curve")

    def dot(self, x: float, y: float, colour: str, radius: float = 6.0) -> None:
        box = [n * FINE for n in (x - radius, y - radius, x + radius, y + radius)]
        self.draw.ellipse(box, colour, "white", round(1.5 * FINE))

    def text(
        self, x: float, y: float, text: str, colour: str = GREY, size: int = 13, anchor: str = "mm"
    ) -> float:
        """Where the text ends; `anchor` is Pillow's."""
        font = ImageFont.load_default(size * FINE)
        self.draw.text(
            (x * FINE, y * FINE), text, colour, font, anchor, stroke_width=2 * FINE, stroke_fill="white"
        )
        return x + self.draw.textlength(text, font) / FINE

    def save(self, path: Path) -> None:
        self.image.resize(self.size, Image.Resampling.LANCZOS).save(path)


class Panel:
    """One of the points' distances over seconds, both axes logarithmic, upper left corner (left, top)."""

    def __init__(
        self,
        pen: Pen,
        left: float,
        top: float,
        height: float,
        distance: str,
        seconds: Range,
        distances: Range,
    ):
        self.pen, self.left, self.top, self.right, self.bottom = pen, left, top, left + WIDTH, top + height
        self.distance, self.seconds, self.distances = distance, seconds, distances

    def x(self, seconds: float) -> float:
        return self.left + (self.right - self.left) * share(seconds, *self.seconds)

    def y(self, distance: float) -> float:
        return self.bottom - (self.bottom - self.top) * share(distance, *self.distances)

    def grid(self, with_seconds: bool, with_distances: bool) -> None:
        """Lines at round numbers, and the numbers where they are wanted."""
        for value in ticks(*self.seconds):
            self.pen.line([(self.x(value), self.top), (self.x(value), self.bottom)], LIGHT)
            if with_seconds:
                self.pen.text(self.x(value), self.bottom + 16, f"{value:g}")
        for value in ticks(*self.distances):
            self.pen.line([(self.left, self.y(value)), (self.right, self.y(value))], LIGHT)
            if with_distances:
                self.pen.text(self.left - 10, self.y(value), f"{value:g}", anchor="rm")
        self.pen.line([(self.left, self.bottom), (self.right, self.bottom)], GREY)
        # The style's falls to the right, the source's rises.
        corner = self.top + 14 if self.distance == "style" else self.bottom - 14
        self.pen.text(self.right - 4, corner, f"distance to the {self.distance}", anchor="rm")

    def curves(self, race: Race) -> None:
        """Both paintings' lines, the target, and dots where each is first at or below both targets."""
        target = self.y(self.of(race.target))
        for x in range(round(self.left), round(self.right), 10):
            self.pen.line([(x, target), (x + 5, target)], GREY)
        for who in ("paper", "pochade"):
            points, (_, colour) = getattr(race, who), NAMES[who]
            self.pen.line([(self.x(p.seconds), self.y(self.of(p))) for p in points], colour, 2.4)
        for who in ("paper", "pochade"):
            if there := race.first(getattr(race, who)):
                x, y, colour = self.x(there.seconds), self.y(self.of(there)), NAMES[who][1]
                self.pen.dot(x, y, colour)
                if self.distance == "style" and who == "paper":
                    self.pen.text(min(x, self.right - 20), y - 18, f"{there.seconds:.3g} s", colour, 15)
                elif self.distance == "style":  # its line comes from above and leaves to the right
                    self.pen.text(x - 10, y + 17, f"{there.seconds:.3g} s", colour, 15, "rm")

    def of(self, point: Point) -> float:
        return point.style if self.distance == "style" else point.content


def share(value: float, low: float, high: float) -> float:
    """Where a value lies between low and high, 0 to 1, on a logarithmic scale."""
    return math.log(min(max(value, low), high) / low) / math.log(high / low)


def ticks(low: float, high: float) -> list[float]:
    """The numbers 1 and 3, times powers of ten, from low to high."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [
        value for power in powers for digit in (1, 3) if low <= (value := float(f"{digit}e{power}")) <= high
    ]


def draw_chart(races: Sequence[Race], size: int, path: Path) -> None:
    """Write the chart as a PNG."""
    points = [point for race in races for point in (*race.paper, *race.pochade)]

    def around(values: list[float]) -> Range:
        return 0.85 * min(values), 1.2 * max(values)

    seconds, styles, contents = (
        around([getattr(p, name) for p in points]) for name in ("seconds", "style", "content")
    )
    pen = Pen(LEFT + max(len(races) * (WIDTH + BETWEEN), TITLE), TOP + STYLE + BETWEEN + CONTENT + BELOW)
    pen.text(
        LEFT, 32, f"How soon a painting of {size} px is as good as the paper's recipe makes it", INK, 21, "lm"
    )
    x = LEFT
    for name, colour in NAMES.values():
        pen.line([(x, 64), (x + 26, 64)], colour, 3)
        x = pen.text(x + 34, 64, name, colour, 15, "lm") + 30
    for number, race in enumerate(races):
        left = LEFT + number * (WIDTH + BETWEEN)
        pen.text(left, TOP - 18, race.style, INK, 16, "lm")
        pen.text(
            left + WIDTH,
            TOP - 18,
            f"{race.speedup:.1f} times sooner" if race.speedup else "never there",
            POCHADE,
            16,
            "rm",
        )
        upper = Panel(pen, left, TOP, STYLE, "style", seconds, styles)
        lower = Panel(pen, left, TOP + STYLE + BETWEEN, CONTENT, "source", seconds, contents)
        for panel in (upper, lower):
            panel.grid(panel is lower, number == 0)
            panel.curves(race)
        pen.text(left + WIDTH / 2, lower.bottom + 42, "seconds of work")
    pen.save(path)
