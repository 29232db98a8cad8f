"""A sequence killed at random moments ends with the same pictures as an undisturbed one, bit for bit."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def painted(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.*")}


@pytest.mark.slow  # paints a sequence eight times, most of them until it is killed
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_killed_sequence_ends_with_the_same_pictures(tmp_path):
    seed = secrets.token_hex(4)  # another each time: what fails says which
    process = subprocess.run(
        [sys.executable, "-m", "tests.core.killing", tmp_path, seed], cwd=ROOT, text=True, capture_output=True
    )
    assert not process.returncode, process.stderr
    told = json.loads(process.stdout)
    context = f"seed {seed}: {told}"
    assert told["said"] == ["", ""], context
    assert painted(tmp_path / "whole").keys() == {f"{number:04}.exr" for number in range(1, 5)}

    # Killed, again and again, it goes on: nothing that was done is done again, but for the frame that was
    # being painted.
    *killed, (steps, ended, said) = told["runs"]
    assert not killed[0][1] and ended and said == "", context
    assert painted(tmp_path / "killed") == painted(tmp_path / "whole"), context
    assert steps < told["all_steps"], context
    assert {path.name for path in (tmp_path / "killed").glob("*/*")} == {"job.json", "lock"}

    # With another setting it starts anew, says so, and keeps nothing of what was there.
    steps, ended, said = told["changed"]
    assert not told["halfway"][1] and ended and "settings" in said, context
    assert painted(tmp_path / "changed") == painted(tmp_path / "other"), context
    assert not painted(tmp_path / "other").items() & painted(tmp_path / "whole").items()
