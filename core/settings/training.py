"""The settings of training an instant style."""

from dataclasses import dataclass

from .fields import check, choice, number


@dataclass(frozen=True)
class InstantSettings:
    """How a network is trained, beside the Settings of a good painting. Groups: "main" and "training"."""

    network: str = choice(
        "slim",
        "Network",
        "The network that learns the style",
        {
            "slim": ("Slim", "Made for processors: quick to train and to paint with"),
            "published": ("As Published", "The larger one of Johnson et al. 2016, for graphics cards"),
        },
        group="main",
    )
    begin_with: str = choice(
        "start",
        "Begin With",
        "What the network knows before it learns the style",
        {
            "start": ("Learnt Start", "A network that any style is soon learnt from; for Network Slim"),
            "random": ("Nothing", "Random weights, as in Johnson et al. 2016"),
        },
        group="training",
    )
    style_size: int = number(
        512,
        (64, 1024, 4096),
        "Style Size",
        "Longer side at which the style's picture is looked at, in pixels: the network's strokes have that "
        "size in every picture",
        unit="PIXEL",
        group="training",
    )
    iterations: int = number(
        2000,
        (1, 40000, 1000000),
        "Iterations",
        "Improvements of the network, each on one batch of photos",
        group="main",
    )
    crop: int = number(
        256,
        (64, 512, 1024),
        "Crop",
        "Side of the pieces of photos that it learns from, in pixels",
        unit="PIXEL",
        group="training",
    )
    batch: int = number(4, (1, 16, 64), "Batch", "Pieces of photos for each improvement", group="training")
    learning_rate: float = number(
        0.01,
        (0.00001, 0.1, 1.0),
        "Learning Rate",
        "Length of the first steps; they get shorter until the last",
        group="training",
    )
    steadiness: float = number(
        10.0,
        (0.0, 100.0, 100000.0),
        "Steadiness",
        "How much alike a picture has to be painted when it is noisy and has moved or grown a little: "
        "higher values flicker less in animations",
        group="training",
    )
    noise: float = number(
        0.02,
        (0.0, 0.1, 1.0),
        "Noise",
        "Standard deviation of that noise, of the range from black to white",
        group="training",
    )
    seed: int = number(
        0,
        (0, 2**31 - 1),
        "Seed",
        "Another seed trains another network; the same seed the same one",
        group="training",
    )

    def __post_init__(self) -> None:
        check(self)


# The Settings that a network is trained with; to change others begins no other training.
TRAINED_WITH = (
    "style_scale",
    "content_weight",
    "detail",
    "smoothness",
    "colour_smoothness",
    "loss",
    "start_colours",
    "colour_match",
    "pooling",
    "compared_sizes",
    *(f"style_{block}" for block in range(1, 6)),
)
