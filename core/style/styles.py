"""A style: a picture, the feature statistics of one at several sizes, or a network. Only what is measured
needs PyTorch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..errors import PochadeError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from ..encoders.network import Encoder
    from .losses import Statistics


@dataclass(frozen=True)
class Style:
    """A style's picture, float32 (H, W, 3), and, of presets, the table {size in px: {layer: Statistics}}.

    The table is of the encoder with the SHA-256 `digest`; for any other the picture is measured. `network` is
    the file, or its bytes, of an instant network that paints in this style. `ids`, integer, of any size, say
    what the picture shows where: what is painted takes the strokes of the same things. Below 0 none counts.
    """

    name: str
    picture: np.ndarray
    table: "dict[int, dict[str, Statistics]] | None" = None
    digest: str = ""
    network: Path | bytes | None = None
    ids: np.ndarray | None = None

    def network_bytes(self) -> bytes:
        """The instant network's file, or empty. Raises PochadeError when it cannot be read."""
        try:
            return self.network.read_bytes() if isinstance(self.network, Path) else self.network or b""
        except OSError as error:
            raise PochadeError(
                "The instant style of {name} cannot be read ({error}); train it again",
                name=self.name,
                error=error,
            ) from error

    def statistics(
        self, encoder: "Encoder", size: float, device: "torch.device", pooling: str = "max"
    ) -> "dict[str, Statistics]":
        """Statistics by layer of the style with a longer side of `size` px.

        A picture is enlarged to twice its size at most.
        """
        from .statistics import interpolate, picture_statistics

        if self.table is not None and self.digest == encoder.digest and pooling == "max":
            return {layer: s.to(device) for layer, s in interpolate(self.table, size).items()}
        return picture_statistics(self.picture, self._side(size), encoder, device, pooling)

    def features(
        self, encoder: "Encoder", size: float, device: "torch.device", layers: set[str], pooling: str = "max"
    ) -> "dict[str, Tensor]":
        """Features (h, w, C) by layer of the picture, as `statistics`."""
        from .statistics import picture_features

        return picture_features(self.picture, self._side(size), encoder, device, layers, pooling)

    def _side(self, size: float) -> int:
        return min(round(size), 2 * max(self.picture.shape[:2]))


def style_from_picture(name: str, picture: np.ndarray) -> Style:
    """A style from a picture (H, W, 3 or 4), 0 to 1; transparent parts are laid on white.

    Raises PochadeError for an unusable one.
    """
    if picture.ndim != 3 or picture.shape[2] not in (3, 4) or min(picture.shape[:2]) < 16:
        raise PochadeError(
            "The style picture {name} is too small to learn from; choose one of at least 16 px a side",
            name=name,
        )
    if not np.isfinite(picture).all():
        raise PochadeError(
            "The style picture {name} has invalid pixels (NaN or infinite); choose another", name=name
        )
    if picture.shape[2] == 4:
        picture = picture[..., :3] * picture[..., 3:] + (1 - picture[..., 3:])
    return Style(name, np.clip(picture, 0, 1).astype(np.float32))


Styles = Sequence[tuple[Style, float]]
