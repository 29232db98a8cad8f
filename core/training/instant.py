"""Train a network to paint in one style, after Johnson et al. 2016.

    python3 build.py instant STYLE PHOTOS RESULT [--minutes N] [--set NAME=VALUE]

STYLE is a picture or a factory preset's name, PHOTOS a folder of pictures, RESULT the network's file. Broken
off, the same command goes on where it ended.

What a painting minimises, style, content and total variation, is that of the optimiser: each piece of a photo
has statistics of its own. A second look at it, moved or grown a little and noisy, has to be painted alike:
this keeps animations steady (Ruder et al. 2018). All that is random in an iteration follows from its number,
so that nothing but weights and the optimiser's averages has to be kept.
"""

import argparse
import json
import logging
import math
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, replace
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..compute.devices import at_work, compute_on
from ..compute.machine import Machine
from ..compute.precision import half_precision
from ..compute.tensors import fit, inner, pad, resize, to_array, to_tensor
from ..encoders.files import COMPACT, available, find_encoder
from ..encoders.network import MARGIN, Encoder, load_encoder, stride
from ..errors import PochadeError
from ..files.atomic import whole
from ..files.photos import find_photos
from ..files.pictures import read_picture
from ..files.tensors import write_tensors
from ..instant.architecture import ARCHITECTURES, About
from ..instant.files import load_network, network_bytes, save_network
from ..instant.network import Network
from ..presets.load import style_from_preset
from ..presets.preset import find_preset
from ..progress import Progress
from ..settings import LEARNT, InstantSettings, Settings, parse_setting, settings_from
from ..still.objective import content_weights, style_weights
from ..style.colour import palette
from ..style.losses import STYLE_LOSSES, Statistics, chroma, content_scale, moments, total_variation
from ..style.styles import Style, style_from_picture
from .muon import Muon

log = logging.getLogger(__name__)

FORMAT = 1
KEPT = 1000  # photos that stay in memory
LEAST_CROP = 64  # px
LEAST_PIECE = 0.6  # of a photo's shorter side
MOST_SHIFT, MOST_GROWTH = 8, 0.1  # px, and share, by which the second look differs
PREVIEW = 384  # px
# times the optimiser's weight: a network, which has to guess, keeps less of its picture at the same weight
CONTENT = 1.5
# of all iterations; so long the pieces have half their side: four times as many of them teach more in the
# same time
YOUTH = 0.6
SECONDS = 30.0  # between two checkpoints
Training = Generator[Progress, None, Network]


def train_network(  # noqa: PLR0913
    style: Style,
    photos: Sequence[Path],
    settings: Settings,
    training: InstantSettings,
    device: Machine | str = "auto",
    *,
    encoder_file: Path = COMPACT,
    attribution: str = "",
    checkpoint: Path | None = None,
    watched: np.ndarray | None = None,
    begin: Network | None = None,
) -> Training:
    """Train a network on photos to paint as `settings` say; what they say of sizes, colours and the optimiser
    does not count.

    Yields a `Progress` after each iteration; its preview is `watched`, or the first photo, float32 (H, W, 3),
    painted by the network so far. `begin` is a network that paints already, in another style say, with the
    architecture that `training` asks for: to change one takes less than to begin from nothing. Every now and
    then, and when the generator is closed, the state is kept in the file `checkpoint`: with the same style,
    photos and settings, but for the iterations, training goes on from there, on a processor with the same
    bits as if never broken off. Raises PochadeError for what an artist can put right.
    """
    if not photos:
        raise PochadeError("There are no photos to learn from; choose a folder of photos or frames")
    encoder = load_encoder(encoder_file)
    look = {name: getattr(settings, name) for name in LEARNT}
    about = About(
        style.name,
        attribution,
        ARCHITECTURES[training.network],
        [part.tolist() for part in palette(style.picture)],
        {
            "settings": look,
            "training": asdict(training),
            "photos": len(photos),
            "encoder_sha256": encoder.digest,
            **({"began_with": begin.about.name} if begin else {}),
        },
    )
    network = Network(about, training.seed)
    if begin is not None:
        if begin.about.architecture != about.architecture:
            raise PochadeError(
                f"The instant style {begin.about.name} is another kind of network; begin with one of "
                "the same kind"
            )
        network.load_state_dict(begin.state_dict())
    with compute_on(device) as where:
        network.to(where)
        optimizer = Muon(network.parameters(), training.learning_rate)
        colours = [
            np.round(part, 3).tolist() for part in about.palette
        ]  # the last digits differ with how a picture was read
        identity = json.dumps(
            [
                FORMAT,
                about.name,
                colours,
                look,
                asdict(replace(training, iterations=1)),
                [path.name for path in photos],
                encoder.digest,
                begin and sha256(network_bytes(begin)).hexdigest(),
            ]
        )
        step = restore_state(checkpoint, identity, network, optimizer) if checkpoint else 0
        watched = read_picture(photos[0]) if watched is None else watched
        if step >= training.iterations:
            return network.cpu().requires_grad_(False)
        with at_work(encoder, where, training.crop, "Crop or Batch") as encoder:
            read = lru_cache(KEPT)(partial(read_photo, side=2 * training.crop, device=where))
            judge = Judge(style, settings, training, encoder, where)
            kept, written = step, time.monotonic()
            while step < training.iterations:
                for group in optimizer.param_groups:
                    group["lr"] = training.learning_rate * (
                        0.5 + 0.5 * math.cos(math.pi * step / training.iterations)
                    )
                loss = improve(network, optimizer, judge, photos, read, training, step)
                step += 1
                if step % (1 if where.type == "cpu" else 10) == 0 or step == training.iterations:
                    judge.known = loss.item()  # reading it makes the processor wait for a GPU
                    if not math.isfinite(judge.known):
                        raise PochadeError("The training ran out of bounds; lower its Learning Rate")
                if checkpoint and time.monotonic() - written > SECONDS:
                    save_state(checkpoint, identity, network, optimizer, step)
                    kept, written = step, time.monotonic()
                try:
                    message = f"Iteration {step} of {training.iterations}, learning {style.name}"
                    yield Progress(
                        message,
                        fraction=step / training.iterations,
                        step=step,
                        steps=training.iterations,
                        loss=judge.known,
                        preview=partial(paint_preview, network, watched),
                    )
                except GeneratorExit:
                    if checkpoint and kept < step:
                        save_state(checkpoint, identity, network, optimizer, step)
                    raise
        return network.cpu().requires_grad_(False)


@torch.no_grad()
def paint_preview(network: Network, picture: np.ndarray) -> np.ndarray:
    """What the network makes of a picture, at most 384 px."""
    size = fit(picture.shape[0], picture.shape[1], min(PREVIEW, max(picture.shape[:2])))
    source = resize(to_tensor(picture[..., :3], next(network.parameters()).device), *size)
    return to_array(network(source))


# --- one iteration ------------------------------------------------------------------------------------------


def improve(
    network: Network,
    optimizer: Muon,
    judge: "Judge",
    photos: Sequence[Path],
    read: Callable[[Path], Tensor],
    training: InstantSettings,
    step: int,
) -> Tensor:
    """One step; the loss before it. Everything random follows from the seed and the step's number."""
    rng = np.random.default_rng((training.seed, step))
    side = young_crop(training) if step < YOUTH * training.iterations else training.crop
    pictures = torch.cat(
        [piece(read(photos[rng.integers(len(photos))]), side, rng) for _ in range(training.batch)]
    )
    painted = network(pictures)
    loss = judge(painted, pictures)
    if training.steadiness:
        moved = draw_look(side, rng)

        def look(seen: Tensor) -> Tensor:
            return second_look(seen, **moved)

        noise = torch.from_numpy(rng.standard_normal(look(pictures).shape, np.float32)).to(pictures.device)
        again = network(look(pictures) + training.noise * noise)
        loss = loss + training.steadiness * (again - look(painted)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def young_crop(training: InstantSettings) -> int:
    """Side in px of the pieces of photos in the first iterations."""
    return min(max(training.crop // 2, LEAST_CROP), training.crop)


def read_photo(path: Path, side: int, device: torch.device) -> Tensor:
    """A photo (1, 3, H, W), 8 bit, its shorter side at most `side` px."""
    photo = to_tensor(read_picture(path)[..., :3], device)
    height, width = photo.shape[-2:]
    if min(height, width) > side:
        photo = resize(photo, *fit(height, width, round(side * max(height, width) / min(height, width))))
    return (photo * 255).round().to(torch.uint8)


def piece(photo: Tensor, side: int, rng: np.random.Generator) -> Tensor:
    """A square piece of a photo, somewhere and often mirrored, as (1, 3, side, side), 0 to 1."""
    height, width = photo.shape[-2:]
    length = max(round(min(height, width) * rng.uniform(LEAST_PIECE, 1)), 1)
    top, left = (rng.integers(n - length + 1) for n in (height, width))
    cut = resize(photo[..., top : top + length, left : left + length].float() / 255, side, side)
    return cut.flip(3) if rng.random() < 0.5 else cut


def draw_look(side: int, rng: np.random.Generator) -> dict[str, int]:
    """How a second look at pictures of `side` px differs: moved by whole pixels, or grown as well."""
    length = side - MOST_SHIFT
    top, left = (int(n) for n in rng.integers(0, MOST_SHIFT + 1, 2))
    size = length if rng.random() < 0.5 else round(length * rng.uniform(1, 1 + MOST_GROWTH))
    return {"top": top, "left": left, "length": length, "size": size}


def second_look(pictures: Tensor, top: int, left: int, length: int, size: int) -> Tensor:
    """A part of pictures (B, 3, H, W), `length` px a side, at `size` px. Moves alone keep every pixel:
    nothing is blurred by them.
    """
    cut = pictures[..., top : top + length, left : left + length]
    return cut if size == length else F.interpolate(cut, (size, size), mode="bicubic")


class Judge:
    """The loss of painted pictures, as the optimiser has it of one: style at several sizes, content, and
    total variation.
    """

    def __init__(
        self,
        style: Style,
        settings: Settings,
        training: InstantSettings,
        encoder: Encoder,
        device: torch.device,
    ):
        self.settings, self.encoder, self.known = settings, encoder, 0.0
        self.style_layers, self.content_layers = (
            style_weights(encoder, settings),
            content_weights(encoder, settings),
        )
        shrinks = [2**k for k in range(settings.compared_sizes) if k == 0 or training.crop >> k >= MARGIN]
        self.targets = {
            shrink: style.statistics(
                encoder, training.style_size / shrink * settings.style_scale, device, settings.pooling
            )
            for shrink in shrinks
        }
        self.share = 1 / len(shrinks) / max(sum(self.style_layers.values()), 1e-6)

    def __call__(self, painted: Tensor, pictures: Tensor) -> Tensor:
        """The mean loss of painted pictures (B, 3, H, W) of which `pictures` are the sources."""
        s, compare = self.settings, STYLE_LOSSES[self.settings.loss]
        loss = s.smoothness * total_variation(painted) + s.colour_smoothness * total_variation(
            chroma(painted)
        )
        with torch.no_grad():
            kept = self._encode(pictures, set(self.content_layers)) if s.content_weight else {}
        for shrink, targets in self.targets.items():
            small = F.avg_pool2d(painted, shrink) if shrink > 1 else painted
            features = self._encode(small, {*self.style_layers, *(kept if shrink == 1 else ())})
            for layer, weight in self.style_layers.items():
                sums, count, metric = (
                    moments(features[layer]),
                    math.prod(features[layer].shape[1:3]),
                    self.encoder.metrics.get(layer),
                )
                each = [
                    compare(Statistics.of_sums(own, count, metric), targets[layer])
                    for own in zip(*sums, strict=True)
                ]
                loss = loss + self.share * weight * torch.stack(each).mean()
            if shrink == 1:
                for layer, weight in self.content_layers.items():
                    loss = loss + CONTENT * weight * self._content_loss(layer, features[layer], kept[layer])
        return loss

    def _encode(self, pictures: Tensor, layers: set[str]) -> dict[str, Tensor]:
        """Features (B, h, w, C) by layer."""
        if not layers:
            return {}
        with half_precision(pictures.device):
            features = self.encoder.trunk(pad(pictures, (MARGIN, MARGIN)), layers, self.settings.pooling)
        margins = {layer: slice(MARGIN // stride(layer), -(MARGIN // stride(layer))) for layer in layers}
        return {layer: inner(f, margins[layer], margins[layer]) for layer, f in features.items()}

    def _content_loss(self, layer: str, painted: Tensor, content: Tensor) -> Tensor:
        metric = self.encoder.metrics.get(layer)
        painted, content = (f if metric is None else f @ metric.T for f in (painted, content))
        return (
            (painted - content).square().mean((1, 2, 3))
            / torch.stack([content_scale(one) for one in content])
        ).mean()


# --- what is kept -------------------------------------------------------------------------------------------


def save_state(path: Path, identity: str, network: Network, optimizer: Muon, step: int) -> None:
    """Write all that training goes on from; the file is whole or absent. Raises PochadeError when it
    cannot.
    """
    tensors = {f"network.{name}": tensor for name, tensor in network.state_dict().items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in state.items()}
    with whole(Path(path)) as part:
        write_tensors(part, tensors, {"identity": identity, "step": str(step)})


def restore_state(path: Path, identity: str, network: Network, optimizer: Muon) -> int:
    """Put network and optimiser where `save_state` left them; the iterations that are done. Nothing happens,
    and none are, where there is no such file or it is another training's.
    """
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            if about.get("identity") != identity:
                return 0
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
        network.load_state_dict(
            {name[8:]: tensor for name, tensor in tensors.items() if name.startswith("network.")}
        )
    except FileNotFoundError:
        return 0
    except (OSError, SafetensorError, RuntimeError) as error:
        raise PochadeError(
            f"The training cannot go on from {path} ({error}); remove that file to begin anew"
        ) from error
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, number, key = name.split(".")
            state.setdefault(int(number), {})[key] = tensor
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
    return int(about["step"])


# --- command line -------------------------------------------------------------------------------------------


def iterations_in(minutes: float, start: Training, training: InstantSettings) -> int:
    """How many iterations of a training, as `train_network` gives it, fit into so many minutes on this
    machine.
    """
    next(start)
    began, count = time.monotonic(), 0
    while count < 3 or time.monotonic() - began < 5:
        if next(start, None) is None:
            break
        count += 1
    young = (time.monotonic() - began) / count
    start.close()
    mean = young * (YOUTH + (1 - YOUTH) * (training.crop / young_crop(training)) ** 2)
    return max(round(minutes * 60 / mean), 1)


def main(
    name: str,
    photos: Path,
    result: Path,
    begin: Path | None,
    minutes: float | None,
    device: str,
    changes: Sequence[str],
) -> None:
    """Train, tell how it goes, and write the result."""
    preset = None if Path(name).is_file() else find_preset(name)
    style = style_from_preset(preset) if preset else style_from_picture(Path(name).stem, read_picture(name))
    attribution = f"{preset.artist}, {preset.year}; {preset.licence}" if preset else ""
    training = settings_from(
        dict(parse_setting(text, InstantSettings) for text in changes), InstantSettings()
    )
    look, paths = settings_from(preset.settings if preset else {}), find_photos(photos)
    start = partial(
        train_network,
        style,
        paths,
        look,
        device=device,
        attribution=attribution,
        encoder_file=find_encoder(look.encoder, available()).path,
        begin=load_network(begin) if begin else None,
    )
    if minutes:
        training = replace(
            training, iterations=iterations_in(minutes, start(replace(training, iterations=1000)), training)
        )
    checkpoint = Path(result).with_suffix(".training")
    steps, running, told, began = start(training, checkpoint=checkpoint), None, 0.0, time.monotonic()
    try:
        while True:
            progress = next(steps)
            loss = cast(float, progress.loss)
            running = loss if running is None else 0.98 * running + 0.02 * loss
            if time.monotonic() - told > 10:
                told = time.monotonic()
                log.info(
                    "iteration %d of %d  %.1f min  loss %.4f",
                    progress.step,
                    progress.steps,
                    (told - began) / 60,
                    running,
                )
    except StopIteration as end:
        save_network(result, end.value)
    finally:
        steps.close()
    checkpoint.unlink(missing_ok=True)
    log.info(
        "%s: %s, %d iterations on %d photos in %.1f min, loss %.4f, %.0f KB",
        result,
        style.name,
        training.iterations,
        len(paths),
        (time.monotonic() - began) / 60,
        running or 0.0,
        Path(result).stat().st_size / 1000,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        prog="build.py instant", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", metavar="STYLE")
    parser.add_argument("photos", type=Path, metavar="PHOTOS")
    parser.add_argument("result", type=Path, metavar="RESULT")
    parser.add_argument(
        "--begin", type=Path, metavar="NETWORK", help="a trained network to begin from, of any style"
    )
    parser.add_argument("--minutes", type=float, help="train as many iterations as fit into this time")
    parser.add_argument("--device", default="auto")
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        dest="changes",
        help="one setting of the training",
    )
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        main(**vars(parser.parse_args()))
    except PochadeError as error:
        raise SystemExit(f"build.py: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None
