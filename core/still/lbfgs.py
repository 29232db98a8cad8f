"""L-BFGS for one large picture, after Nocedal & Wright 2006 (algorithm 7.4).

There is no line search; a step that overshoots is shortened once by backtracking.

PyTorch's own L-BFGS reads each remembered step four times an iteration, keeps seven copies of the picture
besides them and waits for the device several times. Here inner products of all remembered steps are kept in
one small matrix, as in Chen et al. 2014 ("Large-scale L-BFGS using MapReduce"): the two loops run on
coefficients, the steps are read twice, and nothing waits for the device.
"""

import torch
from torch import Tensor

BACKTRACKING_RANGE = 0.05, 0.5  # of a step that overshot: what may be taken instead
# Of |s| |y|: an inner product s^T y below it says nothing about the curvature, and the step is not used.
LEAST_CURVATURE = 1e-10


class LBFGS:
    """Steps for a function of `size` unknowns, from the `history` last ones.

    As in the paper, s is a step and y the change of the gradient over it.
    """

    def __init__(self, size: int, history: int, device: torch.device):
        self.history, self.count = history, 0
        self._steps = torch.zeros(2 * history, size, device=device)  # s in the first half, y in the second
        exact = torch.float32 if device.type in ("mps", "xpu") else torch.float64
        # Inner products of the rows.
        self._products = torch.zeros(2 * history, 2 * history, device=device, dtype=exact)
        # Of the initial inverse Hessian, a multiple of the identity.
        self._scale = torch.zeros((), device=device, dtype=exact)
        self._last: tuple[Tensor, Tensor] | None = None  # the last step, and the gradient where it began

    def restart(self) -> None:
        """Forget the steps, for the function has changed, but not how long they were for a gradient."""
        self.count, self._last = 0, None
        self._steps.zero_()
        self._products.zero_()

    def direction(self, gradient: Tensor, overshoot: Tensor | None = None) -> Tensor:
        """The step (size,) from a point with this gradient (size,); the next call is for the point after it.

        `overshoot`, a boolean tensor (), says that the step to this point went too far. Then the result leads
        back to a point on that step: to the minimum of the parabola through the slopes at its ends, within
        BACKTRACKING_RANGE. The step is not remembered.
        """
        if self._last is None:
            # As PyTorch's: the first step, of unknown curvature, is short.
            short = (1 / gradient.abs().sum().clamp(min=1.0)).to(self._products.dtype)
            self._scale = torch.where(self._scale > 0, self._scale, short)
            step = -self._scale.to(gradient.dtype) * gradient
            self._last = step, gradient
            return step
        last, before = self._last
        if overshoot is None:
            overshoot = torch.zeros((), dtype=torch.bool, device=gradient.device)
        slope, scale = torch.dot(before, last), self._scale
        share = slope / (slope - torch.dot(gradient, last))
        share = share.nan_to_num(BACKTRACKING_RANGE[0]).clamp(*BACKTRACKING_RANGE)
        # Both cases are computed: a branch would wait for the device.
        here = torch.where(overshoot, before, gradient)
        step = self._recursion(here, self._remember(torch.where(overshoot, 0, last), before, here))
        self._scale = torch.where(overshoot, scale, self._scale)
        step = torch.where(overshoot, share * last, step)
        self._last = step, here
        return torch.where(overshoot, step - last, step)

    def _remember(self, step: Tensor, before: Tensor, after: Tensor) -> Tensor:
        """Put a step (size,) and its change of gradient in the place of the oldest ones.

        Returns the inner products of all rows with the gradient `after`, (2 history,).
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
        """The step (size,) by the two loops of algorithm 7.4, on coefficients of the remembered rows.

        `with_gradient` (2 history,) are the rows' inner products with the `gradient` (size,).
        """
        m, b = self.history, self._products
        order = [i % m for i in range(max(self.count - m, 0), self.count)]
        curvature, lengths = b.diagonal(m)[order], (b.diagonal()[:m] * b.diagonal()[m:])[order].sqrt()
        # A row without curvature takes part with the factor 0: a branch would wait for the device.
        useful = curvature > LEAST_CURVATURE * lengths
        rho = torch.where(useful, 1 / curvature, 0)
        coefficients, alphas = torch.zeros_like(with_gradient), {}
        for k, i in reversed(list(enumerate(order))):
            alphas[i] = rho[k] * (b[i] @ coefficients - with_gradient[i])
            coefficients[m + i] -= alphas[i]
        # Where the newest step has no positive curvature the next one goes farther, but only four times.
        self._scale = scale = torch.where(
            useful[-1], curvature[-1] / b[m + order[-1], m + order[-1]], 4 * self._scale
        )
        coefficients *= scale
        for k, i in enumerate(order):
            beta = rho[k] * (b[m + i] @ coefficients - scale * with_gradient[m + i])
            coefficients[i] += alphas[i] - beta
        return (coefficients.to(gradient.dtype) @ self._steps).sub_(scale.to(gradient.dtype) * gradient)
