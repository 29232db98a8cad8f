"""What the compact encoder is trained with: the teachers' features and crops of photos."""

import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from ..encoders.vgg import BGR_MEAN

CROP = 208  # px, margin included


class Teachers:
    """Pre-activations of both teachers, each with the padding and normalisation that it was trained with."""

    def __init__(self, vgg: Path, small: Path):
        # Standard deviation of each tap's features, known once the heads are fitted.
        self.sizes: dict[str, Tensor] = {}
        self.weights = {"": self._channels_last(load_file(vgg)), "*": self._channels_last(load_file(small))}

    @staticmethod
    def _channels_last(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        return {
            k: v.bfloat16().contiguous(memory_format=torch.channels_last) if v.ndim == 4 else v.bfloat16()
            for k, v in tensors.items()
        }

    @torch.no_grad()
    def __call__(self, picture: Tensor, which: str, wanted: set[str]) -> dict[str, Tensor]:
        """picture (B, 3, H, W) -> {"3_1": pre-activation (B, C, h, w)}; `which` is "" or "*", for 16x."""
        weights, found = self.weights[which], {}
        if which:
            x = F.conv2d(picture.bfloat16(), weights["normalise.weight"], weights["normalise.bias"])
        else:
            x = (picture[:, [2, 1, 0]] * 255 - picture.new_tensor(BGR_MEAN).view(1, 3, 1, 1)).bfloat16()
        x = x.contiguous(memory_format=torch.channels_last)
        for block, count in enumerate((2, 2, 4, 4, 1), 1):
            for i in range(1, count + 1):
                place = f"{block}_{i}"
                x = F.conv2d(
                    F.pad(x, (1,) * 4, mode="reflect"),
                    weights[f"conv{place}.weight"],
                    weights[f"conv{place}.bias"],
                )
                if place in wanted:
                    found[place] = x.float()
                    if len(found) == len(wanted):
                        return found
                x = F.relu_(x)
            x = F.max_pool2d(x, 2)
        raise ValueError(f"no such layers: {wanted}")


class Crops:
    """Endless batches of augmented photo crops (B, 3, CROP, CROP), RGB 0 to 1."""

    def __init__(self, folder: Path, rng: random.Random):
        self.rng, self.photos = rng, []
        for path in sorted(
            p for p in Path(folder).iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"}
        ):
            self.photos.append(np.asarray(Image.open(path).convert("RGB")))

    def one(self) -> Tensor:
        photo, side = Image.fromarray(self.rng.choice(self.photos)), int(CROP / self.rng.uniform(0.6, 1.6))
        side = min(side, *photo.size)
        left, top = (self.rng.randint(0, n - side) for n in photo.size)
        photo = photo.resize((CROP, CROP), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
        if self.rng.random() < 0.5:
            photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        return torch.from_numpy(np.array(photo)).permute(2, 0, 1).float() / 255

    def augmented(self) -> Tensor:
        """Paintings are more saturated, contrasty and grainy than photos: so are these."""
        picture, rng = self.one(), self.rng
        if rng.random() < 0.25:
            picture = torch.lerp(picture, self.one(), rng.random())
        if rng.random() < 0.5:
            grey = picture.mean(0, keepdim=True)
            picture = grey + (picture - grey) * rng.uniform(0, 2.5)
            picture = picture[torch.randperm(3)] if rng.random() < 0.5 else picture
            picture = (picture - 0.5) * rng.uniform(0.6, 1.6) + rng.uniform(0.35, 0.65)
        if rng.random() < 0.3:
            grain = (
                torch.randn(3, CROP, CROP)
                if rng.random() < 0.5
                else torch.randn(1, CROP, CROP).expand(3, -1, -1)
            )
            picture = picture + grain * rng.choice((0.03, 0.1, 0.3))
        return picture.clamp(0, 1)

    def batch(self, count: int) -> Tensor:
        return torch.stack([self.augmented() for _ in range(count)])
