"""The recipe in a picture's file: any reader still reads the picture, and what is read is anybody's file."""

import json
import struct
import zlib
from dataclasses import replace

import numpy as np
import OpenEXR
import pytest
from PIL import Image

from core.errors import PochadeError
from core.files import recipes
from core.files.exr import read_channels
from core.files.pictures import read_picture, write_picture
from core.progress import finish
from core.sequence.animation import stylize_animation
from core.sequence.job import SequenceJob
from core.sequence.shot import Frame, Shot
from core.sequence.steps import Look
from core.settings import AnimationSettings, Settings, TimingSettings, settings_from
from core.still.files import paint_files
from core.style.styles import Style

STYLES = [["starry_night", "The Starry Night", 0.75], ["", "Füße 脚.jpg", 0.25]]
RECIPE = recipes.recipe("photo ☀.png", "The Starry Night + Füße 脚", STYLES, Settings(seed=7, strength=0.6))


@pytest.fixture
def picture():
    return np.random.default_rng(3).random((20, 24, 4)).astype(np.float32)


@pytest.mark.parametrize("name, bits", [("a.png", 8), ("a.png", 16), ("a.exr", 8), ("a.jpg", 8)])
def test_a_recipe_comes_back_and_the_picture_is_the_same(tmp_path, picture, name, bits):
    write_picture(tmp_path / name, picture, bits)
    plain = read_picture(tmp_path / name)
    with pytest.raises(PochadeError, match="does not say how it was painted"):
        recipes.read(tmp_path / name)
    write_picture(tmp_path / name, picture, bits, recipe=RECIPE)
    assert recipes.read(tmp_path / name) == RECIPE
    assert (read_picture(tmp_path / name) == plain).all()


def test_other_programs_find_the_text(tmp_path, picture):
    write_picture(tmp_path / "a.png", picture, recipe=RECIPE)
    with Image.open(tmp_path / "a.png") as file:
        file.load()
        assert json.loads(file.text["pochade"]) == RECIPE
        file.save(tmp_path / "again.png", pnginfo=None)
    write_picture(tmp_path / "a.jpg", picture, recipe=RECIPE)
    with Image.open(tmp_path / "a.jpg") as file:
        assert json.loads(file.info["comment"].partition(b"\0")[2]) == RECIPE
    write_picture(tmp_path / "a.exr", picture, recipe=RECIPE)
    assert json.loads(OpenEXR.File(str(tmp_path / "a.exr")).header()["pochade"]) == RECIPE


@pytest.mark.parametrize("size", [(1, 1), (17, 5), (700, 3)])
def test_every_line_of_an_exr_is_found_behind_a_recipe(tmp_path, size):
    picture = np.random.default_rng(0).random((*size, 3)).astype(np.float32)
    write_picture(tmp_path / "a.exr", picture)
    plain, _ = read_channels(tmp_path / "a.exr")
    recipes.add(tmp_path / "a.exr", RECIPE)
    found, _ = read_channels(tmp_path / "a.exr")
    assert all((found[name] == plain[name]).all() for name in "RGB")


def test_a_recipe_that_a_file_has_no_room_for_is_left_out(tmp_path, picture):
    for name, made in (("a.jpg", RECIPE | {"style": "long" * 20_000}), ("a.webp", RECIPE)):
        write_picture(tmp_path / name, picture, recipe=made)
        assert read_picture(tmp_path / name).shape[:2] == (20, 24)
        with pytest.raises(PochadeError, match="does not say how it was painted"):
            recipes.read(tmp_path / name)


def test_files_that_are_painted_say_how(tmp_path):
    style = np.random.default_rng(1).random((64, 64, 3)).astype(np.float32)
    write_picture(tmp_path / "photo.png", np.random.default_rng(2).random((64, 80, 3)))
    settings = Settings(resolution="draft", size=64, coarse_size=64, steps=1, seed=3)
    mix = [(Style("Wave", style), 2.0), (Style("Sky", style[::-1]), 1.0)]
    finish(paint_files([tmp_path / "photo.png"], lambda _: tmp_path / "painted.png", mix, settings, "cpu"))
    found = recipes.read(tmp_path / "painted.png")
    assert (found["source"], found["style"]) == ("photo.png", "Wave + Sky")
    assert found["choices"] == [["", "Wave", 2.0], ["", "Sky", 1.0]]
    assert settings_from(found["settings"]) == settings


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png_with(tmp_path, *chunks):
    write_picture(tmp_path / "a.png", np.zeros((16, 16, 3)))
    data = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(data[:33] + b"".join(chunks) + data[33:])
    return tmp_path / "a.png"


@pytest.mark.parametrize("kind", ["compressed", "latin"])
def test_a_program_may_have_written_the_text_in_another_way(tmp_path, kind):
    text = json.dumps(RECIPE).encode()
    compressed = b"pochade\0\1\0en\0pochade\0" + zlib.compress(text)
    path = png_with(
        tmp_path, chunk(b"iTXt", compressed) if kind == "compressed" else chunk(b"tEXt", b"pochade\0" + text)
    )
    assert recipes.read(path) == RECIPE


@pytest.mark.parametrize(
    "content",
    [
        b"pochade\0",
        b"pochade\0\0\0\0\0not json",
        b"pochade\0\0\0\0\0[1, 2]",
        b"pochade\0\0\0\0\0" + json.dumps(RECIPE | {"style": 7}).encode(),
        b"pochade\0\0\0\0\0" + json.dumps(RECIPE | {"settings": []}).encode(),
        b"pochade\0\0\0\0\0" + b"[" * 100_000,
        b"pochade\0\1\0\0\0" + zlib.compress(b" " * 200_000_000),
        b"pochade\0\1\0\0\0not zipped",
    ],
    ids=lambda content: str(content[:30]),
)
def test_a_strangers_text_is_no_recipe(tmp_path, content):
    with pytest.raises(PochadeError, match="does not say how it was painted"):
        recipes.read(png_with(tmp_path, chunk(b"iTXt", content)))


def test_more_than_a_recipe_is_not_taken(tmp_path):
    content = b"pochade\0\0\0\0\0" + json.dumps(RECIPE | {"__class__": "os.system"}).encode()
    assert recipes.read(png_with(tmp_path, chunk(b"iTXt", content))) == RECIPE


def test_what_is_no_file_is_said(tmp_path):
    with pytest.raises(PochadeError, match="Cannot read"):
        recipes.read(tmp_path / "nothing.png")
    with pytest.raises(PochadeError, match="is no file"):
        recipes.read(tmp_path)


@pytest.mark.parametrize("file_format", ["png8", "png16", "exr"])
def test_each_frame_says_how_it_was_painted_and_is_the_same_picture(tmp_path, file_format):
    pictures = np.random.default_rng(4).random((4, 64, 64, 3)).astype(np.float32)
    frames = [Frame(number, tmp_path / f"{number}.png") for number in range(1, 5)]
    for frame, picture in zip(frames, pictures, strict=True):
        write_picture(frame.picture, picture)
    styles = ((Style("Noise", pictures[0]), 1.0),)
    strengths = (1.0, 0.9, 0.5, 0.4)
    settings = [Settings(size=64, coarse_size=64, steps=1, strength=strength) for strength in strengths]
    looks = [Look(styles, each, TimingSettings(hold=2)) for each in settings]
    chosen = AnimationSettings(motion="none", later_steps=1, file_format=file_format)
    job = SequenceJob(Shot(tuple(frames), "made"), looks, chosen, tmp_path / "plain", "cpu")
    plain = finish(stylize_animation(job)).files
    told = replace(
        job,
        folder=tmp_path / "told",
        recipe_of=lambda number: recipes.recipe("shot", "Noise", STYLES, settings[number]),
    )
    for at, (file, without) in enumerate(zip(finish(stylize_animation(told)).files, plain, strict=True)):
        found = settings_from(recipes.read(file)["settings"])
        assert found.strength == strengths[at // 2 * 2], "a held frame says what its drawing says"
        assert (read_picture(file) == read_picture(without)).all()
        with pytest.raises(PochadeError, match="does not say how it was painted"):
            recipes.read(without)
