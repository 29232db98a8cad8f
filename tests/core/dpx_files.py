"""DPX files as cameras, scanners and compositors write them."""

import struct

import numpy as np


def dpx(values, bits, packing, transfer, end):
    """A DPX file of grey as RGB; `packing` 0 has the numbers one after the other, 1 has them filled up."""
    head = bytearray(2048)
    struct.pack_into(f"{end}4xI", head, 0, len(head))
    head[:4] = b"SDPX" if end == ">" else b"XPDS"
    struct.pack_into(f"{end}HHII", head, 768, 0, 1, *values.shape[::-1])
    struct.pack_into(f"{end}BBBBHHI", head, 800, 50, transfer, 2, bits, packing, 0, len(head))
    numbers = np.rint(values * (2**bits - 1)).astype(np.uint32).repeat(3, axis=1)
    if bits == 10 and packing:
        red, green, blue = (numbers[:, place::3] for place in range(3))
        words = red << 22 | green << 12 | blue << 2
    elif packing == 0 and bits in (10, 12):
        ones = numbers[..., None] >> np.arange(bits) & 1
        ones = np.pad(ones.reshape(len(numbers), -1), ((0, 0), (0, -numbers.shape[1] * bits % 32)))
        words = np.packbits(ones.astype(np.uint8), axis=1, bitorder="little").view("<u4")
    else:
        words = numbers << (4 if bits == 12 else 0)
        words = words.astype(np.uint8 if bits == 8 else np.uint16)
        words = np.pad(words, ((0, 0), (0, -words.nbytes // len(words) % 4 // words.itemsize)))
    return bytes(head) + words.astype(words.dtype.newbyteorder(end)).tobytes()
