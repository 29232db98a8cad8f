"""What a killed Pochade left in the system's place for temporary files goes with the next; nothing else."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from core.files import temporary
from core.files.temporary import TemporaryFolder

MAKES = """
import sys, time
from pathlib import Path
from core.files.temporary import TemporaryFolder
folder = TemporaryFolder()
Path(folder.name, "passes.exr").write_text("a render")
print(folder.name, flush=True)
time.sleep(600)
"""


@pytest.fixture
def system(tmp_path, monkeypatch):
    """A place for temporary files of its own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    temporary._sweep.cache_clear()
    return tmp_path


@pytest.fixture
def other(system):
    """Another process that has made a folder; and the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAKES],
        env=os.environ | {"TMPDIR": str(system), "TEMP": str(system)},
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process, Path(process.stdout.readline().strip())
    process.kill()
    process.communicate()


def test_a_folder_goes_with_its_block(system):
    with TemporaryFolder() as folder:
        Path(folder, "seen.png").write_text("seen")
    assert not [*system.iterdir()]


def test_what_a_killed_process_left_goes_with_the_next(other):
    process, left = other
    with TemporaryFolder():
        assert (left / "passes.exr").exists(), "it lives"
    process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()
    temporary._sweep.cache_clear()
    with TemporaryFolder():
        assert not left.exists()


def test_what_is_not_provably_left_by_pochade_stays(system):
    mine = system / "mine"
    mine.mkdir()
    (mine / "lock").touch()
    (mine / "seen.png").write_text("an hour's work")
    (system / "pochade_abcdefgh").symlink_to(mine)
    names = ["pochade_notes/lock", "pochade_no_locks/seen.png", "blender_abcdefgh/lock", "pochade_seen.png"]
    both = ["pochade_12345678/lock", "pochade_12345678/seen.png", "pochade_12345678/notes.txt"]
    for name in (*names, *both):
        (system / name).parent.mkdir(exist_ok=True)
        (system / name).write_text("an hour's work")
    with TemporaryFolder():
        pass
    assert (mine / "seen.png").exists() and (system / "pochade_abcdefgh").is_symlink()
    assert all((system / name).exists() for name in (*names, both[-1]))
    assert not any((system / name).exists() for name in both[:2])
