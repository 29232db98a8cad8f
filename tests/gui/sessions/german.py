"""The sidebar in German: nothing is cut off, and sentences are not English."""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import fitting  # noqa: E402
import harness as h  # noqa: E402


def check_filled_panels_fit(note):
    yield from fitting.open_all()
    fitting.speak("de_DE")
    fitting.fill_all()
    yield from fitting.look("german", note)


def check_sentences_are_translated(note):
    """Of a file that is missing, the sentence has its name and no English."""
    yield 0.1
    try:
        bpy.ops.pochade.import_preset(filepath="/nowhere/lost.pochade")
    except RuntimeError as error:
        note(str(error))
        assert "lost.pochade" in str(error) and "There is no" not in str(error)
    else:
        raise AssertionError("nothing was said")


h.run(globals())
