"""Minimising the objective of one size, by L-BFGS or Adam."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from ..errors import PochadeError
from ..progress import Watched
from ..settings import Settings
from ..style.neighbours import Field
from .lbfgs import LBFGS
from .objective import Objective

# Of the loss before: a step above it has overshot. More than 1, for losses often rise a little, then fall.
SUFFICIENT_DECREASE = 1.25
MATCHES = 3  # times a size that nearest neighbours are found,
LEAST_BETWEEN = 5  # and evaluations between two of those at least


def minimise(
    objective: Objective,
    picture: Tensor,
    count: int,
    settings: Settings,
    part: Tensor | None = None,
    early_stop: float = 0.0,
    coarser: Field | None = None,
) -> Iterator[tuple[Tensor, float | None]]:
    """Minimise the loss of `picture` (1, 3, h, w) in `count` evaluations of the objective.

    Yields the picture (1, 3, h, w) after each evaluation with the newest loss that is known; within an
    evaluation, after each tile, with None. Where `part` (1, 1, h, w) is 0 the picture stays as it is. It ends
    sooner where the loss changes by less than the share `early_stop`. Raises PochadeError if it diverges.
    """
    picture = picture.detach().clone(memory_format=torch.contiguous_format)
    scale = picture.numel()  # keeps the gradient's entries near one, far from float32's small end
    if settings.optimizer == "lbfgs":
        memory = LBFGS(scale, min(settings.history, count), picture.device)
    else:
        adam = torch.optim.Adam([picture], lr=settings.learning_rate)
    every = 1 if picture.device.type == "cpu" else 10  # reading a loss makes the processor wait for a GPU
    previous, known = math.inf, 0.0
    base = None  # the loss where the last step began
    # The neighbours of a later frame are found once: it is painted already.
    matched_for = count if early_stop else max(math.ceil(count / MATCHES), LEAST_BETWEEN)
    for number in range(1, count + 1):
        if settings.loss == "neighbours" and (number - 1) % matched_for == 0:
            for _ in objective.match(picture, coarser):
                if objective.tile:
                    yield picture, None
            if settings.optimizer == "lbfgs":
                memory.restart()
                base = None
        evaluation = Watched(objective.evaluate(picture))
        for _ in evaluation:
            if objective.tile:
                yield picture, None
        loss, gradient = evaluation.result
        gradient *= scale if part is None else scale * (part > 0)
        if settings.optimizer == "lbfgs":
            overshoot = None if base is None else ~(loss <= SUFFICIENT_DECREASE * base)
            base = loss if base is None or overshoot is None else torch.where(overshoot, base, loss)
            picture += memory.direction(gradient.flatten(), overshoot).view_as(picture)
        else:
            picture.grad = gradient
            adam.step()
        if number % every == 0 or number == count:
            known = loss.item()
            if not math.isfinite(known):
                raise PochadeError(
                    "The painting ran out of bounds; lower Content Weight, Smoothness or Learning Rate"
                )
        yield picture, known
        if number % every == 0:
            if abs(previous - known) < early_stop * every * known:
                return
            previous = known
