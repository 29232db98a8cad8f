"""The sidebar in German: nothing is cut off, and sentences are not English."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import fitting  # noqa: E402
import harness as h  # noqa: E402


def check_filled_panels_fit(note):
    yield from fitting.look_in("de_DE", note)


def check_sentences_are_translated(note):
    yield from fitting.miss_a_file(note)


h.run(globals())
