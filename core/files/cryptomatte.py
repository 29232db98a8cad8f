"""Who is seen where in a render: the Cryptomatte passes in its file.

J. Friedman, A. C. Jones, Fully automatic ID mattes with support for motion blur and transparency, SIGGRAPH
2015 talks; the format is that of the Cryptomatte specification 1.2.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ..errors import PochadeError
from .exr import read_channels

if TYPE_CHECKING:
    import numpy as np

# What a pass tells apart: its name in a file.
PASSES = {"OBJECT": "CryptoObject", "MATERIAL": "CryptoMaterial"}

_CHANNEL = re.compile(r"(?:.*\.)?(Crypto[A-Z][a-z]+)(\d\d)\.([rgba])")
# Cycles escapes nothing: with a quote in a name a manifest is no JSON any more. So entries are told by their
# ends, each of which is looked at once.
_ENTRY_END = re.compile(r'"\s?:\s?"[0-9a-fA-F]{8}"(?=\s?[,}])')
_ENTRY_START = re.compile(r'[\s{,]*"')
_LONGEST_NAME = 1024  # characters


@dataclass(frozen=True)
class Cryptomatte:
    """One pass of a view layer: pairs of arrays (H, W), top row first, uint32 ids and coverage, 0 to 1.

    `names` are those in the file, of this pass or of another; `layer` is the view layer's.
    """

    pairs: "list[tuple[np.ndarray, np.ndarray]]"
    names: frozenset[str]
    layer: str = ""

    def mask(self, names: Iterable[str]) -> "np.ndarray":
        """How much of each pixel belongs to any of these, float32 (H, W)."""
        import numpy as np

        wanted = np.array([crypto_id(name) for name in names], np.uint32)
        parts = [np.where(np.isin(ids, wanted), coverage, np.float32(0)) for ids, coverage in self.pairs]
        return cast("np.ndarray", sum(parts))

    def seen_at(self, row: int, column: int) -> tuple[float, str]:
        """What covers most of a pixel: how much of it, 0 to 1, and its name; "" where nothing has one."""
        covered: dict[int, float] = {}
        for ids, coverage in self.pairs:
            number = int(ids[row, column])
            covered[number] = covered.get(number, 0.0) + float(coverage[row, column])
        named = {number: name for name in self.names if (number := crypto_id(name)) in covered}
        return max(((covered[number], name) for number, name in named.items()), default=(0.0, ""))

    def names_seen(self) -> set[str]:
        """The names of what is in the picture: a file also has Cycles' own, that nothing there has."""
        import numpy as np

        # The two that cover most of a pixel.
        seen = {number for ids, _ in self.pairs[:2] for number in np.unique(ids).tolist()}
        return {name for name in self.names if crypto_id(name) in seen}


def crypto_id(name: str) -> int:
    """The 32 bits that stand for a name: its MurmurHash3, made a normal, finite float."""
    number = murmur3(name.encode())
    return number ^ 1 << 23 if number >> 23 & 255 in (0, 255) else number


def murmur3(data: bytes) -> int:
    """MurmurHash3_x86_32 with seed 0, by A. Appleby."""

    def mixed(block: int) -> int:
        return _rotated(block * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF

    number, whole = 0, len(data) & ~3
    for start in range(0, whole, 4):
        number = _rotated(number ^ mixed(int.from_bytes(data[start : start + 4], "little")), 13)
        number = number * 5 + 0xE6546B64 & 0xFFFFFFFF
    number ^= mixed(int.from_bytes(data[whole:], "little")) ^ len(data)
    number = (number ^ number >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    number = (number ^ number >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return number ^ number >> 16


def _rotated(number: int, bits: int) -> int:
    return (number << bits | number >> 32 - bits) & 0xFFFFFFFF


def read_cryptomattes(path: str | Path) -> dict[str, list[Cryptomatte]]:
    """A multilayer OpenEXR file's Cryptomattes by PASSES' keys, one for each view layer that has the pass.

    Raises PochadeError where nothing here can read OpenEXR, or the file cannot be read whole.
    """
    channels, header = read_channels(path)
    manifests = [
        value for key, value in header.items() if key.startswith("cryptomatte/") and key.endswith("/manifest")
    ]
    names = frozenset(name for manifest in manifests for name in manifest_names(manifest))
    return {
        kind: [
            Cryptomatte(pairs, names, layer)
            for layer, pairs in _pairs(Path(path).name, channels, named).items()
        ]
        for kind, named in PASSES.items()
    }


def manifest_names(manifest: str) -> Iterator[str]:
    """The names in a manifest, in time that grows with its length."""
    at = 0
    for end in _ENTRY_END.finditer(manifest):
        start = _ENTRY_START.match(manifest, at, end.start())
        if start and 0 < end.start() - start.end() <= _LONGEST_NAME:
            yield manifest[start.end() : end.start()]
        at = end.end()


def _pairs(
    file: str, channels: dict[str, Any], named: str
) -> "dict[str, list[tuple[np.ndarray, np.ndarray]]]":
    """Ids and coverage of the passes of one name, such as CryptoObject, by view layer. Raises PochadeError
    for passes that are not whole, or not as exact as numbers of 32 bits.
    """
    layers: dict[str, list] = {}
    for key in sorted(channels):  # "Layer.CryptoObject00.r": ids are in r and b, their coverage in g and a
        found = _CHANNEL.fullmatch(key)
        if found and found[1] == named and found[3] in "rb":
            ids, coverage = channels[key], channels.get(f"{key[:-1]}{'g' if found[3] == 'r' else 'a'}")
            if coverage is None or coverage.shape != ids.shape or ids.dtype.itemsize != 4:
                raise PochadeError(
                    "The Cryptomatte in {file} is not whole, or written with half precision: "
                    "render the frame again, with Float (Full)",
                    file=file,
                )
            layer = key[: found.start(1)].removesuffix(".")
            layers.setdefault(layer, []).append((ids.view("uint32"), coverage))
    return layers
