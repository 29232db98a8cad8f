"""Networks that nobody had to train."""

import numpy as np
import torch

from core.instant.architecture import ARCHITECTURES, About
from core.instant.files import network_bytes
from core.instant.network import Network
from core.style.styles import Style


def made_network(size: str = "slim", seed: int = 0, loss: str = "covariance") -> Network:
    """A network that changes its picture, as one does that was trained with this style loss."""
    palette = [[0.5, 0.3, 0.2], np.diag([0.02, 0.01, 0.03]).tolist()]
    training = {"photos": 3, "settings": {"loss": loss, "start_colours": "style"}}
    network = Network(
        About("Made", "Nobody; CC0", ARCHITECTURES[size], palette, training), seed
    ).requires_grad_(False)
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if hasattr(module, "bias"):
            module.bias.normal_(0, 0.1, generator=generator)
    return network


def made_style(network: Network) -> tuple[tuple[Style, float]]:
    """A style that this network was trained on, alone."""
    return ((Style("Made", np.zeros((64, 64, 3), np.float32), network=network_bytes(network)), 1.0),)
