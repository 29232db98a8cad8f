"""JSON from anybody: what cannot be used is one kind of error."""

import pytest

from core.files.json_text import parse, read

BAD = {
    "deep": "[" * 100_000,
    "deep and closed": "[" * 100_000 + "]" * 100_000,
    "infinite": '{"a": [1e400]}',
    "no number": "[NaN]",
    "long": "9" * 5000,
    "half a character": r'["\ud800"]',
    "half a character for a name": r'{"\ud800": 1}',
    "bytes": b"\xff\xfe\xff",
    "nothing": "",
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_cannot_be_used_is_a_value_error(tmp_path, text):
    with pytest.raises(ValueError):
        parse(text)
    (tmp_path / "a.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError):
        read(tmp_path / "a.json")


def test_all_else_is_read():
    value = {"a": [1, 2.5, True, None, "\N{ARTIST PALETTE}", {"b": []}]}
    assert parse('{"a": [1, 2.5, true, null, "\\ud83c\\udfa8", {"b": []}]}') == value
