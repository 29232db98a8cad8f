"""What the files of paintings are called, on any system."""

import pytest

from core.errors import PochadeError
from core.settings import OutputSettings

VALUES = {"source": "photo", "style": "Udnie", "seed": 7, "size": "640x480"}


def named(template, **values):
    return OutputSettings(save_to="folder", file_name=template).name_of(VALUES | values)


def test_a_name_says_what_the_artist_asked_for():
    assert named("{source}, {style}") == "photo, Udnie"
    assert named("{style} of {source} at {size}, seed {seed}") == "Udnie of photo at 640x480, seed 7"
    assert named("always the same") == "always the same"


@pytest.mark.parametrize("template, what", [("{souce}", "{souce}"), ("{source", "a brace"), ("{}", "{}")])
def test_a_field_that_is_none_is_refused(template, what):
    with pytest.raises(
        PochadeError, match=f"File Name has {what}.*use {{source}}, {{style}}, {{seed}} or {{size}}"
    ):
        OutputSettings(file_name=template)


@pytest.mark.parametrize(
    "source, safe",
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a:b\\c|d?e*f"g<h>i\n', "a_b_c_d_e_f_g_h_i_"),
        ("CON", "_CON"),
        ("lpt1.old", "_lpt1.old"),
        ("console", "console"),
        (" . ", "_"),
        ("脚 ☀", "脚 ☀"),
        ("half a character \ud800", "half a character ?".replace("?", "_")),
    ],
)
def test_what_no_system_takes_is_replaced(source, safe):
    assert named("{source}", source=source) == safe


def test_a_long_name_leaves_room_for_a_number():
    assert 150 < len(named("{source}", source="脚" * 500).encode()) <= 200
