"""L-BFGS against PyTorch's own on a function that both find hard."""

import torch

from core.still.lbfgs import LBFGS


def _valley(x: torch.Tensor) -> torch.Tensor:
    """Rosenbrock's function, chained: a narrow bent valley."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum() / 400


def test_it_takes_the_steps_that_pytorch_takes():
    start = torch.linspace(-0.5, 0.5, 40)
    x = start.clone().requires_grad_()
    theirs = torch.optim.LBFGS([x], lr=1, max_iter=1, history_size=4, tolerance_grad=0, tolerance_change=0)

    def closure():
        theirs.zero_grad()
        loss = _valley(x)
        loss.backward()
        return loss

    y, ours = start.clone(), LBFGS(40, 4, torch.device("cpu"))
    for step in range(12):  # the history is full after 4, and old steps go
        theirs.step(closure)
        (gradient,) = torch.autograd.grad(_valley(y.requires_grad_()), y)
        y = y.detach() + ours.direction(gradient)
        torch.testing.assert_close(
            y, x.detach(), rtol=1e-3, atol=1e-3, msg=lambda m, step=step: f"step {step}: {m}"
        )


def test_it_converges():
    y, ours = torch.linspace(-0.5, 0.5, 40), LBFGS(40, 10, torch.device("cpu"))
    for _ in range(100):
        loss = _valley(y.requires_grad_())
        (gradient,) = torch.autograd.grad(loss, y)
        y = y.detach() + ours.direction(gradient)
    assert loss < 0.1 * _valley(torch.linspace(-0.5, 0.5, 40))


def test_beyond_a_crest_it_does_not_leap():
    """Where curvature is negative, the step is as long as the last understood one, not the gradient."""
    ours, y = LBFGS(1, 5, torch.device("cpu")), torch.tensor([0.1])
    for _ in range(6):
        y = y + ours.direction(1e4 * torch.sin(y))
        assert y.abs() < 10


def test_a_step_that_changes_nothing_is_harmless():
    ours = LBFGS(3, 5, torch.device("cpu"))
    for gradient in ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [0.5, 0.0, 0.0]):
        assert torch.isfinite(ours.direction(torch.tensor(gradient))).all()


def test_it_finds_its_way_off_a_crest():
    """All curvature is negative at the start, and the first step is short."""
    y, ours = torch.full((1000,), 0.1), LBFGS(1000, 5, torch.device("cpu"))
    for _ in range(60):
        y = y + ours.direction(1000 * (y**3 - y))
    torch.testing.assert_close(y, torch.ones(1000), atol=0.05, rtol=0)


def test_a_step_that_overshot_is_made_shorter():
    """Flat where it starts and steep farther on: the first short steps promise a fall that does not come."""
    y, ours, here = torch.full((10,), 0.1), LBFGS(10, 5, torch.device("cpu")), None
    for _ in range(40):
        loss = (y**8 / 8 - y / 10).sum() + 2
        overshoot = None if here is None else loss > 1.25 * here
        here = loss if overshoot is None else torch.where(overshoot, here, loss)
        y = y + ours.direction(y**7 - 0.1, overshoot)
    torch.testing.assert_close(y, torch.full((10,), 0.1 ** (1 / 7)), atol=0.01, rtol=0)
