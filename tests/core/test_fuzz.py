"""A few hundred mutated files for each loader: tests/fuzz says how."""

import pytest

from tests.fuzz.loaders import LOADERS
from tests.fuzz.run import fuzz


@pytest.mark.parametrize("name", LOADERS)
def test_a_loader_loads_or_says_one_sentence(name, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)  # the system itself lives on
    fuzz(name, 1, 200)
