"""Feature networks: the compact encoder that ships inside, and others from files."""

from ..encoder_files import COMPACT
from .network import Encoder, load_encoder, stride

__all__ = ["COMPACT", "Encoder", "compact_encoder", "load_encoder", "stride"]


def compact_encoder() -> Encoder:
    """The encoder that ships with Pochade, on the CPU."""
    return load_encoder(COMPACT)
