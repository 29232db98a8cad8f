"""How much of what the device can do an evaluation of the objective gets."""

import math
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
import torch

from core.compute.precision import precision
from core.compute.sizes import fit
from core.compute.tensors import resize, to_tensor
from core.encoders.network import Encoder, compact_encoder
from core.progress import finish
from core.settings import Settings
from core.still.objective import Objective
from core.style.areas import Area
from core.style.styles import Style

MATRIX = {"cpu": 2048, "cuda": 8192, "mps": 4096}  # rows and columns that keep the device at its peak


@dataclass(frozen=True)
class Speed:
    """`operations`: floating-point, of an evaluation's convolutions; `peak`: a second's, of a matmul."""

    evaluations_per_second: float
    operations: float
    peak: dict[str, float]
    precision: str

    @property
    def share(self) -> float:
        return self.evaluations_per_second * self.operations / self.peak[self.precision]


def measure_speed(
    source: np.ndarray, style: Style, settings: Settings, device: torch.device, patience: float = 2.0
) -> Speed:
    """Of the last and largest size that these settings paint; each is measured for `patience` seconds."""
    encoder = compact_encoder().to(device)
    picture = resize(to_tensor(source, device), *fit(*source.shape[:2], settings.size))
    objective = Objective(picture, [Area(None, ((style, 1.0),))], settings.size, settings, encoder)
    used = str(precision(device)).removeprefix("torch.")
    peak = {name: matrix_product(getattr(torch, name), device, patience) for name in ("float32", used)}
    finish(objective.match(picture))
    operations = count_operations(encoder, lambda: finish(objective.evaluate(picture)))
    return Speed(
        1 / seconds_of(lambda: finish(objective.evaluate(picture)), device, patience), operations, peak, used
    )


def count_operations(encoder: Encoder, evaluate: Callable) -> float:
    """Of the convolutions, forward and, as many again, backward; multiply and add are two."""
    total = 0

    def count(convolution, _inputs, output):
        nonlocal total
        total += 2 * output.numel() * math.prod(convolution.weight.shape[1:])

    with ExitStack() as hooks:
        for convolution in encoder.convolutions.values():
            hooks.enter_context(convolution.register_forward_hook(count))
        evaluate()
    return 2 * total


def matrix_product(dtype: torch.dtype, device: torch.device, patience: float) -> float:
    """Floating-point operations a second of a large matrix product."""
    side = MATRIX[device.type]
    a, b = (torch.rand(side, side, device=device).to(dtype) for _ in range(2))
    return 2 * side**3 / seconds_of(lambda: torch.mm(a, b), device, patience)


def seconds_of(work: Callable, device: torch.device, patience: float) -> float:
    """What one call of `work` takes: the shortest within the time, least disturbed by other programs."""
    taken, end = [], time.perf_counter() + patience
    while len(taken) < 3 or time.perf_counter() < end:
        synchronize(device)
        started = time.perf_counter()
        work()
        synchronize(device)
        taken.append(time.perf_counter() - started)
    return min(taken)


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type != "cpu":
        getattr(torch, device.type).synchronize()
