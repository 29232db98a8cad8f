"""Settings: what is accepted, what is refused, and with which words."""

import json
from dataclasses import fields, replace

import pytest

from core.errors import PochadeError
from core.settings import Settings, parse_setting, settings_from, settings_to_json
from core.style.colour import takes_palette


def test_every_setting_tells_the_panel_what_it_needs():
    for f in fields(Settings):
        assert (
            f.metadata["label"]
            and f.metadata["description"]
            and f.metadata["group"] in ("main", "look", "method", "layers")
        )
        assert f.type is str or f.metadata["low"] <= f.default <= f.metadata["soft"] <= f.metadata["high"]


def test_a_setting_matters_for_values_that_another_one_has():
    choices = {f.name: f.metadata.get("choices", {}) for f in fields(Settings)}
    for when in filter(None, (f.metadata["when"] for f in fields(Settings))):
        for name, values in when.items():
            assert values and set(values) <= choices[name].keys()


@pytest.mark.parametrize("method", ["optimised", "instant"])
@pytest.mark.parametrize("loss", ["neighbours", "gram"])
def test_start_colours_is_offered_where_it_does_something(method, loss):
    [when] = (f.metadata["when"] for f in fields(Settings) if f.name == "start_colours")
    chosen = Settings(method=method, loss=loss)
    offered = any(getattr(chosen, name) in values for name, values in when.items())
    assert offered == takes_palette(chosen)


@pytest.mark.parametrize(
    "values",
    [
        {"size": 63},
        {"size": 512.5},
        {"size": True},
        {"strength": 1.01},
        {"strength": float("nan")},
        {"start": "middle"},
        {"steps": "many"},
        {"seed": -1},
        {"encoder": ""},
        {"encoder": 3},
    ],
)
def test_a_value_outside_its_limits_is_refused_by_its_label(values):
    label = next(f.metadata["label"] for f in fields(Settings) if f.name in values)
    with pytest.raises(PochadeError, match=label):
        settings_from(values)


def test_an_unknown_name_is_refused():
    with pytest.raises(PochadeError, match="brightness"):
        settings_from({"brightness": 1})


def test_settings_survive_json_and_blenders_32_bit_floats():
    settings = replace(Settings(), content_weight=0.01499999966, size=300.0)
    assert settings.size == 300 and isinstance(settings.size, int)
    back = settings_from(json.loads(settings_to_json(settings)))
    assert back.content_weight == 0.015 and back == replace(settings, content_weight=0.015)


def test_a_typed_setting_gets_its_type():
    assert parse_setting("size=300") == ("size", 300)
    assert parse_setting("strength=0.5") == ("strength", 0.5)
    assert parse_setting("loss=gram") == ("loss", "gram")
    for wrong in ("size", "colour=1", "size=big"):
        with pytest.raises(PochadeError):
            parse_setting(wrong)
