"""What is done to a valid file: to its bytes, to JSON in it, to a zip's members, to a checksummed array."""

import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable

Mutation = Callable[[bytes, random.Random], bytes]

WORDS = (b"\xff" * 4, b"\0" * 4, b"\0\0\0\x80", b"\xff\xff\xff\x7f", b"\0\0\0\x40", b"\xff" * 8, b"\0" * 8)
# JSON that stands where something else did; the deep ones as text, for Python cannot write them.
VALUES = (
    *"null true false 0 -1 1 1.5 -0.0 1e308 1e400 NaN -Infinity 255 4096 9000 2147483648".split(),
    *("9" * 30, '""', '"x"', '"\\u0000"', '"\\ud800"', '"../../x"', f'"{"a" * 5000}"'),
    *("[]", "{}", "[[1]]", '{"a": 1}', "[1, 2, 3]", "[-1, 8]", "[" * 3000, '{"a":' * 3000),
    *("[" * 500 + "]" * 500, f"[{'8,' * 300}8]"),
)


def bytes_changed(data: bytes, rng: random.Random) -> bytes:
    """Cut, flipped, overwritten, with bytes more or less; headers more often than what is behind them."""
    changed = bytearray(data)
    where = rng.randrange(min(len(data), rng.choice((64, 400, len(data)))) or 1)
    match rng.randrange(6):
        case 0:
            del changed[rng.randrange(len(data)) :]
        case 1:
            for _ in range(rng.randint(1, 8)):
                changed[rng.randrange(len(data))] = rng.randrange(256)
        case 2:
            changed[where] ^= 1 << rng.randrange(8)
        case 3:
            changed[where:where] = rng.randbytes(rng.randint(1, 40))
        case 4:
            del changed[where : where + rng.randint(1, 200)]
        case 5:
            word = rng.choice(WORDS)
            changed[where : where + len(word)] = word
    return bytes(changed)


def json_changed(data: bytes, rng: random.Random) -> bytes:
    """Another value, or none, somewhere in JSON."""
    values = json.loads(data)
    for _ in range(rng.randint(1, 2)):
        places = list(_places(values))
        if not places:
            break
        parent, key = rng.choice(places)
        if rng.randrange(5):
            parent[key] = "@@"
        else:
            parent.pop(key)
    text = json.dumps(values)
    while '"@@"' in text:
        text = text.replace('"@@"', rng.choice(VALUES), 1)
    return text.encode("utf-8", "surrogatepass")


def _places(values):
    """Each container with a key in it."""
    for key, value in list(values.items() if isinstance(values, dict) else enumerate(values)):
        yield values, key
        if isinstance(value, dict | list):
            yield from _places(value)


def header_changed(data: bytes, rng: random.Random) -> bytes:
    """A safetensors file with another header: of the tensors, or of what the metadata says as JSON."""
    length = int.from_bytes(data[:8], "little")
    header, behind = data[8 : 8 + length], data[8 + length :]
    values = json.loads(header)
    metadata = values.get("__metadata__", {})
    inner = [key for key, text in metadata.items() if text.startswith("{")]
    if inner and rng.randrange(3):
        changed = json_changed(metadata[inner[0]].encode(), rng)
        metadata[inner[0]] = changed.decode("utf-8", "replace")
        header = json.dumps(values).encode()
    else:
        header = json_changed(header, rng)
    return len(header).to_bytes(8, "little") + header + behind


def numbers_changed(data: bytes, rng: random.Random) -> bytes:
    """A safetensors file with other numbers in its tensors: NaN, infinite, or whatever comes."""
    changed, begin = bytearray(data), 8 + int.from_bytes(data[:8], "little")
    for _ in range(rng.randint(1, 4)):
        at = begin + rng.randrange((len(data) - begin) // 4) * 4
        changed[at : at + 4] = rng.choice(
            (b"\xff" * 4, b"\x00\x7c\x00\x7c", b"\x00\x00\x80\x7f", rng.randbytes(4))
        )
    return bytes(changed)


def member_changed(others: dict[str, Mutation]) -> Mutation:
    """Of a zip: one member mutated as its name says, left out, or there twice."""

    def change(data: bytes, rng: random.Random) -> bytes:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            members = [(info.filename, file.read(info)) for info in file.infolist()]
        at = rng.randrange(len(members))
        name, content = members[at]
        match rng.randrange(8):
            case 0:
                del members[at]
            case 1:
                members.append((rng.choice(("../x", "x" * 300, "a\0b", "plate.jpg", name + "x")), content))
            case _:
                members[at] = name, others.get(name.rpartition(".")[2], bytes_changed)(content, rng)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as file:
            for name, content in members:
                file.writestr(name, content)
        return packed.getvalue()

    return change


def array_changed(data: bytes, rng: random.Random) -> bytes:
    """A kept array with other bytes, and a SHA-256 that fits them again."""
    changed = bytes_changed(data[:-32], rng)
    return changed + hashlib.sha256(changed).digest()


def any_of(*mutations: Mutation) -> Mutation:
    return lambda data, rng: rng.choice(mutations)(data, rng)
