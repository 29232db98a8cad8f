"""Train a network to paint in one style, after Johnson et al. 2016.

The loss is the optimiser's: style, content and total variation; every crop of a photo has statistics of its
own. In a stability term (Ruder et al. 2018), which keeps animations steady, the crop is painted once more,
shifted, enlarged a little and noisy, and both paintings have to agree. All that is random in an iteration
follows from its number, so a checkpoint needs nothing but the weights and the optimiser's averages.
"""

import json
import math
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..compute.devices import at_work, compute_on
from ..compute.machine import Machine
from ..compute.sizes import fit
from ..compute.tensors import resize, to_array, to_tensor
from ..encoders.files import COMPACT
from ..encoders.network import Encoder, load_encoder
from ..errors import PochadeError
from ..instant.architecture import ARCHITECTURES, About
from ..instant.files import START, load_network, network_bytes
from ..instant.network import Network
from ..progress import Progress
from ..settings import TRAINED_WITH, InstantSettings, Settings
from ..style.colour import colour_statistics, match_colours, takes_palette
from ..style.styles import Style
from ..words import Sentence
from .checkpoint import TrainingCheckpoint
from .crops import CropSource, Photos, StabilityAugmentation
from .muon import Muon
from .perceptual_loss import PerceptualLoss

FORMAT = 1
LEAST_SIDE = 64  # px of a crop
PREVIEW = 384  # px
# Progressive resizing: in this share of the iterations, the first ones, crops have half their side. Four
# times as many of them teach more in the same time.
SMALL_CROPS = 0.6
Training = Generator[Progress, None, Network]


@dataclass(frozen=True)
class TrainingJob:
    """What a network is trained to, and what with.

    Of `settings` those in TRAINED_WITH count. `preview_image`, float32 (H, W, 3), is painted for the
    previews, by default the first photo. `begin` is a network of the same architecture to begin from, in the
    place of what `training.begin_with` says. `attribution` tells of the style's artist and licence.

    The state is kept in the file `checkpoint`. With the same style and settings, but for the number of
    iterations, training goes on from there; with the same photos, on a processor, with the same bits as if
    never interrupted. `notes` are sentences for the artist, which come in while it trains: about photos that
    cannot be read, by their names, and by "" about the checkpoint.
    """

    style: Style
    photos: Sequence[Path]
    settings: Settings
    training: InstantSettings
    encoder_file: Path = COMPACT
    attribution: str = ""
    checkpoint: Path | None = None
    preview_image: np.ndarray | None = None
    begin: Network | None = None
    notes: dict[str, str] = field(default_factory=dict)

    @cached_property
    def first(self) -> Network | None:
        """The network that training begins from; None for random weights."""
        if self.begin is not None:
            return self.begin
        learns_from_start = self.training.begin_with == "start" and self.training.network == "slim"
        return load_network(START) if learns_from_start else None

    @property
    def trained_settings(self) -> dict[str, Any]:
        """The settings that the network is trained with."""
        return {name: getattr(self.settings, name) for name in TRAINED_WITH}

    def about(self, encoder: Encoder) -> About:
        """What the network's file is to say."""
        return About(
            self.style.name,
            self.attribution,
            ARCHITECTURES[self.training.network],
            [part.tolist() for part in colour_statistics(self.style.picture)],
            {
                "settings": self.trained_settings,
                "training": asdict(self.training),
                "photos": len(self.photos),
                "encoder_sha256": encoder.digest,
                **({"began_with": self.first.about.name} if self.first else {}),
            },
        )

    def identity(self, about: About) -> str:
        """What tells a checkpoint of this training from one of any other."""
        # The last digits differ with how a picture was read.
        colours = [np.round(part, 3).tolist() for part in about.palette]
        return json.dumps(
            [
                FORMAT,
                about.name,
                colours,
                self.trained_settings,
                asdict(replace(self.training, iterations=1)),
                about.training["encoder_sha256"],
                self.first and sha256(network_bytes(self.first)).hexdigest(),
            ]
        )


def train_network(job: TrainingJob, device: Machine | str = "auto") -> Training:
    """Train a network on photos.

    Yields a `Progress` after each iteration; its preview is painted by the network so far. The state is saved
    now and then, and when the generator is closed. Raises PochadeError for what an artist can put right.
    """
    if not job.photos:
        raise PochadeError("There are no photos to learn from; choose a folder of photos or frames")
    encoder = load_encoder(job.encoder_file)
    about, training = job.about(encoder), job.training
    network = Network(about, training.seed)
    if first := job.first:
        if (
            replace(first.about.architecture, enlargement=about.architecture.enlargement)
            != about.architecture
        ):
            raise PochadeError(
                "The instant style {name} is another kind of network; begin with one of the same kind",
                name=first.about.name,
            )
        network.load_state_dict(first.state_dict())
    with compute_on(device) as where:
        network.to(where)
        optimizer = Muon(network.parameters(), training.learning_rate)
        names = [path.name for path in job.photos]
        checkpoint = TrainingCheckpoint(job.checkpoint, job.identity(about), names, network, optimizer)
        step = checkpoint.restore()
        if checkpoint.note:
            job.notes[""] = checkpoint.note
        if step < training.iterations:
            with at_work(encoder, where, training.crop, "Crop or Batch") as encoder:
                yield from _iterate(job, network, optimizer, encoder, checkpoint, step)
        return network.cpu().requires_grad_(False)


def _iterate(
    job: TrainingJob,
    network: Network,
    optimizer: Muon,
    encoder: Encoder,
    checkpoint: TrainingCheckpoint,
    step: int,
) -> Generator[Progress, None, None]:
    """All iterations from `step` on."""
    device, training = encoder.mean.device, job.training
    settings = Settings(**job.trained_settings)
    recolour = partial(
        match_colours, towards=colour_statistics(job.style.picture), form=settings.colour_match
    )
    photos = Photos(
        job.photos,
        2 * training.crop,
        device,
        recolour if takes_palette(settings) else lambda photo: photo,
        job.notes,
    )
    perceptual_loss = PerceptualLoss(job.style, training.style_size, settings, encoder)
    preview_image = photos.first() if job.preview_image is None else job.preview_image
    every = 1 if device.type == "cpu" else 10  # reading a loss makes the processor wait for a GPU
    known, note = 0.0, Sentence(". {note}", note=job.notes[""]) if "" in job.notes else ""
    while step < training.iterations:
        for group in optimizer.param_groups:
            cosine = math.cos(math.pi * step / training.iterations)
            group["lr"] = training.learning_rate * (0.5 + 0.5 * cosine)
        side = small_crop(training) if step < SMALL_CROPS * training.iterations else training.crop
        loss = train_step(network, optimizer, perceptual_loss, photos, training, side, step)
        step += 1
        if step % every == 0 or step == training.iterations:
            known = loss.item()
            if not math.isfinite(known):
                raise PochadeError("The training ran out of bounds; lower its Learning Rate")
        checkpoint.save_now_and_then(step)
        try:
            yield Progress(
                Sentence(
                    "Iteration {step} of {iterations}, learning {name}{note}",
                    step=step,
                    iterations=training.iterations,
                    name=job.style.name,
                    note=note,
                ),
                fraction=step / training.iterations,
                step=step,
                steps=training.iterations,
                loss=known,
                preview=partial(paint_preview, network, preview_image),
            )
        except GeneratorExit:
            checkpoint.save(step)
            raise


@torch.no_grad()
def paint_preview(network: Network, picture: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3 or 4), at most 384 px, painted by the network so far."""
    size = fit(picture.shape[0], picture.shape[1], min(PREVIEW, max(picture.shape[:2])))
    source = resize(to_tensor(picture[..., :3], next(network.parameters()).device), *size)
    return to_array(network(source))


def train_step(
    network: Network,
    optimizer: Muon,
    perceptual_loss: PerceptualLoss,
    photos: CropSource,
    training: InstantSettings,
    side: int,
    step: int,
) -> Tensor:
    """One iteration with crops of `side` px; returns the loss () before it.

    All that is random follows from the seed and `step`.
    """
    rng = np.random.default_rng((training.seed, step))
    pictures = photos.random_batch(training.batch, side, rng)  # (B, 3, side, side)
    painted = network(pictures)
    loss = perceptual_loss(painted, pictures, rng)
    if training.steadiness:
        augment = StabilityAugmentation.random(side, rng)
        augmented = augment(pictures)
        noise = torch.from_numpy(rng.standard_normal(augmented.shape, np.float32)).to(pictures.device)
        again = network(augmented + training.noise * noise)
        loss = loss + training.steadiness * (again - augment(painted)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()


def small_crop(training: InstantSettings) -> int:
    """Side in px of the crops in the first iterations."""
    return min(max(training.crop // 2, LEAST_SIDE), training.crop)
