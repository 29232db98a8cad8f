"""Every setting of a painting, declared once: the panel, presets and the command line follow from here."""

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from .errors import PochadeError


def _number(default, low, high, label, description, *, group, soft=None, unit="NONE", when=None):
    """A float or int field: `soft` is the slider's upper end, `high` the hard limit; both ends included."""
    return field(default=default, metadata={
        "label": label, "description": description, "low": low, "high": high, "soft": high if soft is None else soft,
        "unit": unit, "group": group, "when": when})


def _choice(default, label, description, choices, *, group):
    """A field with named values: `choices` maps a value to (label, description)."""
    return field(default=default, metadata={
        "label": label, "description": description, "choices": choices, "group": group, "when": None})


def _name(default, label, description, *, group):
    """A text field: the name of one of several things that come and go with the user's files."""
    return field(default=default, metadata={"label": label, "description": description, "group": group, "when": None})


@dataclass(frozen=True)
class Settings:
    """How one picture is painted. Sizes in pixels of the longer side; weights are relative, 0 switches a term off.

    Metadata of each field: `label`, `description`, `group` ("main", "look" or "method"), `when` (another field and
    the value of it that this one matters for, or None), and either `choices`, or `low`, `high`, `soft` and `unit`
    ("PIXEL", "FACTOR" or "NONE"), or neither for a name.
    """

    size: int = _number(
        512, 64, 16384, "Size", "Length of the painting's longer side, in pixels", soft=2048, unit="PIXEL", group="main")
    strength: float = _number(
        1.0, 0.0, 1.0, "Strength", "How far the picture goes towards the style: 0 leaves it untouched, 1 is the full style",
        unit="FACTOR", group="main")
    style_scale: float = _number(
        1.0, 0.1, 8.0, "Brush Size", "Size of the style's strokes and shapes compared with the painting, 1 is the style's own size",
        soft=3.0, group="main")

    content_weight: float = _number(
        0.08, 0.0, 1000.0, "Content Weight", "How firmly the drawing of the source is kept: higher values keep more detail",
        soft=2.0, group="look")
    smoothness: float = _number(
        0.0, 0.0, 1000.0, "Smoothness", "Weight of the total variation: higher values give calmer, flatter areas",
        soft=2.0, group="look")
    colour_smoothness: float = _number(
        4.0, 0.0, 1000.0, "Colour Smoothness",
        "Weight of the total variation of the colours alone: higher values leave less coloured speckle", soft=20.0, group="look")
    start: str = _choice("content", "Start From", "The picture that painting starts from", {
        "content": ("Source", "The source picture: keeps the drawing, fastest"),
        "noise": ("Noise", "White noise: a freer picture, as in the paper; wants more steps"),
        "style": ("Style", "The style's picture: its shapes show through")}, group="look")
    seed: int = _number(0, 0, 2**31 - 1, "Seed", "Another seed gives another noise; the same seed the same picture", group="look")

    encoder: str = _name("compact", "Encoder", "The network in whose eyes painting and style are compared", group="method")
    loss: str = _choice("covariance", "Style Loss", "What is compared between the painting and the style", {
        "covariance": ("Mean and Covariance", "Palette and strokes balanced separately: richer styles, faster"),
        "gram": ("Gram Matrix", "As published by Gatys et al. 2015")}, group="method")
    optimizer: str = _choice("lbfgs", "Optimizer", "How the picture is improved step by step", {
        "lbfgs": ("L-BFGS", "Quasi-Newton steps: the best picture in the least time"),
        "adam": ("Adam", "Gradient steps with momentum: less memory, wants more steps")}, group="method")
    steps: int = _number(
        50, 1, 10000, "Steps", "Improvements at full size; coarser sizes get more, for they cost less", soft=500, group="method")
    coarse_size: int = _number(
        128, 32, 16384, "Coarsest Size", "Painting starts at this size and doubles up to Size; Size itself or more means a single scale",
        soft=1024, unit="PIXEL", group="method")
    history: int = _number(
        10, 1, 100, "History", "Past steps that L-BFGS remembers; each costs twice the picture's memory", soft=20, group="method",
        when=("optimizer", "lbfgs"))
    learning_rate: float = _number(
        0.02, 0.0001, 1.0, "Learning Rate", "Length of Adam's steps, as a share of the range from black to white",
        soft=0.1, group="method", when=("optimizer", "adam"))

    def __post_init__(self):
        for f in fields(self):
            value, meta = getattr(self, f.name), f.metadata
            if "choices" in meta:
                if value not in meta["choices"]:
                    raise PochadeError(f"{meta['label']} must be one of {', '.join(meta['choices'])}, not {value!r}")
                continue
            if "low" not in meta:
                if not isinstance(value, str) or not value:
                    raise PochadeError(f"{meta['label']} must be a name, not {value!r}")
                continue
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not number or (f.type is int and value != int(value)) or not meta["low"] <= value <= meta["high"]:
                kind = "a whole number" if f.type is int else "a number"
                raise PochadeError(f"{meta['label']} must be {kind} from {meta['low']} to {meta['high']}, not {value!r}")
            object.__setattr__(self, f.name, f.type(value))


def settings_from(values: dict[str, Any], base: Settings = Settings()) -> Settings:
    """`base` with the named values, checked. Raises PochadeError for a name or a value that does not exist."""
    unknown = values.keys() - {f.name for f in fields(Settings)}
    if unknown:
        raise PochadeError(f"There is no setting named {', '.join(sorted(unknown))}")
    return replace(base, **values)


def parse_setting(text: str) -> tuple[str, Any]:
    """`"name=value"` as typed on a command line, as a name and a value of the setting's type."""
    name, equals, value = text.partition("=")
    declared = {f.name: f.type for f in fields(Settings)}
    if not equals or name not in declared:
        raise PochadeError(f"{text!r} is no setting; write name=value with one of {', '.join(declared)}")
    try:
        return name, declared[name](value)
    except ValueError:
        raise PochadeError(f"{value!r} is no value for {name}") from None


def without_noise(values: dict[str, Any]) -> dict[str, Any]:
    """The values with floats rounded to 7 digits: Blender's are 32-bit, and 0.015 comes back as 0.01499999966."""
    return {name: float(f"{value:.7g}") if isinstance(value, float) else value for name, value in values.items()}


def settings_to_json(settings: Settings) -> str:
    """The settings as JSON, without the noise of 32-bit floats."""
    return json.dumps(without_noise(asdict(settings)))
