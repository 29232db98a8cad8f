"""L-BFGS for one large picture, after Nocedal & Wright 2006 (algorithm 7.4), with no line search but where a
step has leapt too far.

PyTorch's own reads each remembered step four times an iteration, keeps seven copies of the picture beside
them and waits for the device several times. Here inner products of all remembered steps are kept in one small
matrix, as Chen et al. 2014 do ("Large-scale L-BFGS using MapReduce"): the recursion runs on coefficients, the
steps are read twice, and nothing waits for the device.
"""

import torch
from torch import Tensor

SHORTER = 0.05, 0.5  # of a step that leapt too far: what is taken instead
# s^T y below it, relative to |s| |y|, says nothing about the curvature: such a step is not remembered
LEAST_CURVATURE = 1e-10


class LBFGS:
    """Directions for a function of `size` unknowns, from the `history` last steps."""

    def __init__(self, size: int, history: int, device: torch.device):
        self.history, self.count = history, 0
        self._steps = torch.zeros(2 * history, size, device=device)  # s in the first half, y in the second
        exact = torch.float32 if device.type in ("mps", "xpu") else torch.float64
        self._products = torch.zeros(
            2 * history, 2 * history, device=device, dtype=exact
        )  # inner products of the rows
        self._scale = torch.zeros(
            (), device=device, dtype=exact
        )  # what the gradient is multiplied by where no step tells more
        self._last: tuple[Tensor, Tensor] | None = None

    def direction(self, gradient: Tensor, leapt: Tensor | None = None) -> Tensor:
        """Where to go from a point with this gradient (size,): the next point must be the old one plus this.

        Where the step to this point `leapt` too far, a tensor () of True or False, it is made shorter, to
        where the slopes at its ends say that the lowest point is, and what it told about the curvature is
        forgotten.
        """
        if self._last is None:
            # As PyTorch's: the first step, of unknown curvature, is short.
            self._scale = (1 / gradient.abs().sum().clamp(min=1.0)).to(self._products.dtype)
            step = -self._scale.to(gradient.dtype) * gradient
            self._last = step, gradient
            return step
        last, before = self._last
        if leapt is None:
            leapt = torch.zeros((), dtype=torch.bool, device=gradient.device)
        slope, scale = torch.dot(before, last), self._scale
        share = (slope / (slope - torch.dot(gradient, last))).nan_to_num(SHORTER[0]).clamp(*SHORTER)
        here = torch.where(leapt, before, gradient)  # no branch, so the device is not waited for
        step = self._recursion(here, self._remember(torch.where(leapt, 0, last), before, here))
        self._scale = torch.where(leapt, scale, self._scale)
        step = torch.where(leapt, share * last, step)
        self._last = step, here
        return torch.where(leapt, step - last, step)

    def _remember(self, step: Tensor, before: Tensor, after: Tensor) -> Tensor:
        """Put a step and its change of gradient in the oldest one's place; the rows' inner products with the
        gradient (2 history,).
        """
        m, row = self.history, self.count % self.history
        s, y = self._steps[row], self._steps[m + row]
        s.copy_(step)
        torch.sub(after, before, out=y)
        products = (self._steps @ torch.stack([s, y, after]).T).to(self._products.dtype)
        for at, values in ((row, products[:, 0]), (m + row, products[:, 1])):
            self._products[at] = values
            self._products[:, at] = values
        self.count += 1
        return products[:, 2]

    def _recursion(self, gradient: Tensor, with_gradient: Tensor) -> Tensor:
        """The two loops, on the coefficients of the remembered rows; the gradient's own is the scale of the
        newest useful one.
        """
        m, b = self.history, self._products
        order = [i % m for i in range(max(self.count - m, 0), self.count)]
        curvature, lengths = b.diagonal(m)[order], (b.diagonal()[:m] * b.diagonal()[m:])[order].sqrt()
        # A row that tells nothing takes part with the factor 0: no branch, so the device is not waited for.
        useful = curvature > LEAST_CURVATURE * lengths
        rho = torch.where(useful, 1 / curvature, 0)
        coefficients, alphas = torch.zeros_like(with_gradient), {}
        for k, i in reversed(list(enumerate(order))):
            alphas[i] = rho[k] * (b[i] @ coefficients - with_gradient[i])
            coefficients[m + i] -= alphas[i]
        # Where the newest step tells nothing, the curvature being negative, the next one goes farther, but
        # does not leap.
        self._scale = scale = torch.where(
            useful[-1], curvature[-1] / b[m + order[-1], m + order[-1]], 4 * self._scale
        )
        coefficients *= scale
        for k, i in enumerate(order):
            beta = rho[k] * (b[m + i] @ coefficients - scale * with_gradient[m + i])
            coefficients[i] += alphas[i] - beta
        return (coefficients.to(gradient.dtype) @ self._steps).sub_(scale.to(gradient.dtype) * gradient)
