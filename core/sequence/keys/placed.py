"""Keys where they are painted: at the size of the finished painting, over what is painted around them."""

import numpy as np
import torch
from torch import Tensor

from ...compute.tensors import resize, to_tensor
from ...style.colour import luminance
from ..fades import fade
from .key import Key


class PlacedKey:
    """A key at the finished size (h, w): its `colours` (1, 3, h, w), grey where only luminance is painted,
    without the fade of a frame with this `exposure`; and its `alpha` (1, 1, h, w).
    """

    def __init__(
        self, key: Key, size: tuple[int, int], device: torch.device, grey: bool = False, exposure: float = 1.0
    ):
        self.name, picture = key.name, key.picture
        if picture.shape[:2] != size:
            straight = to_tensor(picture, device)
            alpha = resize(straight[:, 3:], *size)
            colours = resize(straight[:, :3] * straight[:, 3:], *size) / alpha.clamp(min=1e-6)
            picture = torch.cat((colours.clamp(0, 1), alpha), 1)[0].permute(1, 2, 0).cpu().numpy()
        self._picture = picture
        colours = np.repeat(luminance(picture)[..., None], 3, axis=2) if grey else picture[..., :3]
        self.colours = to_tensor(fade(colours, 1 / exposure), device)
        self.alpha = to_tensor(picture[..., 3:], device)

    def over(self, painting: np.ndarray) -> np.ndarray:
        """The key laid over a painting (h, w, 3 or 4): to the bit the key where its alpha is 1."""
        alpha, rest = self._picture[..., 3:], painting[..., 3:] if painting.shape[2] == 4 else 1.0
        below = (1 - alpha) * rest
        whole = alpha + below
        # Divided only where the painting has alpha: x / 1 is x.
        colours = (self._picture[..., :3] * alpha + painting[..., :3] * below) / np.maximum(whole, 1e-6)
        return colours if painting.shape[2] == 3 else np.concatenate([colours, whole], axis=2)

    def over_tensor(self, painting: Tensor) -> Tensor:
        """The same of (1, 3, h, w), before the source's colours come back."""
        return self.colours * self.alpha + painting * (1 - self.alpha)

    def alone(self, channels: int) -> np.ndarray:
        """The picture (h, w, channels) of a key that shows all of its frame."""
        return self._picture[..., :channels]
