"""How steady a painted sequence is, and how much style it has. Frames: float32 (H, W, 3), 0 to 1."""

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F

from core.compute.sizes import MARGIN, fit
from core.compute.tensors import pad, resize, to_tensor
from core.encoders.network import compact_encoder, without_margin
from core.style.colour import BT709
from core.style.losses import Statistics, covariance_loss, feature_statistics
from core.style.styles import Style

Pictures = Sequence[np.ndarray]
GHOST_MARGIN = 4  # px around a thing, which its own edges and strokes may fill


def warp(picture: np.ndarray, flow: np.ndarray, beyond: str = "border") -> np.ndarray:
    """`picture` (H, W, C) sampled bilinearly at pixel + flow; `beyond` its edges repeated, or "zeros"."""
    height, width = flow.shape[:2]
    y, x = np.mgrid[:height, :width]
    at = np.stack(((x + flow[..., 0]) * 2 / (width - 1) - 1, (y + flow[..., 1]) * 2 / (height - 1) - 1), -1)
    planes = torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)[None]
    sampled = F.grid_sample(
        planes, torch.from_numpy(at.astype(np.float32))[None], padding_mode=beyond, align_corners=True
    )
    return sampled[0].permute(1, 2, 0).numpy()


def squared_error(a: np.ndarray, b: np.ndarray, mask: np.ndarray) -> float:
    """Mean over the pixels that `mask` (H, W) counts, and over the channels."""
    return float((np.square(a - b).mean(-1) * mask).sum() / max(mask.sum(), 1))


def temporal_error(frames: Pictures, backward: Pictures, masks: Pictures) -> float:
    """Ruder et al. 2016: the squared difference of a frame from the warped one before; the mean of pairs.

    `backward[i]` and `masks[i]` (H, W), 1 where the frame before shows it too, belong to `frames[i + 1]`. Of
    a render it is what its light, its noise and the interpolation change.
    """
    return float(
        np.mean(
            [
                squared_error(later, warp(earlier, flow), mask)
                for earlier, later, flow, mask in zip(frames, frames[1:], backward, masks, strict=False)
            ]
        )
    )


def warp_floor(frames: Pictures, backward: Pictures, forward: Pictures, masks: Pictures) -> float:
    """What bilinear interpolation alone costs: each frame's squared difference from itself moved on and back.

    `forward[i]` belongs to `frames[i]`, the others as in `temporal_error`. It has two interpolations where
    the temporal error has one. Only pixels count whose neighbours on the way are all seen in both frames and
    move along: not silhouettes.
    """
    errors = []
    for frame, there, back, mask in zip(frames, backward, forward, masks, strict=False):
        seen = warp(mask[..., None].astype(np.float32), back, "zeros")[..., 0] > 0.999
        seen &= np.linalg.norm(warp(there, back) + back, axis=-1) < 0.1
        errors.append(squared_error(frame, warp(warp(frame, there), back), seen))
    return float(np.mean(errors))


def sharpness(frames: Pictures, others: Pictures) -> float:
    """Mean length of the luminance's gradient, relative to that of other frames: less than 1 is blurred."""
    return mean_gradient(frames) / mean_gradient(others)


def mean_gradient(frames: Pictures) -> float:
    return float(np.mean([np.hypot(*np.gradient(frame[..., :3] @ BT709)).mean() for frame in frames]))


def ghosts(painted: np.ndarray, alone: np.ndarray, things: Pictures) -> float:
    """How much of a thing that moved before an empty world stays behind: the strength of the last painted
    frame's edges where a silhouette was in an earlier one, over that in the same frame painted alone; each
    relative to the edges of the world that the thing never touched. The worst of the earlier frames; 1: no
    trace.

    `things` (H, W), bool, say where the thing was in each frame, the last one included.
    """

    def grown(mask: np.ndarray, radius: int) -> np.ndarray:
        planes = torch.from_numpy(mask.astype(np.float32))[None]
        return F.max_pool2d(planes, 2 * radius + 1, 1, radius)[0].numpy() > 0

    now = grown(things[-1], GHOST_MARGIN)
    untouched = ~np.logical_or.reduce([grown(thing, 3 * GHOST_MARGIN) for thing in things]) & ~now
    rims = [grown(thing, 1) & grown(~thing, 1) & ~now for thing in things[:-1]]

    def traces(frame: np.ndarray) -> np.ndarray:
        edges = np.hypot(*np.gradient(frame[..., :3] @ BT709))
        return np.array([edges[rim].mean() for rim in rims if rim.any()]) / edges[untouched].mean()

    return float((traces(painted) / traces(alone)).max())


def mask_coverage(masks: Pictures, visible: Pictures) -> float:
    """How much of what is truly seen in both frames the masks count."""
    return float(
        sum((mask * truth).sum() for mask, truth in zip(masks, visible, strict=True))
        / max(sum(map(np.sum, visible)), 1)
    )


def static_drift(frames: Pictures) -> dict[str, float]:
    """Of a scene without motion, in 1/255: how far the mean luminance goes from first to last, and how much
    consecutive frames differ, in the mean over pixels, channels and pairs.
    """
    first, last = ((frame[..., :3] @ BT709).mean() for frame in (frames[0], frames[-1]))
    steps = [np.abs(later - earlier).mean() for earlier, later in zip(frames, frames[1:], strict=False)]
    return {"luminance": float(abs(last - first) * 255), "consecutive": float(np.mean(steps) * 255)}


class StyleDistance:
    """How much of a style pictures have, in the compact encoder's eyes: relative errors of the features'
    means and covariances, the average of its style layers at full and at half size.
    """

    def __init__(self, style: Style, size: int, device: torch.device):
        self.encoder, self.device = compact_encoder().to(device), device
        height, width = fit(*style.picture.shape[:2], size)
        self.target = self.statistics(resize(to_tensor(style.picture, device), height, width))

    @torch.no_grad()
    def statistics(self, picture: torch.Tensor) -> dict[tuple[str, int], Statistics]:
        """By layer and share of the size; never in half precision, whatever painting uses."""
        found = {}
        for parts in (1, 2):
            scaled = F.interpolate(picture, scale_factor=1 / parts, mode="area") if parts > 1 else picture
            features = self.encoder.trunk(
                pad(scaled, (MARGIN, MARGIN)), set(self.encoder.architecture.style_layers)
            )
            for layer, f in features.items():
                found[layer, parts] = feature_statistics(
                    without_margin(f, layer)[0].permute(1, 2, 0).float(), self.encoder.metrics.get(layer)
                )
        return found

    def distance(self, picture: np.ndarray) -> float:
        """Of (H, W, 3) from the style."""
        statistics = self.statistics(to_tensor(np.ascontiguousarray(picture[..., :3]), self.device))
        return sum(
            covariance_loss(statistics[key], target).sqrt().item() for key, target in self.target.items()
        ) / len(self.target)

    def shares(self, painted: Pictures, sources: Pictures) -> list[float]:
        """For each frame the share of its source's distance to the style that painting closed, 0 to 1."""
        return [1 - self.distance(a) / self.distance(b) for a, b in zip(painted, sources, strict=True)]
