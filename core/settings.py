"""Every setting of a painting, declared once: the panel, presets and the command line follow from here."""

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar, overload

from .errors import PochadeError


def _number(default: float, low: float, high: float, label: str, description: str, **more: Any) -> Any:
    """A float or int field: `high` is the hard limit, `soft` the slider's upper end; both ends included.
    `more` has its `group`, and may have `soft`, `unit` and `when`.
    """
    told = {"label": label, "description": description, "low": low, "high": high}
    return field(default=default, metadata=told | {"soft": high, "unit": "NONE", "when": None} | more)


def _layer(block: int, label: str, what: str) -> Any:
    """The weight of an encoder's style layer in its `block`, 1 to 5."""
    return _number(
        1.0,
        0.0,
        10.0,
        f"{block} {label}",
        f"{what}: weight of the encoder's layer {block}; 0 leaves it out",
        soft=4.0,
        group="layers",
    )


def _choice(default: str, label: str, description: str, choices: dict, **more: Any) -> Any:
    """A field with named values: `choices` maps a value to (label, description). `more` as for numbers."""
    told = {"label": label, "description": description, "choices": choices}
    return field(default=default, metadata=told | {"when": None} | more)


def _name(default: str, label: str, description: str, *, group: str) -> Any:
    """A text field: the name of one of several things that come and go with the user's files."""
    return field(
        default=default, metadata={"label": label, "description": description, "group": group, "when": None}
    )


_OPTIMISED = ("method", "optimised")


@dataclass(frozen=True)
class Settings:
    """How one picture is painted. Sizes in pixels of the longer side; weights are relative, 0 switches a term
    off.

    Metadata of each field: `label`, `description`, `group` ("main", "look", "method" or "layers"), `when`
    (another field and those of its values that this one matters for, or None), and either `choices`, or
    `low`, `high`, `soft` and `unit` ("PIXEL", "FACTOR" or "NONE"), or neither for a name.
    """

    method: str = _choice(
        "optimised",
        "Method",
        "How the picture is painted",
        {
            "optimised": (
                "Optimised",
                "Improved step by step until it has the style: the best picture, in any style",
            ),
            "instant": (
                "Instant",
                "By a network that has learnt the style, in one pass: quick enough to play with",
            ),
        },
        group="main",
    )
    size: int = _number(
        512,
        64,
        16384,
        "Size",
        "Length of the painting's longer side, in pixels",
        soft=2048,
        unit="PIXEL",
        group="main",
    )
    strength: float = _number(
        1.0,
        0.0,
        1.0,
        "Strength",
        "How far the picture goes towards the style: 0 leaves it untouched, 1 is the full style",
        unit="FACTOR",
        group="main",
    )
    style_scale: float = _number(
        1.0,
        0.1,
        8.0,
        "Brush Size",
        "Size of the style's strokes and shapes compared with the painting, 1 is the style's own size",
        soft=3.0,
        group="main",
        when=_OPTIMISED,
    )
    keep_colours: str = _choice(
        "off",
        "Keep Colours",
        "Whose colours the painting has",
        {
            "off": ("Off", "The style's colours"),
            "match": (
                "Palette",
                "The source's colours: the style is recoloured before painting, of a preset its picture",
            ),
            "luminance": (
                "Luminance Only",
                "The source's colours, each in its place: only light and dark are painted",
            ),
            "reverse": (
                "Reverse",
                "The style's colours, all the more: the source is recoloured before painting",
            ),
        },
        group="main",
    )

    content_weight: float = _number(
        0.08,
        0.0,
        1000.0,
        "Content Weight",
        "How firmly the drawing of the source is kept: higher values keep more detail",
        soft=2.0,
        group="look",
        when=_OPTIMISED,
    )
    detail: float = _number(
        0.5,
        0.0,
        1.0,
        "Detail",
        "What of the source is kept: 0 the large shapes, 1 the fine detail",
        unit="FACTOR",
        group="look",
        when=_OPTIMISED,
    )
    smoothness: float = _number(
        0.0,
        0.0,
        1000.0,
        "Smoothness",
        "Weight of the total variation: higher values give calmer, flatter areas",
        soft=2.0,
        group="look",
        when=_OPTIMISED,
    )
    colour_smoothness: float = _number(
        4.0,
        0.0,
        1000.0,
        "Smooth Colours",
        "Weight of the total variation of the colours alone: higher values leave less coloured speckle",
        soft=20.0,
        group="look",
        when=_OPTIMISED,
    )
    colour_match: str = _choice(
        "transport",
        "Colour Match",
        "How Keep Colours carries a palette over",
        {
            "transport": ("Optimal Transport", "Colours move as little as they can: reds stay the reddest"),
            "symmetric": (
                "Image Analogies",
                "The published choice of Gatys et al. 2016: much the same, hues turn a little more",
            ),
            "cholesky": ("Cholesky", "Red is matched first, then green, then blue: hues turn the most"),
        },
        group="look",
        when=("keep_colours", "match", "reverse"),
    )
    start: str = _choice(
        "content",
        "Start From",
        "The picture that painting starts from",
        {
            "content": ("Source", "The source picture: keeps the drawing, fastest"),
            "noise": ("Noise", "White noise: a freer picture, as in the paper; wants more steps"),
            "style": ("Style", "The style's picture: its shapes show through"),
            "instant": (
                "Instant Painting",
                "What a network that has learnt the style makes of the source: wants the fewest steps",
            ),
        },
        group="look",
        when=_OPTIMISED,
    )
    seed: int = _number(
        0,
        0,
        2**31 - 1,
        "Seed",
        "Another seed gives another noise; the same seed the same picture",
        group="look",
        when=_OPTIMISED,
    )
    seamless: str = _choice(
        "off",
        "Seamless",
        "Paint so that the picture's edges fit together",
        {
            "off": ("Off", "The picture ends at its edges"),
            "horizontal": ("Left and Right", "For panoramas: the left edge continues the right one"),
            "both": ("All Edges", "For textures that are laid side by side"),
        },
        group="look",
        when=_OPTIMISED,
    )
    finish_size: int = _number(
        0,
        0,
        16384,
        "Finish Size",
        "Longer side of the finished picture, in pixels: the painting is enlarged and its strokes are drawn "
        "out at that size; 0 leaves it at Size",
        soft=4096,
        unit="PIXEL",
        group="look",
    )

    encoder: str = _name(
        "compact", "Encoder", "The network in whose eyes painting and style are compared", group="method"
    )
    loss: str = _choice(
        "covariance",
        "Style Loss",
        "What is compared between the painting and the style",
        {
            "covariance": (
                "Mean and Covariance",
                "Palette and strokes balanced separately: richer styles, faster",
            ),
            "wasserstein": ("Wasserstein-2", "Distance of the features' distributions: calm, even strokes"),
            "gram": ("Gram Matrix", "The features' correlations, balanced between the layers"),
            "published": (
                "Gram, as Published",
                "To the letter of Gatys et al. 2015, with its weights: to compare with",
            ),
        },
        group="method",
    )
    pooling: str = _choice(
        "max",
        "Pooling",
        "How the encoder shrinks its features",
        {
            "max": ("Maximum", "What the encoders were trained with"),
            "average": ("Average", "Smoother, as Gatys et al. 2015 suggest; rescaled"),
            "l2": ("L2", "Between the two; rescaled"),
        },
        group="method",
    )
    style_1: float = _layer(1, "Grain", "Colour and grain")
    style_2: float = _layer(2, "Edges", "Edges and fine strokes")
    style_3: float = _layer(3, "Strokes", "Strokes and small patterns")
    style_4: float = _layer(4, "Patterns", "Larger patterns")
    style_5: float = _layer(5, "Shapes", "The style's large shapes")
    compared_sizes: int = _number(
        2,
        1,
        4,
        "Compared Sizes",
        "Style is compared at this many sizes, each half the one before: more keep large shapes together",
        group="method",
    )
    optimizer: str = _choice(
        "lbfgs",
        "Optimizer",
        "How the picture is improved step by step",
        {
            "lbfgs": ("L-BFGS", "Quasi-Newton steps: the best picture in the least time"),
            "adam": ("Adam", "Gradient steps with momentum: less memory, wants more steps"),
        },
        group="method",
    )
    steps: int = _number(
        50,
        1,
        10000,
        "Steps",
        "Improvements at each of the sizes that are painted, from coarse to fine",
        soft=500,
        group="method",
    )
    coarse_size: int = _number(
        128,
        32,
        16384,
        "Coarsest Size",
        "Painting starts at this size and doubles up to Size; Size itself or more means a single scale",
        soft=1024,
        unit="PIXEL",
        group="method",
    )
    history: int = _number(
        6,
        1,
        100,
        "History",
        "Past steps that L-BFGS remembers; each costs twice the picture's memory",
        soft=20,
        group="method",
        when=("optimizer", "lbfgs"),
    )
    learning_rate: float = _number(
        0.02,
        0.0001,
        1.0,
        "Learning Rate",
        "Length of Adam's steps, as a share of the range from black to white",
        soft=0.1,
        group="method",
        when=("optimizer", "adam"),
    )

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class AnimationSettings:
    """How a sequence is painted, beside each frame's own Settings. Metadata as there; the groups are "motion"
    and "output".
    """

    motion: str = _choice(
        "auto",
        "Motion",
        "Where it is known from how things move between two frames",
        {
            "auto": ("Automatic", "The render's Vector pass where there is one, else optical flow"),
            "dis": ("Optical Flow, DIS", "Estimated from the pictures, fast: for footage"),
            "raft": (
                "Optical Flow, RAFT",
                "Estimated from the pictures by a network: better and slower; its weights are a download",
            ),
            "none": ("None", "Nothing moves: for a still camera before a still scene"),
        },
        group="motion",
    )
    later_steps: int = _number(
        7,
        1,
        10000,
        "Later Steps",
        "Improvements of every frame after the first, at each of its sizes; it starts from the one before it",
        soft=200,
        group="motion",
    )
    temporal_weight: float = _number(
        30.0,
        0.0,
        100000.0,
        "Steadiness",
        "How firmly a frame keeps to the ones before it, moved along: higher values flicker less",
        soft=500.0,
        group="motion",
    )
    distances: str = _name(
        "1, 2, 4",
        "Look Back",
        "Frames that a frame is compared with, counted back from it: farther ones keep in mind what "
        "was hidden "
        "for a while",
        group="motion",
    )
    passes: int = _number(
        1,
        1,
        30,
        "Passes",
        "Times that the sequence is painted, forwards and backwards in turn: more are steadier where "
        "things come "
        "into sight, and take that much longer",
        soft=10,
        group="motion",
    )
    early_stop: float = _number(
        0.0,
        0.0,
        1.0,
        "Early Stop",
        "A later frame is done when its loss changes by less than this share in a step; 0 takes all steps",
        soft=0.01,
        group="motion",
    )
    file_format: str = _choice(
        "png16",
        "File Format",
        "How the painted frames are written",
        {
            "png8": ("PNG, 8 bit", "Small files that everything reads"),
            "png16": ("PNG, 16 bit", "Fine gradients for grading"),
            "exr": ("OpenEXR", "Linear light in floats, for compositing"),
        },
        group="output",
    )

    def __post_init__(self) -> None:
        _check(self)
        self.steps_back()

    def steps_back(self) -> tuple[int, ...]:
        """The distances as numbers, nearest first. Raises PochadeError for anything else."""
        try:
            numbers = sorted({int(word) for word in self.distances.replace(",", " ").split()})
        except ValueError:
            numbers = []
        if not numbers or not 1 <= numbers[0] <= numbers[-1] <= 1000:
            raise PochadeError(
                f"Look Back must be numbers of frames, such as 1, 2, 4, not {self.distances!r}"
            )
        return tuple(numbers)


@dataclass(frozen=True)
class FarmSettings:
    """How a shot is divided among the machines of a farm. Metadata as there; the group is "farm"."""

    chunk: int = _number(
        24,
        2,
        1000,
        "Chunk",
        "Frames that one machine paints in a task: more take longer, fewer are divided among more "
        "machines and paint more in all",
        soft=100,
        group="farm",
    )
    render_chunk: int = _number(
        8, 1, 1000, "Render Task", "Frames that one machine renders in a task", soft=100, group="farm"
    )

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class InstantSettings:
    """How a network learns a style, beside the Settings that say what a good painting is. Metadata as there;
    the groups are "main" and "training".
    """

    network: str = _choice(
        "slim",
        "Network",
        "The network that learns the style",
        {
            "slim": ("Slim", "Made for processors: quick to train and to paint with"),
            "published": ("As Published", "The larger one of Johnson et al. 2016, for graphics cards"),
        },
        group="main",
    )
    style_size: int = _number(
        512,
        64,
        4096,
        "Style Size",
        "Longer side at which the style's picture is looked at, in pixels: the network's strokes have that "
        "size in every picture",
        soft=1024,
        unit="PIXEL",
        group="training",
    )
    iterations: int = _number(
        2000,
        1,
        1000000,
        "Iterations",
        "Improvements of the network, each on one batch of photos",
        soft=40000,
        group="main",
    )
    crop: int = _number(
        256,
        64,
        1024,
        "Crop",
        "Side of the pieces of photos that it learns from, in pixels",
        soft=512,
        unit="PIXEL",
        group="training",
    )
    batch: int = _number(
        4, 1, 64, "Batch", "Pieces of photos for each improvement", soft=16, group="training"
    )
    learning_rate: float = _number(
        0.01,
        0.00001,
        1.0,
        "Learning Rate",
        "Length of the first steps; they get shorter until the last",
        soft=0.1,
        group="training",
    )
    steadiness: float = _number(
        10.0,
        0.0,
        100000.0,
        "Steadiness",
        "How much alike a picture has to be painted when it is noisy and has moved or grown a little: "
        "higher values flicker less in animations",
        soft=100.0,
        group="training",
    )
    noise: float = _number(
        0.02,
        0.0,
        1.0,
        "Noise",
        "Standard deviation of that noise, of the range from black to white",
        soft=0.1,
        group="training",
    )
    seed: int = _number(
        0,
        0,
        2**31 - 1,
        "Seed",
        "Another seed trains another network; the same seed the same one",
        group="training",
    )

    def __post_init__(self) -> None:
        _check(self)


# The Settings that a network learns by; with others it is painted with, and changing those begins no other
# training.
LEARNT = (
    "style_scale",
    "content_weight",
    "detail",
    "smoothness",
    "colour_smoothness",
    "loss",
    "pooling",
    "compared_sizes",
    *(f"style_{block}" for block in range(1, 6)),
)

AnySettings = TypeVar("AnySettings", Settings, AnimationSettings, FarmSettings, InstantSettings)


def _check(settings: Any) -> None:
    """Raise PochadeError where a value breaks its field's metadata, and give numbers the field's type."""
    for f in fields(settings):
        value, meta = getattr(settings, f.name), f.metadata
        if "choices" in meta:
            if value not in meta["choices"]:
                raise PochadeError(
                    f"{meta['label']} must be one of {', '.join(meta['choices'])}, not {value!r}"
                )
            continue
        if "low" not in meta:
            if not isinstance(value, str) or not value:
                raise PochadeError(f"{meta['label']} must be a name, not {value!r}")
            continue
        declared_type: Any = f.type
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or (f.type is int and value != int(value)) or not meta["low"] <= value <= meta["high"]:
            kind = "a whole number" if f.type is int else "a number"
            raise PochadeError(
                f"{meta['label']} must be {kind} from {meta['low']} to {meta['high']}, not {value!r}"
            )
        object.__setattr__(settings, f.name, declared_type(value))


@overload
def settings_from(values: dict[str, Any]) -> Settings: ...
@overload
def settings_from(values: dict[str, Any], base: AnySettings) -> AnySettings: ...
def settings_from(values: dict[str, Any], base: Any = Settings()) -> Any:
    """`base` with the named values, checked. Raises PochadeError for a name or a value that does not
    exist.
    """
    unknown = values.keys() - {f.name for f in fields(base)}
    if unknown:
        raise PochadeError(f"There is no setting named {', '.join(sorted(unknown))}")
    return replace(base, **values)


def parse_setting(text: str, kind: type = Settings) -> tuple[str, Any]:
    """`"name=value"` as typed on a command line, as a name and a value of the setting's type, of Settings or
    of another `kind`.
    """
    name, equals, value = text.partition("=")
    declared: dict[str, Any] = {f.name: f.type for f in fields(kind)}
    if not equals or name not in declared:
        raise PochadeError(f"{text!r} is no setting; write name=value with one of {', '.join(declared)}")
    try:
        return name, declared[name](value)
    except ValueError:
        raise PochadeError(f"{value!r} is no value for {name}") from None


def without_noise(values: dict[str, Any]) -> dict[str, Any]:
    """The values with floats rounded to 7 digits: Blender's are 32-bit, and 0.015 comes back as
    0.01499999966.
    """
    return {
        name: float(f"{value:.7g}") if isinstance(value, float) else value for name, value in values.items()
    }


def settings_to_json(settings: Settings) -> str:
    """The settings as JSON, without the noise of 32-bit floats."""
    return json.dumps(without_noise(asdict(settings)))
