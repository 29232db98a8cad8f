"""What Variations changes."""

from dataclasses import replace

import pytest

from core.settings import Settings
from core.settings.variations import MOST, variations


@pytest.mark.parametrize("keep_colours", ["off", "match", "luminance", "reverse"])
@pytest.mark.parametrize("method", ["optimised", "instant"])
def test_there_are_always_enough_and_no_two_are_alike(method, keep_colours):
    settings = Settings(method=method, keep_colours=keep_colours, style_scale=8.0, start="noise")
    found = variations(settings, MOST)
    assert found[0] == ("", settings)
    assert len({each for _, each in found}) == len({name for name, _ in found}) == MOST


def test_an_instant_style_varies_in_what_its_network_obeys():
    settings = Settings(method="instant")
    for _, other in variations(settings, MOST):
        obeyed = {"strength": settings.strength, "keep_colours": settings.keep_colours}
        assert replace(other, **obeyed) == settings
