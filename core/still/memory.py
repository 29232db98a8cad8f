"""What painting a picture takes of the device's memory, and the tiles that make it fit.

The figures below are empirical. Checked on a processor with tests/bench/memory.py and the compact
encoder, painting took 83 % of the estimate in bfloat16 and 86 % in float32 (1024 px whole, matched).
"""

from dataclasses import replace
from typing import Any

import torch

from ..compute.devices import available_memory, describe_device, memory_limit
from ..compute.precision import precision
from ..compute.sizes import MARGIN, fit
from ..compute.tiles import TILE, room_for_whole
from ..encoders.network import Encoder, EncoderArchitecture, stride
from ..errors import PochadeError
from ..settings import Settings
from ..style.neighbours import GRID, matched_layers
from ..words import Sentence, joined, memory_in_words

# Of the bytes of all convolutions' outputs: what is kept of the forward pass, pooled features included.
ACTIVATIONS = 1.3
# Of the bytes of the larger of the first two convolutions, input and output: the gradients on the way back.
GRADIENTS = 2.2
# Bytes of each feature that the loss reads, in any precision: its gradient, and that of the distances there.
READ_FEATURE = 6
# Pictures of the finished size that are held at once: beside the optimiser's, and Adam's. L-BFGS holds two
# for each step that it remembers.
PICTURES, ADAM_PICTURES = 13, 4


def estimate_memory(
    height: int,
    width: int,
    settings: Settings,
    encoder: Encoder,
    device: torch.device,
    tile: int | None = None,
) -> int:
    """Bytes that painting a picture of this height and width takes at its peak, beyond PyTorch itself.

    It is painted at the largest size of `settings`, in tiles of `tile` px or whole.
    """
    height, width = fit(height, width, max(settings.size, settings.finish_size))
    architecture = encoder.architecture
    # Features of each layer for one pixel of the picture.
    features = {
        f"relu{place}": after / stride(f"relu{place}") ** 2 for place, _, after in architecture.convolutions()
    }
    pictures = PICTURES + (2 * settings.history if settings.optimizer == "lbfgs" else ADAM_PICTURES)
    kept = (
        3 * pictures
        + _neighbour_floats(settings, architecture)
        + sum(features[layer] for layer in architecture.content_layers)
    )  # floats a pixel
    halo = 2 * (architecture.receptive_field_radius() if tile else MARGIN)
    cut = (min(height, tile or height) + halo) * (min(width, tile or width) + halo)  # px
    activations = ACTIVATIONS * sum(features.values())
    gradients = GRADIENTS * max(before + after for _, before, after in architecture.convolutions()[:2])
    read = sum(features[layer] for layer in {*architecture.style_layers, *architecture.content_layers})
    return int(
        torch.float32.itemsize * height * width * kept
        + cut * (precision(device).itemsize * (activations + gradients) + READ_FEATURE * read)
    )


def _neighbour_floats(settings: Settings, architecture: EncoderArchitecture) -> float:
    """Floats a pixel that nearest neighbours take: the picture's features on the grid twice, those of the
    style's picture, about as large, and the source's below full strength.
    """
    if settings.loss != "neighbours":
        return 0.0
    channels = {f"relu{place}": after for place, _, after in architecture.convolutions()}
    layers = matched_layers(architecture)
    features = sum(channels[layer] / stride(layer) ** 2 for layer in layers)
    on_grid = sum(channels[layer] for layer in layers) / GRID**2
    return 2 * on_grid + features * (2 if settings.strength < 1 else 1)


def choose_tile(
    height: int, width: int, settings: Settings, encoder: Encoder, device: torch.device
) -> int | None:
    """The side in px of the tiles to paint a picture in, None to take it whole.

    Raises PochadeError where memory that is free or allowed does not do; it names a size that would.
    """
    free, limit = available_memory(device), memory_limit()
    room = min(free, limit)
    whole = estimate_memory(height, width, settings, encoder, device)
    if whole <= room_for_whole(device, free, limit):
        return None

    def need(**changes: Any) -> int:
        return estimate_memory(height, width, replace(settings, **changes), encoder, device, TILE)

    if need() <= room:
        return TILE
    largest = max(settings.size, settings.finish_size)
    # A finishing pass, Full's too, is the larger one of two sizes, and the one to lower.
    finishes = settings.finish_size > settings.size
    name = "finish_size" if finishes else "size"
    side = next((s for s in range((largest - 1) // 16 * 16, 63, -16) if need(**{name: s}) <= room), None)
    ways_out = []
    if side:
        ways_out.append(
            Sentence("set Finish Size to {side} px", side=side)
            if finishes
            else Sentence("lower Size to {side} px", side=side)
        )
    takes = {"side": largest, "memory": memory_in_words(need(), 1), "room": memory_in_words(room, 1)}
    if limit < free:
        raise PochadeError(
            "Painting at {side} px takes about {memory} and Memory Limit in the preferences allows {room}; "
            "{way_out}",
            way_out=joined([Sentence("raise it"), *ways_out], ", or "),
            **takes,
        )
    raise PochadeError(
        "Painting at {side} px takes about {memory} and {device} has {room} free; {way_out}",
        way_out=joined(ways_out or [Sentence("close other programs")], ", or "),
        device=describe_device(device),
        **takes,
    )
