"""What painting the frames of a sequence takes. Needs no PyTorch, for panels tell how long it will be."""

from collections.abc import Sequence

from ..compute.sizes import sized
from ..settings import AnimationSettings, Settings
from ..still.schedule import evaluated, later_schedule, schedule, work
from .steps import Step, steps_in_order
from .timing import Timetable

# Times that a frame which is painted anew is painted: its strokes change more in the first ones than in later
# ones, and the next frame would differ from it.
WARM_UP_REPEATS = 3


def repeats_of(step: Step, anew: bool, frames: int) -> int:
    """How many times the frame of a step is painted, in a shot of so many frames."""
    if frames == 1:
        return 1  # there is no next frame to differ from it
    return WARM_UP_REPEATS if anew else step.repeats


def workloads(
    settings: Settings, animation: AnimationSettings, steps: Sequence[Step], frames: int, shape: Sequence[int]
) -> list[float]:
    """The `work` of each step, in a shot of so many frames of `shape` (H, W)."""
    if settings.method != "optimised":
        return [0.0 if step.shows else work(settings, shape) for step in steps]
    settings = sized(settings, shape)
    aspect = max(shape[:2]) / min(shape[:2])

    def later(long_range: bool = False) -> float:
        levels = later_schedule(settings, aspect, animation.later_steps, long_range)
        return evaluated(levels, settings, shape)

    loads = []
    for step in steps:
        if step.shows or step.given:
            loads.append(0.0)
            continue
        anew = not step.pass_index and not any(group.distances for group in step.references)
        once = evaluated(schedule(settings, aspect), settings, shape) if anew else later(step.long_range)
        loads.append(once + later() * (repeats_of(step, anew, frames) - 1))
    return loads


def sequence_work(
    settings: Settings, animation: AnimationSettings, table: Timetable, shape: Sequence[int]
) -> float:
    """The `work` of a whole shot with this timetable, of frames of `shape` (H, W)."""
    steps = steps_in_order(table, animation)
    return sum(workloads(settings, animation, steps, len(table.shown), shape))
