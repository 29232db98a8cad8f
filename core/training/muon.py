"""Muon (Jordan et al. 2024): steps along orthogonalised momentum.

So all directions of a kernel are trained alike.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

MOMENTUM = 0.95
ITERATIONS = 5  # of Newton and Schulz
# Coefficients of their polynomial, which drives singular values, small ones first, to about 0.7 to 1.2.
QUINTIC = 3.4445, -4.7750, 2.0315
ADAM_RATE = 0.3  # of the learning rate
BETAS, EPSILON = (0.9, 0.999), 1e-8


class Muon(torch.optim.Optimizer):
    """Muon for convolutions' kernels, a row for each output channel; Adam (Kingma & Ba 2015) for the rest.

    PyTorch has a Muon from 2.9 on, for matrices only.
    """

    def __init__(self, parameters: Iterable[Tensor], lr: float):
        super().__init__(parameters, {"lr": lr})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]  # takes no closure
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.dim() == 4:
                    parameter.sub_(self._orthogonal(parameter), alpha=group["lr"])
                else:
                    parameter.sub_(self._adaptive(parameter), alpha=ADAM_RATE * group["lr"])

    def _orthogonal(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        state["momentum"].mul_(MOMENTUM).add_(parameter.grad)
        ahead = parameter.grad + MOMENTUM * state["momentum"]  # Nesterov's
        rows = orthogonal(ahead.flatten(1))
        return rows.reshape(parameter.shape) * max(1.0, rows.shape[0] / rows.shape[1]) ** 0.5

    def _adaptive(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if not state:
            state |= {
                "mean": torch.zeros_like(parameter),
                "square": torch.zeros_like(parameter),
                "count": torch.zeros((), device=parameter.device),
            }
        gradient: Any = parameter.grad
        state["count"] += 1
        state["mean"].lerp_(gradient, 1 - BETAS[0])
        state["square"].lerp_(gradient.square(), 1 - BETAS[1])
        mean, square = (
            state[name] / (1 - beta ** state["count"])
            for name, beta in zip(("mean", "square"), BETAS, strict=True)
        )
        return mean / (square.sqrt() + EPSILON)


def orthogonal(matrix: Tensor) -> Tensor:
    """Nearly the nearest matrix (N, M) whose rows are orthonormal; its columns where those are fewer.

    It is computed by Newton and Schulz's iteration, a polynomial of the matrix: a decomposition would make
    the processor wait for a GPU.
    """
    if matrix.shape[0] > matrix.shape[1]:
        return orthogonal(matrix.T).T
    x = matrix / (matrix.norm() + 1e-7)  # no singular value above 1
    a, b, c = QUINTIC
    for _ in range(ITERATIONS):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x
