"""The command line, in this process: what `blender --command pochade …` calls. Pictures of 64 px."""

import argparse
import json
import os
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.addon.commands import SMALL, photo_at
from tests.addon.pictures import read_file, same


@pytest.fixture
def photo(pochade, tmp_path):
    """A picture's file."""
    return photo_at(tmp_path / "photo.png")


@pytest.mark.parametrize("words", [["paint"], ["animate"], ["train"], ["presets", "export"], []])
def test_every_command_has_help(command, words):
    status, lines = command(*words, "--help")
    assert status == 0
    assert lines[0].startswith(f"usage: {' '.join(['blender --command pochade', *words])}")


def test_help_names_every_setting_with_its_limits(command, load):
    text = " ".join(" ".join(command("animate", "--help")[1]).split())
    settings = load("core.settings")
    for kind in (
        settings.Settings,
        settings.AnimationSettings,
        settings.TimingSettings,
        settings.FarmSettings,
    ):
        for name, field in kind.__dataclass_fields__.items():
            assert f"--{name.replace('_', '-')} " in text
            if "low" in field.metadata:
                assert (
                    f"from {field.metadata['low']:g} to {field.metadata['high']:g} (default: {field.default})"
                    in text
                )


@pytest.mark.parametrize(
    "arguments",
    [
        ["dance"],
        ["paint", "a.png"],
        ["paint", "a.png", "--style", "udnie", "--output", "b.png", "--size", "3"],
        ["paint", "a.png", "--style", "udnie", "--output", "b.png", "--keep-colours", "pink"],
        ["animate", "--frames", "9-1"],
    ],
)
def test_wrong_usage(command, arguments):
    status, lines = command(*arguments)
    assert status == 2 and "error:" in lines[-1]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1-4", [1, 2, 3, 4]),
        ("1..4", [1, 2, 3, 4]),
        ("1,5,9", [1, 5, 9]),
        ("7, 1-3, 2", [1, 2, 3, 7]),
        ("5", [5]),
    ],
)
def test_frames_as_blender_writes_them(load, text, numbers):
    assert load("addon.cli.options").frame_numbers(text) == numbers


@pytest.mark.oldest
def test_a_picture_is_painted_as_the_panel_paints_it(command, photo, tmp_path, load):
    status, lines = command(
        "paint",
        photo,
        "--style",
        "Starry_Night",
        "--output",
        tmp_path / "new" / "painted.png",
        *SMALL,
        "--seed",
        4,
    )
    assert status == 0 and lines[-1].startswith(f"Painted {tmp_path / 'new' / 'painted.png'} in ")
    chosen = bpy.context.scene.pochade
    chosen.preset = "starry_night"
    chosen.resolution = "draft"
    chosen.size, chosen.steps, chosen.coarse_size, chosen.seed = 64, 2, 64, 4
    batch = load("addon.tasks.files").Batch(bpy.context, [photo], tmp_path / "panel")
    load("core.progress").finish(batch.steps())
    assert same(read_file(tmp_path / "new" / "painted.png"), read_file(next((tmp_path / "panel").iterdir())))


def test_several_pictures_and_a_style_from_files(command, photo, tmp_path):
    other = photo_at(tmp_path / "other.png", seed=1)
    command("presets", "export", photo, tmp_path / "mine.pochade")
    status, lines = command(
        "paint",
        photo,
        other,
        "--style",
        tmp_path / "mine.pochade",
        "--output",
        tmp_path / "out",
        *SMALL,
        "--json",
    )
    told = [json.loads(line) for line in lines]
    assert status == 0 and told[-1]["event"] == "done" and {"event", "fraction", "message"} == told[0].keys()
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["other.png", "photo.png"]
    again = tmp_path / "again.png"
    assert command("paint", photo, "--style", photo, "--output", again, *SMALL)[0] == 0
    assert np.abs(read_file(again) - read_file(tmp_path / "out" / "photo.png")).max() < 0.2, "the same style"


def test_of_several_pictures_one_that_fails_is_named_at_the_end(command, photo, tmp_path):
    bad, other = tmp_path / "bad.png", photo_at(tmp_path / "other.png", seed=1)
    bad.write_bytes(b"nothing")
    status, lines = command(
        "paint", photo, bad, other, "--style", "udnie", "--output", tmp_path / "out", *SMALL
    )
    assert status == 1 and "Painted 2 of 3 pictures" in lines[-1] and "bad.png is no picture" in lines[-1]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["other.png", "photo.png"]


def test_styles_are_mixed_as_the_panel_mixes_them(command, photo, tmp_path, load):
    mixed = tmp_path / "mixed.png"
    assert (
        command("paint", photo, "--style", "starry_night:3", "--style", photo, "--output", mixed, *SMALL)[0]
        == 0
    )
    chosen = bpy.context.scene.pochade
    chosen.preset, chosen.weight = "starry_night", 3
    chosen.resolution = "draft"
    chosen.size, chosen.steps, chosen.coarse_size = 64, 2, 64
    further = chosen.mix.add()
    further.style_kind, further.style_image = "IMAGE", bpy.data.images.load(str(photo), check_existing=True)
    batch = load("addon.tasks.files").Batch(bpy.context, [photo], tmp_path / "panel")
    load("core.progress").finish(batch.steps())
    assert same(read_file(mixed), read_file(next((tmp_path / "panel").iterdir())))


@pytest.mark.skipif(os.name == "nt", reason="no file has such a name there")
@pytest.mark.parametrize(
    ("typed", "mix"),
    [
        (["udnie"], [("Udnie", 1)]),
        (["udnie:0"], [("Udnie", 1)]),
        (["udnie:2", "Starry_Night:0.5"], [("Udnie", 2), ("The Starry Night", 0.5)]),
        (["udnie:.5", "C:/style.png"], [("Udnie", 0.5), ("style", 1)]),
        (["C:/style.png:7", "udnie:0", "udnie"], [("style", 7), ("Udnie", 1)]),
        (["two:2", "two:2:3"], [("two:2", 1), ("two:2", 3)]),
        (["Blue:4", "image:Blue:4:5"], [("Blue:4", 1), ("Blue:4", 5)]),
    ],
)
def test_weights_and_names_with_colons(load, photo, tmp_path, monkeypatch, typed, mix):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "C:").mkdir()
    for name in ("C:/style.png", "two:2"):
        photo_at(tmp_path / "made.png").rename(tmp_path / name)
    styles, presets, scene = load("addon.cli.styles"), load("addon.styles.presets"), bpy.context.scene
    picture = presets.Entry("", "photo", image=bpy.data.images.load(str(photo)).name)
    assert load("addon.styles.stores").PROJECT.add(scene, picture, "Blue:4", {}) == "image:Blue:4"
    found = styles.find_mix(typed)
    assert [(entry.name, weight) for entry, weight in found] == mix
    scene.pochade.mix.add()
    styles.choose(scene, found)
    assert [(entry.name, weight) for entry, weight in presets.mixed_styles(scene)] == mix


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["paint", "PHOTO", "--style", "udnie:0", "--style", "starry_night:0", "--output", "out.png"],
            "a weight above 0",
        ),
        (
            ["paint", "PHOTO", "--style", "udnie", "--style", "nobody:2", "--output", "out.png"],
            "no file named nobody;",
        ),
        (["paint", "PHOTO", "--style", "C:\\none.png", "--output", "out.png"], "no file named C:\\none.png;"),
        (
            [
                "paint",
                "PHOTO",
                "--style",
                "udnie",
                "--style",
                "PHOTO",
                "--output",
                "out.png",
                "--method",
                "instant",
            ],
            "one style at a time",
        ),
        (
            ["paint", "PHOTO", "--style", "nobody", "--output", "out.png"],
            "There is no preset and no file named nobody; there are ",
        ),
        (["paint", "PHOTO", "--style", "udnie", "--output", "PHOTO"], "would be painted over"),
        (
            ["paint", "PHOTO", "missing.png", "--style", "udnie", "--output", "out"],
            "There is no file missing.png",
        ),
        (
            ["paint", "PHOTO", "--style", "udnie", "--output", "out.txt"],
            "out.txt: .txt tells no format; choose .png",
        ),
        (["paint", "PHOTO", "--style", "PHOTO", "--output", "out.png", "--method", "instant"], "photo"),
        (["animate", "missing.blend"], "There is no file missing.blend"),
        (["animate"], "Name the .blend of the shot"),
        (["train", "udnie", "--photos", ".", "--output", "out.png"], "must end in .pochade"),
    ],
)
def test_failures_are_said_in_a_sentence(command, photo, arguments, sentence):
    status, lines = command(*(str(photo) if argument == "PHOTO" else argument for argument in arguments))
    assert status == 1
    assert len(lines) == 1 and lines[0].startswith("pochade: ") and sentence in lines[0], (
        "and before anything is painted"
    )


def test_farm_managers_read_progress_and_failure(command, photo, tmp_path, monkeypatch, load):
    monkeypatch.setattr(load("addon.cli.report"), "EVERY", 0)
    status, lines = command(
        "paint", photo, "--style", "udnie", "--output", tmp_path / "a.png", "--farm-progress", *SMALL
    )
    shares = [float(line.split()[1]) for line in lines if line.startswith("openjd_progress: ")]
    assert status == 0 and shares == sorted(shares) and shares[-1] == 100 and len(shares) >= 3
    assert any(line.startswith("openjd_status: ") for line in lines)
    assert command(
        "paint", tmp_path / "no.png", "--style", "udnie", "--output", tmp_path / "b.png", "--farm-progress"
    )[1][-1].startswith("openjd_fail: ")


def test_no_engine_is_one_sentence(command, photo, tmp_path, monkeypatch, load):
    monkeypatch.setattr(load("addon.engine.runtime"), "PAINTING", ("torch", "nothing_of_that_name"))
    status, lines = command("paint", photo, "--style", "udnie", "--output", tmp_path / "a.png")
    assert status == 1 and len(lines) == 1 and "install the engine" in lines[0]


def test_presets_are_listed_shown_exported_and_imported(command, tmp_path, photo):
    rows = [json.loads(line) for line in command("presets", "list", "--json")[1]]
    udnie = {"slug": "udnie", "name": "Udnie", "place": "Pochade", "instant": True}
    assert {"event": "row", **udnie, "family": "painters", "technique": "oil"} in rows
    assert command("presets", "show", "udnie")[1][0].startswith("Udnie")
    file = tmp_path / "mine.pochade"
    assert command("presets", "export", photo, file)[0] == 0
    status, lines = command("presets", "import", file)
    assert status == 0 and "is in your library" in lines[-1]
    lines = command("presets", "list")[1]
    assert any("(library" in line and "photo" in line for line in lines)
    assert any("Etching (Pochade, print, etching with aquatint, instant)" in line for line in lines)


def test_a_network_is_trained_and_painted_with(command, photo, tmp_path):
    (tmp_path / "photos").mkdir()
    photo_at(tmp_path / "photos" / "one.png")
    output = tmp_path / "trained.pochade"
    status, lines = command(
        "train",
        photo,
        "--photos",
        tmp_path / "photos",
        "--output",
        output,
        "--iterations",
        2,
        "--crop",
        64,
        "--batch",
        1,
        "--style-size",
        64,
    )
    assert status == 0, lines
    assert not Path(output).with_suffix(".training").exists()
    assert command("paint", photo, "--style", output, "--output", tmp_path / "a.png", "--size", 64)[0] == 0


def test_a_file_that_is_no_training_is_not_lost(command, photo, tmp_path):
    from safetensors.numpy import save_file

    (tmp_path / "photos").mkdir()
    photo_at(tmp_path / "photos" / "one.png")
    mine = tmp_path / "mine.training"
    save_file({"weights": np.ones(3, np.float32)}, mine, {"made by": "me"})
    before = mine.read_bytes()
    status, lines = command(
        "train",
        photo,
        "--photos",
        tmp_path / "photos",
        "--output",
        tmp_path / "mine.safetensors",
        *["--iterations", 1, "--crop", 64, "--batch", 1, "--style-size", 64],
    )
    assert status == 1 and "would be lost" in lines[-1] and mine.read_bytes() == before


def test_who_types_a_size_means_it(load):
    options, settings = load("addon.cli.options"), load("core.settings").Settings
    parser = argparse.ArgumentParser()
    options.add_settings(parser, "painting", settings)

    def given(*words):
        return options.given(parser.parse_args(words), settings)

    assert given("--size", "800") == {"resolution": "draft", "size": 800}
    assert given("--size", "800", "--resolution", "full") == {"resolution": "full", "size": 800}
    assert given("--steps", "3") == {"steps": 3}


def test_a_switch_can_be_typed_either_way(load):
    options, settings = load("addon.cli.options"), load("core.settings").AnimationSettings
    parser = argparse.ArgumentParser()
    options.add_settings(parser, "animation", settings)
    typed = [options.given(parser.parse_args(words), settings) for words in ([], ["--motion-blur"])]
    assert typed == [{}, {"motion_blur": True}]
    assert options.given(parser.parse_args(["--no-motion-blur"]), settings) == {"motion_blur": False}
