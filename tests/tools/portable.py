"""What Windows binaries take from other DLLs, read from the files themselves: PE import tables."""

import struct
from collections.abc import Container, Iterator

RUNTIME = "msvcp140.dll"


def imports(binary: bytes) -> dict[str, set[str]]:
    """The names that a PE file imports, by the DLL, in lower case.

    Raises ValueError for what is no PE file.
    """
    try:
        return _imports(binary)
    except (struct.error, IndexError) as error:
        raise ValueError("this is no whole PE file") from error


def unfit(taken: Container[str]) -> bool:
    """Whether a binary with these imports from the C++ runtime crashes beside one older than 14.40: it locks
    mutexes and has nobody set them up. addon/engine/msvcp.py says more.
    """
    return "_Mtx_lock" in taken and "_Mtx_init_in_situ" not in taken


def _imports(binary: bytes) -> dict[str, set[str]]:
    if binary[:2] != b"MZ":
        raise ValueError("this is no PE file")
    (header,) = struct.unpack_from("<I", binary, 0x3C)
    if binary[header : header + 4] != b"PE\0\0":
        raise ValueError("this is no PE file")
    _, count, _, _, _, optional, _ = struct.unpack_from("<HHIIIHH", binary, header + 4)
    options = header + 24
    wide = struct.unpack_from("<H", binary, options)[0] == 0x20B  # of 64 bits
    directories = options + (112 if wide else 96)
    sections = [
        struct.unpack_from("<IIII", binary, options + optional + 40 * index + 8) for index in range(count)
    ]

    def place(address: int) -> int:
        """Where in the file an address of the loaded image is."""
        for size, start, stored, offset in sections:
            if start <= address < start + max(size, stored):
                return address - start + offset
        raise ValueError("this PE file points outside of its sections")

    def text(address: int) -> str:
        start = place(address)
        return binary[start : binary.index(b"\0", start)].decode("ascii", "replace")

    def names(thunks: int) -> Iterator[str]:
        size, form = (8, "<Q") if wide else (4, "<I")
        start = place(thunks)
        while entry := struct.unpack_from(form, binary, start)[0]:
            if not entry >> (8 * size - 1):  # others are imported by number
                yield text(entry + 2)
            start += size

    found: dict[str, set[str]] = {}
    table = struct.unpack_from("<I", binary, directories + 8)[0]  # the second directory is that of imports
    start = place(table) if table else 0
    while start and any(entry := struct.unpack_from("<5I", binary, start)):
        lookup, _, _, name, bound = entry
        found.setdefault(text(name).lower(), set()).update(names(lookup or bound))
        start += struct.calcsize("<5I")
    return found
