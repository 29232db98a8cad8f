"""One picture painted by optimisation, after Gatys et al. 2016, from coarse to fine."""

import math
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .encoders import COMPACT, Encoder, load_encoder
from .encoders.network import MARGIN
from .errors import PochadeError
from .losses import STYLE_LOSSES, Statistics, chroma, content_loss, measure, total_variation
from .progress import Progress
from .settings import Settings
from .styles import Style
from .tensors import choose_device, fit, release_memory, require_memory, resize, to_array, to_tensor

GRAIN = 0.03  # standard deviation, of the range from black to white
Painting = Generator[Progress, None, np.ndarray]


def stylize_image(content: np.ndarray, style: Style, settings: Settings, device: str = "auto", *,
                  encoder_file: Path = COMPACT) -> Painting:
    """Paint a picture in a style.

    `content` is float32 (H, W, 3 or 4), display-referred sRGB 0 to 1, top row first, from 64 px a side. The generator
    yields a `Progress` after each evaluation and returns the painting, float32 of the same shape and channels with
    the longer side `settings.size`; alpha is the source's. Close the generator to cancel. Raises PochadeError for
    what an artist can put right.
    """
    check_picture(content)
    height, width = fit(*content.shape[:2], settings.size)
    if min(height, width) < MARGIN:
        raise PochadeError(f"The painting would be only {width} x {height} px; raise Size")
    where = choose_device(device)
    source = to_tensor(content, where)
    if settings.strength == 0:
        return to_array(resize(source, height, width))
    encoder = load_encoder(encoder_file)
    require_memory(*content.shape[:2], settings, encoder, where)
    encoder.to(where)
    try:
        with torch.enable_grad():
            painted = yield from paint(source[:, :3], style, settings, encoder, resize(source, height, width)[:, 3:])
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "CPUAllocator" not in str(error):
            raise  # on the CPU, PyTorch has no class of its own for an allocation that failed
        raise PochadeError(f"Out of memory at {settings.size} px; lower Size or close other programs") from error
    finally:
        encoder.cpu()
        del source
        release_memory(where)
    return painted


def paint(source: Tensor, style: Style, settings: Settings, encoder: Encoder, alpha: Tensor) -> Painting:
    """The optimisation itself: `source` (1, 3, H, W) at its own size, `alpha` (1, 0 or 1, h, w) at the painting's."""
    shape = source.shape[-2:]
    sides, steps = schedule(settings, max(shape) / min(shape))
    sizes = [fit(*shape, side) for side in sides]
    work = [h * w * n for (h, w), n in zip(sizes, steps, strict=True)]
    generator = torch.Generator().manual_seed(settings.seed)
    picture, step, done = None, 0, 0.0

    def show(painted: Tensor) -> np.ndarray:
        return to_array(torch.cat([resize(painted.detach(), *sizes[-1]), alpha], 1))

    for (height, width), side, count, cost in zip(sizes, sides, steps, work, strict=True):
        content = resize(source, height, width)
        if picture is None:
            picture = first_picture(content, style, settings, generator)
        picture = resize(picture, height, width).clone(memory_format=torch.contiguous_format)
        objective = Objective(content, style, side, settings, encoder)
        for loss in minimise(objective, picture, count, settings):
            step, done = step + 1, done + cost / count
            if not math.isfinite(loss):
                raise PochadeError("The painting ran out of bounds; lower Content Weight, Smoothness or Learning Rate")
            yield Progress(step, sum(steps), min(done / sum(work), 1.0), loss, f"Painting at {side} px", partial(show, picture))
    return show(picture)


def schedule(settings: Settings, aspect: float) -> tuple[list[int], list[int]]:
    """The longer sides in px that are painted one after the other, and each one's evaluations: more where they are cheap.

    `aspect` is the longer side over the shorter one, which stays above the encoder's least.
    """
    coarse = min(max(settings.coarse_size, math.ceil(MARGIN * aspect)), settings.size)
    levels = max(round(math.log2(settings.size / coarse)), 0)
    sides = [round(coarse * (settings.size / coarse) ** (k / levels)) for k in range(levels)] + [settings.size]
    return sides, [round(settings.steps * (1 + k / 2)) for k in reversed(range(levels + 1))]


def first_picture(content: Tensor, style: Style, settings: Settings, generator: torch.Generator) -> Tensor:
    """What painting starts from: the source (1, 3, h, w), white noise, or the style's picture stretched over it.

    The source gets a little grain: where it is flat, every pixel would be pulled the same way and no stroke could begin.
    """
    if settings.start == "noise":
        return torch.rand(content.shape, generator=generator).to(content.device)
    if settings.start == "style":
        return resize(to_tensor(style.picture, content.device), *content.shape[-2:])
    grain = torch.randn(content.shape, generator=generator).to(content.device)
    return content + GRAIN * settings.strength * grain


class Objective:
    """What a painting at one size minimises: call it with a picture (1, 3, h, w) for the loss.

    Differs from Gatys et al. 2016: style is compared at full and at half size, which keeps the large shapes that were
    found at coarser sizes while the fine ones are painted.
    """

    def __init__(self, content: Tensor, style: Style, side: int, settings: Settings, encoder: Encoder):
        self.settings, self.encoder = settings, encoder
        self.style_layers, self.content_layers = encoder.architecture.style_layers, encoder.architecture.content_layers
        self.shrinks = [n for n in (1, 2) if min(content.shape[-2:]) // n >= MARGIN]
        self.style = {}
        with torch.no_grad():
            for shrink in self.shrinks:
                features = self.read(content, shrink)
                if shrink == 1:
                    self.content = {k: self.in_metric(k, features[k]) for k in self.content_layers}
                targets = style.statistics(encoder, side / shrink * settings.style_scale, content.device)
                # Strength moves the goal itself: at 0 it is the source's own statistics, and nothing is left to do.
                self.style[shrink] = {k: self.measure(k, features[k]).lerp(targets[k], settings.strength) for k in self.style_layers}

    def read(self, picture: Tensor, shrink: int) -> dict[str, Tensor]:
        """Features of the picture, shrunk this many times; those for the content only at full size."""
        layers = {*self.style_layers, *self.content_layers} if shrink == 1 else set(self.style_layers)
        return self.encoder(F.avg_pool2d(picture, shrink) if shrink > 1 else picture, layers)

    def measure(self, layer: str, features: Tensor) -> Statistics:
        """Statistics of a layer's features, in its metric."""
        return measure(features, self.encoder.metrics.get(layer))

    def in_metric(self, layer: str, features: Tensor) -> Tensor:
        """Features in the layer's metric."""
        metric = self.encoder.metrics.get(layer)
        return features.float() if metric is None else F.conv2d(features.float(), metric[..., None, None])

    def __call__(self, picture: Tensor) -> Tensor:
        compare = STYLE_LOSSES[self.settings.loss]
        total = picture.new_zeros(())
        if self.settings.smoothness:
            total = total + self.settings.smoothness * total_variation(picture)
        if self.settings.colour_smoothness:
            # The encoder hardly sees single pixels' colours, and an optimiser fills with speckle whatever is not seen.
            total = total + self.settings.colour_smoothness * total_variation(chroma(picture))
        share = 1 / len(self.shrinks) / sum(self.style_layers.values())
        for shrink in self.shrinks:
            features = self.read(picture, shrink)
            for layer, weight in self.style_layers.items():
                total = total + share * weight * compare(self.measure(layer, features[layer]), self.style[shrink][layer])
            if shrink == 1 and self.settings.content_weight:
                share_of_content = self.settings.content_weight / sum(self.content_layers.values())
                for layer, weight in self.content_layers.items():
                    total = total + share_of_content * weight * content_loss(self.in_metric(layer, features[layer]), self.content[layer])
        return total


def minimise(objective: Objective, picture: Tensor, count: int, settings: Settings) -> Iterator[float]:
    """Improve `picture` in place by `count` evaluations of the objective, yielding each one's loss."""
    picture.requires_grad_()
    if settings.optimizer == "lbfgs":
        # One iteration a call, so that a job can stop between any two; the curvature is kept from call to call.
        optimizer = torch.optim.LBFGS([picture], lr=1.0, max_iter=1, history_size=settings.history,
                                      tolerance_grad=0, tolerance_change=0)
    else:
        optimizer = torch.optim.Adam([picture], lr=settings.learning_rate)
    scale = picture.numel()  # keeps the gradient's entries near one, far from float32's small end

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = objective(picture) * scale
        loss.backward()
        return loss

    for _ in range(count):
        yield optimizer.step(closure).item() / scale
    picture.requires_grad_(False)


def check_picture(content: np.ndarray) -> None:
    """Raise PochadeError for an array that cannot be painted."""
    if content.ndim != 3 or content.shape[2] not in (3, 4):
        raise PochadeError("The source is no colour picture; choose an RGB or RGBA image")
    height, width = content.shape[:2]
    if min(height, width) < 64:
        raise PochadeError(f"The source is only {width} x {height} px; choose one of at least 64 px a side")
    if not np.isfinite(content).all():
        raise PochadeError("The source has invalid pixels (NaN or infinite); clean the render, for instance with Denoise")
