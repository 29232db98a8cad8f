"""What cannot work is greyed out, and its tooltip says why."""

import bpy
import pytest

pytestmark = pytest.mark.oldest


def test_every_operator_that_cannot_work_says_why(pochade):
    why = {}
    for name in dir(bpy.ops.pochade):
        operator = getattr(bpy.ops.pochade, name)
        if not operator.poll():
            try:
                operator()
            except RuntimeError as error:
                why[name] = str(error).partition("poll()")[2].strip()
    assert {"send_to_compositor", "compare", "use_settings", "write_movie"} <= why.keys(), "in an empty scene"
    assert not {
        name: sentence
        for name, sentence in why.items()
        if len(sentence) < 15 or "context is incorrect" in sentence
    }
