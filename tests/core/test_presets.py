"""Preset folders: the factory's are whole, broken and newer ones are refused with a sentence."""

import json

import pytest
import torch

from core.encoders.network import compact_encoder
from core.errors import PochadeError
from core.files.pictures import read_picture
from core.presets.load import style_from_preset
from core.presets.preset import FAMILIES, factory_presets, find_preset, read_preset, write_preset
from core.settings import settings_from
from core.still.schedule import schedule
from core.style.statistics import SIZES, load_table, picture_statistics


def of_painters():
    return [preset for preset in factory_presets() if preset.family == "painters"]


def test_factory_presets_have_all_that_a_gallery_shows():
    presets = factory_presets()
    assert len([preset for preset in presets if not preset.style]) >= 26
    for preset in presets:
        assert preset.name and preset.artist and preset.year and preset.licence and preset.description
        assert preset.technique and preset.family in FAMILIES
        assert max(read_picture(preset.plate).shape) == 1024
        assert read_picture(preset.thumbnail).shape == (256, 256, 3)
    assert {preset.family for preset in presets} == set(FAMILIES)


@pytest.mark.parametrize("preset", of_painters(), ids=lambda p: p.slug)
def test_factory_statistics_are_the_present_encoders(preset):
    table, digest = load_table(preset.statistics)
    assert digest == compact_encoder().digest, "run: python3 build.py presets"
    assert set(table) == set(SIZES)


@pytest.mark.parametrize("preset", of_painters(), ids=lambda p: p.slug)
def test_a_plate_has_the_statistics_that_it_was_painted_from(preset):
    """Nearer than any other painter's statistics are."""
    plate = picture_statistics(read_picture(preset.plate), 512, compact_encoder(), torch.device("cpu"))

    def distance(other):
        table, _ = load_table(other.statistics)
        return sum(
            ((plate[k].covariance - s.covariance).norm() / s.covariance.norm()).item()
            for k, s in table[512].items()
        )

    assert min(of_painters(), key=distance).plate == preset.plate


def test_a_preset_without_statistics_is_measured_on_its_plate():
    style = style_from_preset(find_preset("watercolour"))
    measured = picture_statistics(style.picture, 256, compact_encoder(), torch.device("cpu"))
    for layer, found in style.statistics(compact_encoder(), 256, torch.device("cpu")).items():
        torch.testing.assert_close(found.covariance, measured[layer].covariance)


def test_the_papers_recipe_is_to_the_letter():
    preset = find_preset("Gatys 2015")
    settings = settings_from(preset.settings)
    assert preset.plate == find_preset("starry_night").plate
    assert (settings.encoder, settings.start, settings.loss, settings.pooling) == (
        "vgg19",
        "noise",
        "published",
        "average",
    )
    assert (settings.optimizer, settings.smoothness, settings.colour_smoothness) == ("lbfgs", 0, 0)
    assert len(schedule(settings, 1.5)) == 1 and settings.compared_sizes == 1 and settings.detail == 0


def test_a_preset_is_found_by_name_and_slug():
    assert find_preset("starry_night") == find_preset("the STARRY night")
    with pytest.raises(PochadeError, match="starry_night"):
        find_preset("nighthawks")


def test_statistics_of_another_encoder_are_measured_anew_on_the_plate():
    style = style_from_preset(find_preset("starry_night"))
    other = compact_encoder()
    kept = style.statistics(other, 256, torch.device("cpu"))
    object.__setattr__(style, "digest", "another")
    anew = style.statistics(other, 256, torch.device("cpu"))
    measured = picture_statistics(style.picture, 256, other, torch.device("cpu"))
    for layer in anew:
        torch.testing.assert_close(anew[layer].covariance, measured[layer].covariance)
        assert not torch.equal(anew[layer].covariance, kept[layer].covariance)


def test_broken_newer_and_missing_presets_are_sentences(tmp_path):
    with pytest.raises(PochadeError, match="no preset in"):
        read_preset(tmp_path)
    whole = json.loads((find_preset("starry_night").folder / "preset.json").read_text())
    for text, words in (
        ("{", "broken"),
        ("[]", "broken"),
        (json.dumps({**whole, "format": 2}), "newer"),
        (json.dumps({**whole, "settings": {"size": 1}}), "Size"),
        (json.dumps({"format": 1}), "broken"),
        (json.dumps({**whole, "format": "x"}), "broken"),
    ):
        (tmp_path / "preset.json").write_text(text)
        with pytest.raises(PochadeError, match=words):
            read_preset(tmp_path)


def test_a_written_preset_reads_the_same(tmp_path):
    from dataclasses import replace

    preset = replace(find_preset("great_wave"), folder=tmp_path, settings={"strength": 0.5})
    write_preset(preset)
    assert read_preset(tmp_path) == preset


def test_broken_statistics_are_a_sentence(tmp_path):
    data = find_preset("starry_night").statistics.read_bytes()
    (tmp_path / "statistics.safetensors").write_bytes(data[:-100])
    with pytest.raises(PochadeError, match="is broken"):
        load_table(tmp_path / "statistics.safetensors")
