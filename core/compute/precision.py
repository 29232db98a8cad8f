"""The floating-point type that convolutions are computed in, by device."""

from contextlib import AbstractContextManager, nullcontext

import torch

from ..words import Sentence
from .machine import machine_in_use


def precision(device: torch.device) -> torch.dtype:
    """The type that convolutions are computed in; statistics are float32 everywhere.

    It is the choice of the machine in use; with "auto" 16 bits where the hardware computes them.
    """
    chosen = machine_in_use().precision
    if chosen == "auto":
        return best_precision(device)[0]
    if (
        chosen == "bfloat16"
        and device.type == "cuda"
        and not torch.cuda.is_bf16_supported(including_emulation=False)
    ):
        return torch.float16  # older cards only emulate the other half
    return getattr(torch, chosen)


def best_precision(device: torch.device) -> tuple[torch.dtype, str]:
    """The type that Automatic takes, and why: the end of a sentence that begins with the type's name.

    With bfloat16 L-BFGS reached the same loss as with float32 (0.118 and 0.121 at 160 px). Metal and Intel's
    cards have not been measured.
    """
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return (
            (torch.bfloat16, Sentence("because this graphics card computes it natively"))
            if native
            else (torch.float16, Sentence("because this graphics card does not compute bfloat16 natively"))
        )
    if device.type == "cpu":
        # Private in PyTorch. Processors without it emulate bfloat16, slower than float32.
        has_bfloat16 = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        return (
            (torch.bfloat16, Sentence("because this processor computes it natively"))
            if has_bfloat16()
            else (
                torch.float32,
                Sentence("because this processor would only emulate bfloat16, which is slower"),
            )
        )
    return torch.float32, Sentence("because half precision has not been measured on such a device yet")


def half_precision(device: torch.device) -> AbstractContextManager:
    """A context in which convolutions compute with the device's `precision`."""
    dtype = precision(device)
    return nullcontext() if dtype == torch.float32 else torch.autocast(device.type, dtype)
