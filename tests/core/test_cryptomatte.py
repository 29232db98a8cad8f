"""Cryptomatte passes in files: masks by name, and the names that there are."""

import numpy as np
import pytest

from core.errors import PochadeError
from core.files.cryptomatte import crypto_id, manifest_names, murmur3, read_cryptomattes
from tests.core.exr_files import write_exr


def test_names_are_hashed_as_the_specification_says():
    # Published checks of MurmurHash3_x86_32 with seed 0.
    assert [murmur3(text) for text in (b"", b"a", b"abc", b"test", b"Hello, world!")] == [
        0,
        0x3C2569B2,
        0xB3DD93FA,
        0xBA6BD213,
        0xC0363E43,
    ]
    numbers = [crypto_id(str(number)) for number in range(3000)]
    assert any(murmur3(str(number).encode()) >> 23 & 255 in (0, 255) for number in range(3000))
    assert all(
        np.uint32(number).view(np.float32) != 0 and np.isfinite(np.uint32(number).view(np.float32))
        for number in numbers
    )


@pytest.mark.parametrize("several_parts", [False, True])
def test_masks_by_name(tmp_path, several_parts):
    def ids(name):
        return np.full((4, 6), crypto_id(name), np.uint32).view(np.float32)

    share = np.linspace(0, 1, 24, dtype=np.float32).reshape(4, 6)
    channels = {
        f"View.Layer.CryptoObject00.{channel}": array
        for channel, array in zip("rgba", (ids("Füße"), share, ids('The "one"'), 1 - share), strict=True)
    }
    manifest = ",".join(f'"{name}":"{crypto_id(name):08x}"' for name in ("Füße", 'The "one"', "Nobody"))
    path = write_exr(
        tmp_path / "a.exr", channels, {"cryptomatte/1234567/manifest": "{" + manifest + "}"}, several_parts
    )
    mattes = read_cryptomattes(path)
    assert mattes["MATERIAL"] == []
    (matte,) = mattes["OBJECT"]
    assert np.array_equal(matte.mask(["Füße"]), share)
    assert np.allclose(matte.mask(["Füße", 'The "one"', "Nobody"]), 1)
    assert not matte.mask(["Nobody"]).any()
    assert matte.names_seen() == {"Füße", 'The "one"'}


def test_a_manifests_names_are_found_in_one_walk():
    """With capital digits the former pattern walked to the end from every quote: minutes for this one."""
    names = [f"Object.{number:06}" for number in range(100_000)]
    for digits in ("{:08x}", "{:08X}"):
        entries = (f'"{name}":"{digits.format(0xABC00000 + k)}"' for k, name in enumerate(names))
        assert list(manifest_names("{" + ",".join(entries) + "}")) == names
    assert list(manifest_names('{"a": "0000000A", "b" : "0000000b"}')) == ["a", "b"]
    assert list(manifest_names('{"The "one"":"00000001","}":"00000002"}')) == ['The "one"', "}"]
    assert list(manifest_names('"' * 1_000_000)) == []
    assert list(manifest_names('{"' + "a" * 10_000_000 + '":"11223344","b":"00000001"}')) == ["b"]
    assert list(manifest_names("{" + '"a":"zzzzzzzz",' * 9 + '"b":"0000')) == []


@pytest.mark.parametrize("missing", ["g", "a"])
def test_passes_that_are_not_whole_are_one_sentence(tmp_path, missing):
    channels = {f"V.CryptoObject00.{key}": np.zeros((4, 6), np.float32) for key in "rgba" if key != missing}
    with pytest.raises(PochadeError, match="not whole"):
        read_cryptomattes(write_exr(tmp_path / "a.exr", channels))


def test_ids_in_half_precision_are_one_sentence(tmp_path):
    channels = {f"V.CryptoObject00.{key}": np.zeros((4, 6), np.float16) for key in "rgba"}
    with pytest.raises(PochadeError, match="half precision"):
        read_cryptomattes(write_exr(tmp_path / "a.exr", channels))
