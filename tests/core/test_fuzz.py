"""A few hundred mutated files for each loader: tests/fuzz says how."""

import pytest

from tests.fuzz.loaders import LOADERS
from tests.fuzz.run import fuzz

COUNTS = {"preset": 150, "OpenEXR": 150, "job.json": 150}


@pytest.mark.parametrize("name", LOADERS)
def test_a_loader_loads_or_says_one_sentence(name):
    fuzz(name, 1, COUNTS.get(name, 300))
