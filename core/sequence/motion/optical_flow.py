"""Motion estimated from pictures: DIS by OpenCV, RAFT by torchvision.

T. Kroeger, R. Timofte, D. Dai, L. Van Gool, Fast Optical Flow using Dense Inverse Search, ECCV 2016.
Z. Teed, J. Deng, RAFT: Recurrent All-Pairs Field Transforms for Optical Flow, ECCV 2020.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import PochadeError
from ...files.pickled import read_weights
from ...files.published import RAFT
from ...style.colour import BT709

if TYPE_CHECKING:
    import torch

Flow = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""From one picture to another, both float32 (H, W, 3 or 4), 0 to 1: the point at p of the first is at p +
flow of the second; float32 (H, W, 2), px.
"""

# Above so many px, RAFT gets the pictures at a smaller size: its correlation volume, all pairs of positions
# at an eighth of the size, takes 1.1 GB for these.
RAFT_MAX_PIXELS = 1280 * 720
# px of a side: DIS refuses less, and RAFT's correlation pyramid halves the features three times.
_DIS_MIN_SIDE, _RAFT_MIN_SIDE = 16, 128
_STRIDE = 8  # px of RAFT's features


def dis_flow() -> Flow:
    """DIS, on the processor; the same for equal pictures and threads. Raises PochadeError without OpenCV."""
    try:
        import cv2
    except ImportError:
        raise PochadeError("Optical Flow, DIS needs the engine's OpenCV: see Pochade's preferences") from None
    estimator = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # type: ignore[attr-defined]
    estimator.setFinestScale(0)  # full resolution, which silhouettes need and no preset has

    def flow(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        first, second = (
            np.rint(_over_black(picture) @ BT709 * 255).astype(np.uint8) for picture in (first, second)
        )
        height, width = first.shape
        first, second = (_padded(grey, _DIS_MIN_SIDE) for grey in (first, second))
        return estimator.calc(first, second, None)[:height, :width]

    return flow


def raft_flow(weights: Path | None, device: "torch.device") -> Flow:
    """RAFT with the weights in a file. Raises PochadeError where they are missing or another network's."""
    import torch
    import torch.nn.functional as F

    network = load_raft(weights).to(device)

    @torch.inference_mode()
    def flow(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        height, width = first.shape[:2]
        scale = min(1, (RAFT_MAX_PIXELS / (height * width)) ** 0.5)
        size = [max(_STRIDE, round(side * scale)) for side in (height, width)]
        padding = [max(_RAFT_MIN_SIDE, -(-side // _STRIDE) * _STRIDE) - side for side in size]
        pictures = []
        for picture in (first, second):
            tensor = torch.from_numpy(_over_black(picture) * 2 - 1).permute(2, 0, 1)[None].to(device)
            tensor = F.interpolate(tensor, size, mode="bilinear", antialias=True) if scale < 1 else tensor
            pictures.append(F.pad(tensor, (0, padding[1], 0, padding[0]), mode="replicate"))
        found = network(*pictures)[-1][..., : size[0], : size[1]]
        if scale < 1:
            factor = found.new_tensor((width / size[1], height / size[0]))
            found = F.interpolate(found, (height, width), mode="bilinear") * factor[:, None, None]
        return np.ascontiguousarray(found[0].permute(1, 2, 0).float().cpu().numpy())

    return flow


def load_raft(weights: Path | None) -> "torch.nn.Module":
    """torchvision's raft_large with a file's weights, to evaluate. Raises PochadeError for other files."""
    try:
        from torchvision.models.optical_flow import raft_large
    except ImportError:
        raise PochadeError(
            "Optical Flow, RAFT needs the engine's torchvision: see Pochade's preferences"
        ) from None
    if weights is None or not weights.is_file():
        raise PochadeError(
            "Optical Flow, RAFT needs its weights: download RAFT in Pochade's preferences, or choose "
            "Optical Flow, DIS"
        )
    network = raft_large(weights=None)
    try:
        tensors = read_weights(weights)
        if not all(tensor.isfinite().all() for tensor in tensors.values()):
            raise ValueError("its weights are not finite")
        network.load_state_dict(tensors)
    except Exception as error:  # a damaged or hostile file raises whatever it likes
        raise PochadeError(
            "{name} does not hold torchvision's weights for RAFT: take its {file}",
            name=weights.name,
            file=RAFT.name,
        ) from error
    return network.eval().requires_grad_(False)


def _over_black(picture: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3 or 4) over black: float32 (H, W, 3)."""
    colour = np.clip(picture[..., :3], 0, 1)
    return np.asarray(colour * picture[..., 3:] if picture.shape[2] == 4 else colour, np.float32)


def _padded(grey: np.ndarray, least: int) -> np.ndarray:
    """The picture with its last row and column repeated until its sides are at least this long."""
    return np.pad(grey, [(0, max(0, least - side)) for side in grey.shape], mode="edge")
