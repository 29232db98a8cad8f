"""The settings of one picture."""

from dataclasses import dataclass
from typing import Any

from .fields import check, choice, name, number

_OPTIMISED = {"method": ("optimised",)}


def _layer(block: int, label: str, what: str) -> Any:
    """The weight of an encoder's style layer in its `block`, 1 to 5."""
    return number(
        1.0,
        (0.0, 4.0, 10.0),
        f"{block} {label}",
        f"{what}: weight of the encoder's layer {block}; 0 leaves it out",
        group="layers",
    )


@dataclass(frozen=True)
class _Main:
    """What is chosen first; the group "main"."""

    method: str = choice(
        "optimised",
        "Method",
        "How the picture is painted",
        {
            "optimised": (
                "Step by Step",
                "Improved step by step until it has the style: the best picture, in any style",
            ),
            "instant": (
                "Instant",
                "By a network that has learnt the style, in one pass: quick enough to play with",
            ),
        },
        group="main",
    )
    resolution: str = choice(
        "full",
        "Resolution",
        "How large the painting is",
        {
            "draft": ("Draft", "As large as Size says: quick, to try things out"),
            "full": ("Full", "As large as the source, with strokes of the size that the draft shows"),
        },
        group="main",
    )
    size: int = number(
        512,
        (64, 2048, 16384),
        "Size",
        "Longer side of the draft, in pixels; a full painting is drawn out from there",
        unit="PIXEL",
        group="main",
    )
    strength: float = number(
        1.0,
        (0.0, 1.0),
        "Strength",
        "How far the picture goes towards the style: 0 leaves it untouched, 1 is the full style",
        unit="FACTOR",
        group="main",
    )
    style_scale: float = number(
        1.0,
        (0.1, 3.0, 8.0),
        "Brush Size",
        "Size of the style's strokes and shapes compared with the painting, 1 is the style's own size",
        group="main",
        when=_OPTIMISED,
    )
    keep_colours: str = choice(
        "off",
        "Keep Colors",
        "Whose colors the painting has",
        {
            "off": ("Off", "The style's colors"),
            "match": (
                "Palette",
                "The source's colors: the style is recolored before painting, of a preset its picture",
            ),
            "luminance": (
                "Luminance Only",
                "The source's colors, each in its place: only light and dark are painted",
            ),
            "reverse": (
                "Reverse",
                "The style's colors, all the more: the source is recolored before painting",
            ),
        },
        group="main",
    )
    style_palette: str = choice(
        "own",
        "Style Colors",
        "Which colors the style has: its light and dark stay",
        {
            "own": ("Own", "As its picture has them"),
            "warm": ("Warm", "As painted with warm colors, ochres and reds"),
            "cool": ("Cool", "As painted with cool colors, blues and greens"),
            "one": ("One Color", "Tones of a single hue, that of the style's average color"),
        },
        group="main",
        when={"keep_colours": ("off", "reverse")},
    )


@dataclass(frozen=True)
class _Look:
    """What the painting looks like; the group "look"."""

    content_weight: float = number(
        0.08,
        (0.0, 2.0, 1000.0),
        "Content Weight",
        "How firmly the drawing of the source is kept: higher values keep more detail",
        group="look",
        when=_OPTIMISED,
    )
    detail: float = number(
        0.5,
        (0.0, 1.0),
        "Detail",
        "What of the source is kept: 0 the large shapes, 1 the fine detail",
        unit="FACTOR",
        group="look",
        when=_OPTIMISED,
    )
    smoothness: float = number(
        0.0,
        (0.0, 2.0, 1000.0),
        "Smoothness",
        "Weight of the total variation: higher values give calmer, flatter areas",
        group="look",
        when=_OPTIMISED,
    )
    colour_smoothness: float = number(
        4.0,
        (0.0, 20.0, 1000.0),
        "Smooth Colors",
        "Weight of the total variation of the colors alone: higher values leave less colored speckle",
        group="look",
        when=_OPTIMISED,
    )
    colour_match: str = choice(
        "transport",
        "Color Match",
        "How the palette of one picture is carried over to another",
        {
            "transport": ("Optimal Transport", "Colors move as little as they can: reds stay the reddest"),
            "symmetric": (
                "Image Analogies",
                "The published choice of Gatys et al. 2016: much the same, hues turn a little more",
            ),
            "cholesky": ("Cholesky", "Red is matched first, then green, then blue: hues turn the most"),
        },
        group="look",
        when={"keep_colours": ("off", "match", "reverse")},
    )
    start_colours: str = choice(
        "style",
        "Start Colors",
        "Whose colors the source has when painting begins",
        {
            "style": ("Style", "The style's palette: its light and dark lie where the source has its own"),
            "source": ("Source", "Its own: the painting keeps more of them"),
        },
        group="look",
        when={"loss": ("neighbours",), "method": ("instant",)},
    )
    start: str = choice(
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
    seed: int = number(
        0,
        (0, 2**31 - 1),
        "Seed",
        "Another seed gives another noise; the same seed the same picture",
        group="look",
        when=_OPTIMISED,
    )
    seamless: str = choice(
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
    finish_size: int = number(
        0,
        (0, 4096, 16384),
        "Finish Size",
        "Longer side of the finished picture, in pixels, in place of what Resolution says: the painting is "
        "enlarged and its strokes are drawn out at that size; 0 leaves it to Resolution",
        unit="PIXEL",
        group="look",
    )


@dataclass(frozen=True)
class _Comparison:
    """How painting and style are compared; the groups "method" and "layers"."""

    encoder: str = name(
        "compact", "Encoder", "The network in whose eyes painting and style are compared", group="method"
    )
    loss: str = choice(
        "neighbours",
        "Style Loss",
        "What is compared between the painting and the style",
        {
            "neighbours": (
                "Whole Strokes",
                "Each part approaches the nearest one of the style's picture: strokes come whole",
            ),
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
    pooling: str = choice(
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
    style_1: float = _layer(1, "Grain", "Color and grain")
    style_2: float = _layer(2, "Edges", "Edges and fine strokes")
    style_3: float = _layer(3, "Strokes", "Strokes and small patterns")
    style_4: float = _layer(4, "Patterns", "Larger patterns")
    style_5: float = _layer(5, "Shapes", "The style's large shapes")
    compared_sizes: int = number(
        2,
        (1, 4),
        "Compared Sizes",
        "Style is compared at this many sizes, each half the one before: more keep large shapes together",
        group="method",
    )


@dataclass(frozen=True)
class _Optimisation:
    """How the picture is optimised; the group "method"."""

    optimizer: str = choice(
        "lbfgs",
        "Optimizer",
        "How the picture is improved step by step",
        {
            "lbfgs": ("L-BFGS", "Quasi-Newton steps: the best picture in the least time"),
            "adam": ("Adam", "Gradient steps with momentum: less memory, wants more steps"),
        },
        group="method",
    )
    steps: int = number(
        50,
        (1, 500, 10000),
        "Steps",
        "Improvements at each of the sizes that are painted, from coarse to fine; above Size a third of them",
        group="method",
    )
    coarse_size: int = number(
        128,
        (32, 1024, 16384),
        "Coarsest Size",
        "Painting starts at this size and doubles up to Size; Size itself or more means a single scale",
        unit="PIXEL",
        group="method",
    )
    history: int = number(
        6,
        (1, 20, 100),
        "History",
        "Past steps that L-BFGS remembers; each costs twice the picture's memory",
        group="method",
        when={"optimizer": ("lbfgs",)},
    )
    learning_rate: float = number(
        0.02,
        (0.0001, 0.1, 1.0),
        "Learning Rate",
        "Length of Adam's steps, as a share of the range from black to white",
        group="method",
        when={"optimizer": ("adam",)},
    )


# Fields come in the order of the bases from the last to the first.
@dataclass(frozen=True)
class Settings(_Optimisation, _Comparison, _Look, _Main):
    """How one picture is painted. Sizes in px of the longer side; weights are relative, 0 is off."""

    def __post_init__(self) -> None:
        check(self)
