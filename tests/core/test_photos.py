"""Folders of photos and frames: which files are such, and which numbers their names have."""

from pathlib import Path

import pytest

from core.files.photos import find_photos, find_sequence, numbered


def touch(folder, names):
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        (["p_-0002.png", "p_-0001.png", "p_0000.png", "p_0001.png"], [-2, -1, 0, 1]),
        (["-02.png", "-01.png", "00.png"], [-2, -1, 0]),
        (["shot-0001.png", "shot0000.png", "shot0001.png"], [-1, 0, 1]),
        (["shot-0001.png", "shot-0002.png"], [1, 2]),
        (["photo_0001.jp2", "photo_0002.jp2"], [1, 2]),
        (["photo.0001", "photo.0002"], [1, 2]),
        (["a1_0009.png", "a1_0010.png"], [9, 10]),
    ],
)
def test_the_numbers_of_a_sequence(tmp_path, names, numbers):
    touch(tmp_path, [*names, "._" + names[0], "other_0001.png"])
    for name in names:
        found = find_sequence(tmp_path / name)
        assert {number: path.name for number, path in found.items()} == dict(zip(numbers, names, strict=True))


def test_a_minus_between_two_sequences_is_no_sign(tmp_path):
    touch(tmp_path, ["shot-0001.png", "shot-0002.png", "shot0001.png", "shot0002.png"])
    assert list(find_sequence(tmp_path / "shot0001.png")) == [1, 2]
    assert list(find_sequence(tmp_path / "shot-0001.png")) == [1, 2]


def test_a_name_without_a_number_has_no_sequence(tmp_path):
    touch(tmp_path, ["photo.jp2"])
    assert find_sequence(tmp_path / "photo.jp2") == {} and numbered("photo.jp2") is None


@pytest.mark.parametrize(
    ("name", "frame", "other"),
    [
        ("p_0001.jp2", 12, "p_0012.jp2"),
        ("p_-0001.png", 3, "p_0003.png"),
        ("p_0001.png", -3, "p_-0003.png"),
        ("9.png", 10, "10.png"),
    ],
)
def test_the_name_of_another_frame(name, frame, other):
    assert numbered(name).name_of(frame) == other


def test_hidden_files_are_no_photos(tmp_path):
    touch(tmp_path, ["._photo.jpg", ".hidden.png", "photo.jpg", "scan.hdr"])
    assert find_photos(tmp_path) == [Path(tmp_path, "photo.jpg"), Path(tmp_path, "scan.hdr")]
