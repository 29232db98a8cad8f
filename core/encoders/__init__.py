"""Feature networks: the compact encoder that ships inside, and others from files."""

from functools import lru_cache
from pathlib import Path

from .network import Encoder, load_encoder, stride

COMPACT = Path(__file__).with_name("compact.safetensors")

__all__ = ["COMPACT", "Encoder", "compact_encoder", "load_encoder", "stride"]


@lru_cache(maxsize=1)
def compact_encoder() -> Encoder:
    """The encoder that ships with Pochade, on the CPU; loaded once."""
    return load_encoder(COMPACT)
