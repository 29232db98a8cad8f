"""Who is seen where in the render: its Cryptomatte passes, saved in Blender's thread, read in the job's.

J. Friedman, A. C. Jones, Fully automatic ID mattes with support for motion blur and transparency, SIGGRAPH 2015 talks;
the format is that of the Cryptomatte specification 1.2.
"""

import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..core.exr import read_channels
from . import images

if TYPE_CHECKING:
    import numpy as np

# What a pass tells apart: its name in a file, and the view layer's property that has it rendered.
PASSES = {"OBJECT": ("CryptoObject", "use_pass_cryptomatte_object"), "MATERIAL": ("CryptoMaterial", "use_pass_cryptomatte_material")}
FILE = "passes.exr"
RENDER_AGAIN = "The render was made without Cryptomatte: switch it on under Regions, then render again (F12)"

_CHANNEL = re.compile(r"(?:.*\.)?(Crypto[A-Z][a-z]+)(\d\d)\.([rgba])")
# Cycles escapes nothing: with a quote in a name this is no JSON any more.
_MANIFEST_ENTRY = re.compile(r'"(.+?)": ?"[0-9a-f]{8}"(?=[,}])')

_seen: dict[str, list[str]] = {}  # by pass, the names in the render that was read last


@dataclass(frozen=True)
class Cryptomatte:
    """One pass of one view layer: pairs of (H, W) arrays, top row first, uint32 ids and float32 coverage, 0 to 1."""

    pairs: "list[tuple[np.ndarray, np.ndarray]]"

    def mask(self, names: Iterable[str]) -> "np.ndarray":
        """How much of each pixel belongs to any of these, float32 (H, W)."""
        import numpy as np
        wanted = np.array([crypto_id(name) for name in names], np.uint32)
        return sum(np.where(np.isin(ids, wanted), coverage, np.float32(0)) for ids, coverage in self.pairs)


def crypto_id(name: str) -> int:
    """The 32 bits that stand for a name: its MurmurHash3, made a float that is neither denormal, infinite nor NaN."""
    number = murmur3(name.encode())
    return number ^ 1 << 23 if number >> 23 & 255 in (0, 255) else number


def murmur3(data: bytes) -> int:
    """MurmurHash3_x86_32 with seed 0, by A. Appleby."""
    def mixed(block: int) -> int:
        return _rotated(block * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF

    number, whole = 0, len(data) & ~3
    for start in range(0, whole, 4):
        number = _rotated(number ^ mixed(int.from_bytes(data[start:start + 4], "little")), 13)
        number = number * 5 + 0xE6546B64 & 0xFFFFFFFF
    number ^= mixed(int.from_bytes(data[whole:], "little")) ^ len(data)
    number = (number ^ number >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    number = (number ^ number >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return number ^ number >> 16


def _rotated(number: int, bits: int) -> int:
    return (number << bits | number >> 32 - bits) & 0xFFFFFFFF


def are_missing(scene: bpy.types.Scene, kinds: Iterable[str]) -> bool:
    """Whether the next render would lack one of these passes in a view layer."""
    return not all(getattr(layer, PASSES[kind][1]) for kind in kinds for layer in scene.view_layers if layer.use)


def switch_on(scene: bpy.types.Scene, kinds: Iterable[str]) -> None:
    """Have these passes rendered in every view layer that is rendered."""
    for kind in kinds:
        for layer in scene.view_layers:
            if layer.use:
                setattr(layer, PASSES[kind][1], True)


def names_seen(kind: str) -> list[str]:
    """Names of the objects or materials in the render that was read last."""
    return _seen.get(kind, [])


def save(scene: bpy.types.Scene, image: bpy.types.Image) -> tempfile.TemporaryDirectory:
    """The Render Result's passes as FILE in a folder that goes away with this object."""
    folder = tempfile.TemporaryDirectory(prefix="pochade_", ignore_cleanup_errors=True)
    images.save_passes(scene, image, Path(folder.name, FILE))
    return folder


def read(path: Path) -> dict[str, list[Cryptomatte]]:
    """The Cryptomattes of a file with a render's passes, by PASSES' keys, one for each view layer. For the job's thread.

    Raises PochadeError when the engine has no OpenEXR, or the file cannot be read.
    """
    channels, header = read_channels(path)
    mattes = {kind: _cryptomattes(channels, named) for kind, (named, _) in PASSES.items()}
    _remember(header, mattes)
    return mattes


def _cryptomattes(channels, named) -> list[Cryptomatte]:
    """The Cryptomattes of one name, such as CryptoObject, in a file's channels."""
    layers: dict[str, list] = {}
    for key in sorted(channels):  # "Layer.CryptoObject00.r": ids are in r and b, their coverage in g and a
        found = _CHANNEL.fullmatch(key)
        if found and found[1] == named and found[3] in "rb":
            ids, coverage = channels[key], channels[f"{key[:-1]}{'g' if found[3] == 'r' else 'a'}"]
            layers.setdefault(key[:found.start(1)], []).append((ids.view("uint32"), coverage))
    return [Cryptomatte(pairs) for pairs in layers.values()]


def _remember(header, mattes) -> None:
    """Keep the manifests' names for the picker, but for those of Cycles' own that nothing in the picture has."""
    import numpy as np
    manifests = [value for key, value in header.items() if key.startswith("cryptomatte/") and key.endswith("/manifest")]
    names = {name for manifest in manifests for name in _MANIFEST_ENTRY.findall(manifest)}
    for kind in PASSES:
        seen = {number for matte in mattes[kind] for number in np.unique(matte.pairs[0][0]).tolist()}
        _seen[kind] = sorted(name for name in names if crypto_id(name) in seen)
