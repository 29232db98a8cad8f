"""The settings of a sequence, and of its way through a render farm."""

from dataclasses import dataclass

from ..errors import PochadeError
from .fields import check, choice, name, number, switch


@dataclass(frozen=True)
class AnimationSettings:
    """How a sequence is painted, beside each frame's own Settings. The groups are "motion" and "output"."""

    motion: str = choice(
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
    later_steps: int = number(
        7,
        (1, 200, 10000),
        "Later Steps",
        "Improvements of every frame after the first, and more at its smaller sizes; it starts from the one "
        "before it",
        group="motion",
    )
    temporal_weight: float = number(
        30.0,
        (0.0, 500.0, 100000.0),
        "Steadiness",
        "How firmly a frame keeps to the ones before it, moved along: higher values flicker less",
        group="motion",
    )
    distances: str = name(
        "1, 2, 4",
        "Look Back",
        "Frames that a frame is compared with, counted back from it: farther ones keep in mind what was "
        "hidden for a while",
        group="motion",
    )
    passes: int = number(
        1,
        (1, 10, 30),
        "Passes",
        "Times that the sequence is painted, forwards and backwards in turn: more are steadier where things "
        "come into sight, and take that much longer",
        group="motion",
    )
    early_stop: float = number(
        0.0,
        (0.0, 0.01, 1.0),
        "Early Stop",
        "A later frame is done when its loss changes by less than this share in a step; 0 takes all steps",
        group="motion",
    )
    file_format: str = choice(
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
    motion_blur: bool = switch(
        "Motion Blur",
        "Blur the painted frames as things move, with the scene's shutter; each is painted from a sharp one",
        group="output",
    )

    def __post_init__(self) -> None:
        check(self)
        self.steps_back()

    def steps_back(self) -> tuple[int, ...]:
        """The distances as numbers, nearest first. Raises PochadeError for anything else."""
        try:
            numbers = sorted({int(word) for word in self.distances.replace(",", " ").split()})
        except ValueError:
            numbers = []
        if not numbers or not 1 <= numbers[0] <= numbers[-1] <= 1000:
            raise PochadeError(
                "Look Back must be numbers of frames, such as 1, 2, 4, not {distances!r}",
                distances=self.distances,
            )
        return tuple(numbers)


@dataclass(frozen=True)
class TimingSettings:
    """How drawing follows drawing, as in an animation made by hand; it may change from frame to frame. The
    group is "timing".
    """

    hold: int = number(
        1,
        (1, 4),
        "Hold",
        "Frames that each drawing is shown for: 2 paints on twos, as animators do, in half the time",
        group="timing",
    )
    held: str = choice(
        "still",
        "Held Drawings",
        "What becomes of a drawing while it is held",
        {
            "still": ("Stand Still", "It is shown as it is"),
            "camera": (
                "Follow Camera",
                "The camera's motion goes on and moves it, while things in it stand still: nothing judders "
                "before a moving camera. For frames that Pochade renders",
            ),
        },
        group="timing",
    )
    boil: float = number(
        0.0,
        (0.0, 1.0),
        "Boil",
        "How much the strokes change from drawing to drawing, as if each were painted by hand anew: 0 keeps "
        "them, 1 changes them most",
        group="timing",
        unit="FACTOR",
    )

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class FarmSettings:
    """How a shot is divided among the machines of a farm. The group is "farm"."""

    chunk: int = number(
        24,
        (2, 100, 1000),
        "Chunk",
        "Frames that one machine paints in a task: more take longer, fewer are divided among more "
        "machines and paint more in all",
        group="farm",
    )
    render_chunk: int = number(
        8, (1, 100, 1000), "Render Task", "Frames that one machine renders in a task", group="farm"
    )

    def __post_init__(self) -> None:
        check(self)
