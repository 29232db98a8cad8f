"""Train the compact encoder: a small network learns to predict the features of larger ones.

    python3 build.py encoder VGG19 VGG19_16X PHOTOS RESULT [--minutes 100] [--seed 0] [--start ENCODER]

VGG19 is a safetensors file with VGG-19's convolutions to conv3_4 (BGR, 0 to 255 less the mean, as Oxford
published them), VGG19_16X the 16 times smaller encoder of Wang et al. 2020 to conv5_1, PHOTOS a folder.

The student's features, sent through a linear head, are to equal a teacher's: VGG-19's at relu1_1 to relu3_1,
the 16x network's at relu4_1, relu4_2 and relu5_1. With a head H, |H x|^2 is the teacher's distance. So the
square root of H^T H ships as the layer's metric, and style distances under the student are the teachers'.
Chiu & Gurari 2022 get the same by distilling onto principal directions.

Three things make a few hours enough. Every layer starts as the least-squares fit of a teacher's
pre-activations on the student's own features. Pictures painted with the student itself join the photos, for
an optimiser finds whatever a small network overlooks, and the teachers correct just that. And besides the
features, the mean and the covariance of each picture have to agree, for the style loss compares them.
"""

import argparse
import logging
import math
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from ..compute.sizes import MARGIN
from ..compute.tensors import to_array
from ..encoders.network import (
    Encoder,
    EncoderArchitecture,
    load_encoder,
    save_encoder,
    stride,
    without_margin,
)
from ..encoders.vgg import IMAGENET
from ..progress import finish
from ..settings import Settings
from ..still.paint import Canvas, paint
from ..style.areas import Area
from ..style.styles import style_from_picture
from .distill_data import CROP, Crops, Teachers

log = logging.getLogger(__name__)

BLOCKS = ((16,), (32, 32), (64, 64, 64), (128, 128, 128), (128,))
# The teacher's pre-activation that each of the student's convolutions starts from; / asks for it pooled, *
# for the 16x network. The student leaves out conv1_2, dear at full size, and works after the pooling.
STARTS = {
    "1_1": "1_1",
    "2_1": "1_2/",
    "2_2": "2_1",
    "3_1": "2_2/",
    "3_2": "3_1",
    "3_3": "3_4",
    "4_1": "4_1*",
    "4_2": "4_2*",
    "4_3": "4_4*",
    "5_1": "5_1*",
}
# The student's layers that are read, and the teacher's layer that each predicts.
TAPS = {
    "relu1_1": "1_1",
    "relu2_2": "2_1",
    "relu3_2": "3_1",
    "relu4_1": "4_1*",
    "relu4_2": "4_2*",
    "relu5_1": "5_1*",
}
STYLE_LAYERS = {"relu1_1": 1.0, "relu2_2": 1.0, "relu3_2": 1.0, "relu4_1": 1.0, "relu5_1": 1.0}
CONTENT_LAYERS = {"relu3_2": 1.0, "relu4_2": 1.0}
ATTRIBUTION = (
    "Distilled from VGG-19 (K. Simonyan, A. Zisserman, 2014; Visual Geometry Group, University of Oxford; "
    "CC BY 4.0) and from the 16x smaller VGG-19 of Collaborative Distillation (H. Wang, Y. Li, Y. Wang, "
    "H. Hu, M.-H. Yang, CVPR 2020; MIT licence, copyright (c) 2020 Huan Wang)."
)


def spanning_channels(features: Tensor, count: int) -> Tensor:
    """Indices of `count` of C channels (N, C) whose span holds most of the energy, picked greedily."""
    residual = features - features.mean(0)
    chosen: list[int] = []
    for _ in range(count):
        gain = (residual.T @ residual).square().sum(1) / residual.square().sum(0).clamp(min=1e-6)
        gain[chosen] = -1
        best = int(gain.argmax())
        chosen.append(best)
        direction = residual[:, best] / residual[:, best].norm().clamp(min=1e-6)
        residual = residual - torch.outer(direction, direction @ residual)
    return torch.tensor(sorted(chosen))


def least_squares(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """W, b with x (N, A) W^T + b nearest to y (N, B), lightly regularised."""
    mx, my = x.mean(0), y.mean(0)
    x, y = (x - mx).double(), (y - my).double()
    gram = x.T @ x
    gram.diagonal().add_(1e-4 * gram.diagonal().mean())
    w = torch.linalg.solve(gram, x.T @ y).T.float()
    return w, my - w @ mx


def start_student(teachers: Teachers, crops: Crops) -> Encoder:
    """A student of least-squares fits to the teacher's pre-activations, layer by layer."""
    architecture = EncoderArchitecture(
        "compact", "Compact", BLOCKS, *IMAGENET, STYLE_LAYERS, CONTENT_LAYERS, ATTRIBUTION
    )
    shapes = {f"conv{p}": (b, a, 3, 3) for p, a, b in architecture.convolutions()}
    tensors = {
        f"{k}.{part}": torch.zeros(s if part == "weight" else s[:1])
        for k, s in shapes.items()
        for part in ("weight", "bias")
    }
    student = Encoder(architecture, tensors, "")
    pictures = torch.cat([crops.batch(48), torch.rand(2, 3, CROP, CROP)])
    x, block = (pictures - student.mean) / student.std, "1"
    convolutions = cast("dict[str, torch.nn.Conv2d]", student.convolutions)
    for place, convolution in convolutions.items():
        if place[0] != block:
            x, block = F.max_pool2d(x, 2), place[0]
        start, layer = STARTS[place], f"relu{place}"
        target = torch.cat(
            [teachers(p, start[3:].strip("/"), {start[:3]})[start[:3]] for p in pictures.split(5)]
        )
        target = without_margin(F.max_pool2d(target, 2) if "/" in start else target, layer)
        target = target.permute(0, 2, 3, 1).flatten(0, 2)
        picks = torch.randperm(len(target))[:60_000]
        m = MARGIN // stride(layer)
        patches = F.pad(x, (1, 1, 1, 1)).unfold(2, 3, 1).unfold(3, 3, 1)[:, :, m:-m, m:-m]
        b, _, h, w = patches.shape[:4]
        rows = patches[picks // (h * w), :, picks // w % h, picks % w].flatten(1)
        target = target[picks]
        if target.shape[1] > convolution.out_channels:
            target = target[:, spanning_channels(F.relu(target[:20_000]), convolution.out_channels)]
        # Features of size one in every layer: one learning rate suits them all.
        target = target / target.std()
        weight, bias = least_squares(rows, target)
        convolution.weight.copy_(weight.view_as(convolution.weight))
        cast(Tensor, convolution.bias).copy_(bias)
        fit = 1 - (rows @ weight.T + bias - target).square().sum() / (target - target.mean(0)).square().sum()
        log.info("conv%s starts with %.0f %% of its teacher's variance", place, 100 * fit)
        x = F.relu(torch.cat([convolution(p) for p in x.split(5)]))
    return student


def tap_losses(
    student: Encoder, heads: torch.nn.ModuleDict, teachers: Teachers, pictures: Tensor, deep: bool
) -> dict[str, tuple[Tensor, Tensor]]:
    """Each tap's squared error over variance, and style error; `deep` asks the 16x network, not VGG-19."""
    which = "*" if deep else ""
    taps = {layer: place[:3] for layer, place in TAPS.items() if place[3:] == which}
    targets = teachers(pictures, which, set(taps.values()))
    features = student.trunk(pictures, set(taps))
    losses = {}
    for layer, place in taps.items():
        target = without_margin(F.relu(targets[place]), layer) / teachers.sizes[layer]
        guess = heads[layer](without_margin(features[layer], layer)).float()
        spread = (target - target.mean((0, 2, 3), keepdim=True)).square().mean()
        losses[layer] = (guess - target).square().mean() / spread, style_error(guess, target)
    return losses


def style_error(guess: Tensor, target: Tensor) -> Tensor:
    """Relative error of the mean and covariance of guessed features (B, C, h, w), picture by picture."""
    (m, c), (tm, tc) = (mean_and_covariance(f) for f in (guess, target))
    size, trace = tc.square().sum((1, 2)), tc.diagonal(dim1=1, dim2=2).sum(1)
    # A nearly flat picture has hardly any covariance; relative to its own, a trifle would rule the batch.
    size, trace = size + 0.1 * size.mean(), trace + 0.1 * trace.mean()
    return ((c - tc).square().sum((1, 2)) / size + (m - tm).square().sum(1) / trace).mean()


def mean_and_covariance(features: Tensor) -> tuple[Tensor, Tensor]:
    """Means (B, C) and covariances (B, C, C) of features (B, C, H, W) over their positions."""
    rows = features.flatten(2)
    mean = rows.mean(2, keepdim=True)
    return mean[..., 0], (rows - mean) @ (rows - mean).transpose(1, 2) / rows.shape[2]


def paint_mistake(student: Encoder, heads: torch.nn.ModuleDict, crops: Crops) -> Tensor:
    """A picture (3, CROP, CROP) painted with the student as it is: one photo in the style of another."""
    student.metrics = metrics(heads)
    student.requires_grad_(False)
    rng = crops.rng
    settings = Settings(
        size=CROP,
        coarse_size=CROP // 2,
        steps=rng.choice((8, 15, 30)),
        content_weight=rng.choice((0.0, 0.05, 0.2)),
        start=rng.choice(("content", "content", "content", "noise")),
        seed=rng.randrange(2**31),
    )
    style = style_from_picture("", crops.augmented().permute(1, 2, 0).numpy())
    source = crops.augmented()[None]
    areas = [Area(None, ((style, 1.0),))]
    painted = to_array(finish(paint(source, areas, settings, student, Canvas(to_array))))
    student.requires_grad_(True)
    return torch.from_numpy(painted).permute(2, 0, 1)


def fit_heads(student: Encoder, teachers: Teachers, crops: Crops) -> torch.nn.ModuleDict:
    """Linear maps (1x1 convolutions) from the student's features to its teachers', by least squares."""
    heads, pictures = torch.nn.ModuleDict(), crops.batch(24)
    for layer, place in TAPS.items():
        rows, targets = [], []
        for p in pictures.split(4):
            f = without_margin(student.trunk(p, {layer})[layer], layer).permute(0, 2, 3, 1).flatten(0, 2)
            t = (
                without_margin(F.relu(teachers(p, place[3:], {place[:3]})[place[:3]]), layer)
                .permute(0, 2, 3, 1)
                .flatten(0, 2)
            )
            picks = torch.randperm(len(f))[:8000]
            rows.append(f[picks])
            targets.append(t[picks])
        teachers.sizes[layer] = torch.cat(targets).std()
        weight, bias = least_squares(torch.cat(rows), torch.cat(targets) / teachers.sizes[layer])
        heads[layer] = torch.nn.Conv2d(weight.shape[1], weight.shape[0], 1)
        heads[layer].load_state_dict({"weight": weight[..., None, None], "bias": bias})
    return heads


def metrics(heads: torch.nn.ModuleDict) -> dict[str, Tensor]:
    """Each tap's metric (C, C): the symmetric root of H^T H, scaled to keep the mean feature's size."""
    found = {}
    for layer, head in heads.items():
        weight = cast(Tensor, head.weight).detach().flatten(1).double()
        values, vectors = torch.linalg.eigh(weight.T @ weight)
        root = values.clamp(min=0).sqrt()
        found[layer] = ((vectors * (root / root.mean())) @ vectors.T).float()
    return found


def export(student: Encoder, heads: torch.nn.ModuleDict, training: dict, path: Path) -> None:
    """Write the encoder with its metrics."""
    tensors = {
        f"conv{place}.{k}": v for place, c in student.convolutions.items() for k, v in c.state_dict().items()
    }
    tensors |= {f"metric.{layer}": metric for layer, metric in metrics(heads).items()}
    save_encoder(path, replace(student.architecture, training=training), tensors)


def distill(
    vgg: Path, small: Path, photos: Path, result: Path, minutes: float, seed: int, start: Path | None = None
) -> None:
    """Train for `minutes` and write `result` every five; the learning rate falls with the time used.

    `start` is an encoder that an earlier run wrote, to go on from.
    """
    torch.manual_seed(seed)
    rng = random.Random(seed)
    crops, teachers = Crops(photos, rng), Teachers(vgg, small)
    with torch.no_grad():
        student = load_encoder(start) if start else start_student(teachers, crops)
        before = student.architecture.training
        heads = fit_heads(student, teachers, crops)
    parameters = [*student.convolutions.parameters(), *heads.parameters()]
    optimizer = torch.optim.Adam(parameters, 1e-3, betas=(0.9, 0.99))
    step, begin, written = 0, time.monotonic(), 0.0
    mistakes: list[Tensor] = []
    running: dict[str, list[float]] = {}
    while (used := (time.monotonic() - begin) / 60) < minutes:
        rate = 1e-3 * min(1, (step + 1) / 100) * (0.5 + 0.5 * math.cos(math.pi * used / minutes)) + 1e-6
        for group in optimizer.param_groups:
            group["lr"] = rate
        if (start or step >= 200) and step % 6 == 0:
            mistakes = [*mistakes, paint_mistake(student, heads, crops)][-100:]
        student.requires_grad_(True)
        optimizer.zero_grad()
        # Two crops for the dear teacher, six for the cheap one; soon most are painted by the student.
        for deep, count in ((False, 2), (True, 6)):
            painted = rng.choices(mistakes, k=count * 2 // 3) if mistakes else []
            pictures = torch.stack([*painted, *crops.batch(count - len(painted))])
            with torch.autocast("cpu", torch.bfloat16):
                losses = tap_losses(student, heads, teachers, pictures, deep)
            cast(Tensor, sum(feature + style for feature, style in losses.values())).backward()
            for layer, pair in losses.items():
                new = [loss.item() for loss in pair]
                running[layer] = [
                    0.99 * a + 0.01 * b for a, b in zip(running.get(layer, new), new, strict=True)
                ]
        torch.nn.utils.clip_grad_norm_(parameters, 5.0)
        optimizer.step()
        step += 1
        if step % 50 == 0:
            log.info(
                "step %d  %.1f min  %s",
                step,
                used,
                "  ".join(f"{k} {f:.3f} {s:.3f}" for k, (f, s) in running.items()),
            )
        if used - written > 5:
            written = used
            export(student, heads, record(step, used, seed, crops, running, before), result)
    export(student, heads, record(step, minutes, seed, crops, running, before), result)


def record(step: int, minutes: float, seed: int, crops: Crops, running: dict, before: dict) -> dict:
    """What the file's header tells of its training; `before` is what an earlier run's told."""
    errors = {layer: {"features": round(f, 4), "style": round(s, 4)} for layer, (f, s) in running.items()}
    this = {
        "steps": step,
        "minutes": round(minutes, 1),
        "seed": seed,
        "photos": len(crops.photos),
        "crop": CROP,
        "relative_errors": errors,
    }
    return {**this, "before": before} if before else this


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("vgg", "small", "photos", "result"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--minutes", type=float, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    distill(**vars(parser.parse_args()))
