"""Pictures that Pillow cannot read: Radiance HDR and TIFF of floats with OpenCV, DPX by itself, and what
OpenImageIO knows, which Blender brings from 4.4 on.

All functions give float32 (H, W, 1, 3 or 4), straight alpha, as it is in the file, and whether that is linear
light; None for a file that they cannot read. They may raise anything for a damaged one.
"""

import re
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import TiffImagePlugin

from ..words import Sentence
from .room import check_room

BYTES = 40  # for each pixel at the peak: decoded, converted, and as four float32

Found = tuple[np.ndarray, bool] | None

_HDR = (b"#?RADIANCE", b"#?RGBE")
_TIFF = (b"II*\0", b"MM\0*")
_DPX = {b"SDPX": ">", b"XPDS": "<"}  # which end of a number comes first
_DPX_CHANNELS = {1: 1, 2: 1, 3: 1, 4: 1, 6: 1, 50: 3, 51: 4}  # by the descriptor of its element
_LOGARITHMIC, _LINEAR = (1, 3), 2  # transfer characteristics; of the former, 1 is a print's density


def read_other(path: Path, data: bytes) -> Found:
    """The picture by the first of all these that can read it; `data` is what the file holds."""
    if data[:4] in _DPX:
        return _read_dpx(path.name, data)
    found = None
    if data.startswith(_HDR + _TIFF):
        found = _with_opencv(path.name, data)
    return found or _with_openimageio(path)


def check_size(name: str, width: int, height: int) -> None:
    """Raise PochadeError where memory has no room for a picture of this size."""
    check_room(
        Sentence("{name} has {width} x {height} pixels", name=name, width=width, height=height),
        BYTES * width * height,
    )


def library(name: str) -> ModuleType | None:
    """A module, None where it is not installed."""
    try:
        return import_module(name)
    except ImportError:
        return None


def decoded_by_opencv(data: bytes) -> np.ndarray | None:
    """What OpenCV reads, RGB(A) or grey in the file's own type; None without OpenCV, or where it cannot."""
    cv2 = library("cv2")
    if not cv2:
        return None
    try:
        stored = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    if stored is None or stored.ndim != 3:
        return stored
    return np.ascontiguousarray(stored[..., [2, 1, 0, 3][: stored.shape[2]]])


def _with_opencv(name: str, data: bytes) -> Found:
    light = data.startswith(_HDR)
    if light:
        sides = dict(re.findall(rb"[-+]([XY]) (\d{1,9})", data[:4096]))
        width, height = int(sides[b"X"]), int(sides[b"Y"])
    else:
        tags = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
        file = BytesIO(data)
        file.seek(tags.next)
        tags.load(file)
        width, height = tags[TiffImagePlugin.IMAGEWIDTH], tags[TiffImagePlugin.IMAGELENGTH]
    check_size(name, width, height)
    stored = decoded_by_opencv(data)
    if stored is None:
        return None
    white = np.iinfo(stored.dtype).max if stored.dtype.kind == "u" else 1
    return np.atleast_3d(stored).astype(np.float32) / white, light


def _with_openimageio(path: Path) -> Found:
    oiio = library("OpenImageIO")
    if not oiio:
        return None
    file = oiio.ImageInput.open(str(path))
    if not file:
        oiio.geterror()  # else it is printed at the end
        return None
    try:
        spec = file.spec()
        check_size(path.name, spec.width, spec.height)
        picture = file.read_image(oiio.FLOAT)
        if picture is None:
            raise ValueError(file.geterror())
    finally:
        file.close()
    picture = np.atleast_3d(picture)
    if spec.nchannels == 2 and spec.alpha_channel == 1:
        picture = picture[..., [0, 0, 0, 1]]
    picture = picture[..., :4] if spec.alpha_channel == 3 or spec.nchannels == 2 else picture[..., :3]
    if picture.shape[2] == 4 and not spec.getattribute("oiio:UnassociatedAlpha"):
        alpha = picture[..., 3:]
        picture[..., :3] = np.divide(picture[..., :3], alpha, out=picture[..., :3].copy(), where=alpha > 0)
    space = str(spec.getattribute("oiio:ColorSpace") or "").lower()
    return picture, space.startswith(("lin", "scene_linear"))


def _read_dpx(name: str, data: bytes) -> Found:
    """A DPX file after SMPTE 268M: RGB, RGBA or grey of 8, 10, 12 or 16 bits.

    Its code values are linear light, or densities of film, where it says so; else what is displayed.
    """
    end = _DPX[data[:4]]

    def number(offset: int, kind: str) -> int:
        return int(np.frombuffer(data, end + kind, 1, offset)[0])

    width, height = number(772, "u4"), number(776, "u4")
    descriptor, transfer, bits = (number(offset, "u1") for offset in (800, 801, 803))
    packing, encoding = number(804, "u2"), number(806, "u2")
    if number(770, "u2") != 1 or descriptor not in _DPX_CHANNELS or encoding:
        return None
    check_size(name, width, height)
    count = width * _DPX_CHANNELS[descriptor]
    pixels = np.frombuffer(data, np.uint8, offset=number(808, "u4") or number(4, "u4"))
    rows = _Rows(pixels, height, count, end)
    if bits in (8, 16):
        values = rows.read(f"u{bits // 8}")
    elif bits == 10 and packing in (1, 2):
        words, low = rows.read("u4", 3), 2 if packing == 1 else 0
        values = np.stack([words >> shift + low & 1023 for shift in (20, 10, 0)], axis=2)
    elif bits == 12 and packing in (1, 2):
        values = rows.read("u2") >> (4 if packing == 1 else 0) & 4095
    elif bits in (10, 12) and not packing:
        values = rows.read_packed(bits)
    else:
        return None
    picture = values.reshape(height, -1)[:, :count].reshape(height, width, -1).astype(np.float32)
    picture /= 2**bits - 1
    if transfer in _LOGARITHMIC:
        # Cineon: white at 685 and black at 95 of 1023, 0.002 of density for a step, a gamma of 0.6.
        light, black = (10 ** ((code - 685) * (0.002 / 0.6)) for code in (picture[..., :3] * 1023, 95))
        picture[..., :3] = (light - black) / (1 - black)
    # FFmpeg calls everything linear.
    by_ffmpeg = data[160:164] == b"Lavc"
    return picture, transfer in _LOGARITHMIC or transfer == _LINEAR and not by_ffmpeg


class _Rows:
    """Rows of `count` values each, which begin at multiples of four bytes, as the standard has it, or not."""

    def __init__(self, data: np.ndarray, height: int, count: int, end: str):
        self._data, self._height, self._count, self._end = data, height, count, end

    def read(self, kind: str, per_word: int = 1) -> np.ndarray:
        """(height, words) numbers of this kind, each with so many values. Raises ValueError if cut off."""
        size = int(kind[1:])
        return self._bytes(-(-self._count // per_word) * size).view(self._end + kind)

    def read_packed(self, bits: int) -> np.ndarray:
        """(height, count) numbers of so many bits, one after the other, from the lowest bits of words on."""
        words = self._bytes(-(-self._count * bits // 32) * 4).view(self._end + "u4")
        places = 2 ** np.arange(bits, dtype=np.uint16)
        rows = [
            np.unpackbits(row.astype("<u4").view(np.uint8), bitorder="little", count=self._count * bits)
            for row in words
        ]
        return np.stack([row.reshape(-1, bits) @ places for row in rows])

    def _bytes(self, used: int) -> np.ndarray:
        length = -(-used // 4) * 4
        if length * self._height > len(self._data):
            length = used
        rows = self._data[: length * self._height].reshape(self._height, length)[:, :used]
        return np.ascontiguousarray(rows)
