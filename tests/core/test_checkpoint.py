"""A job that is killed goes on with what it had; jobs never mix, and nobody else's files are lost."""

import hashlib
import itertools
import json
import os
import signal
import sys

import numpy as np
import pytest

from core.errors import PochadeError
from core.files.atomic import whole
from core.files.checkpoint import Checkpoint
from core.files.checkpoint_reader import STATE, CheckpointReader
from core.files.checkpoint_steps import check_steps
from core.files.pictures import read_picture, write_picture

NAMES = [f"{number:04}.png" for number in range(4)]
IDENTITY = {"source": "a", "settings": {"strength": 1.0, "weights": (1, 2)}}
STEPS = [(1, number) for number in range(4)] + [(2, number) for number in reversed(range(4))]
POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def paint(folder, stop=None, identity=IDENTITY):
    """Two passes in opposite directions, each step built on the one before and on the first pass."""
    with Checkpoint(folder, identity, NAMES) as job:
        for kind, number in STEPS[job.done : stop]:
            picture = np.full((8, 8, 3), np.float32(number + 1) / 9)
            if (kind, number) not in (STEPS[0], STEPS[4]):
                picture += job.load(kind, number - 1 if kind == 1 else number + 1) / 7
            if kind == 2:
                picture += job.load(1, number) / 11
            job.save(kind, number, picture)
            if kind == 2:
                write_picture(folder / NAMES[number], picture)
            job.advance(NAMES[number] if kind == 2 else "")
            job.keep_only(
                {(1, other) for other in range(4) if kind == 1 or other < number} | {(kind, number)}
            )
        if stop is None:
            job.finish()
    return job


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_a_job_goes_on_where_it_ended(tmp_path):
    for stop in (3, 6, None):
        job = paint(tmp_path / "halting", stop)
        assert not job.invalidated
    whole_run = paint(tmp_path / "whole")
    assert contents(tmp_path / "halting") == contents(tmp_path / "whole")
    assert whole_run.done == len(STEPS) and set(whole_run.painted) == set(NAMES)
    # Once finished there is nothing to do, and nothing kept but the word that it is.
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "whole").rglob("*")}
    again = paint(tmp_path / "whole", stop=len(STEPS))
    assert again.finished and {path: path.stat().st_mtime_ns for path in times} == times
    assert {path.name for path in (tmp_path / "whole" / STATE).iterdir()} == {"job.json", "lock"}


@pytest.mark.slow  # a process for each access to the disk
@POSIX
def test_a_job_killed_at_any_access_to_the_disk_ends_as_if_it_had_not_been(tmp_path):
    """Killed at the first, the second ... file that it opens, renames or removes of those left."""
    paint(tmp_path / "whole")
    for step in (0, 4, 6):  # the first, the first that reads another pass, one that paints
        for access in itertools.count(1):
            folder = tmp_path / f"{step} {access}"
            paint(folder, step)
            if not killed(folder, access, step + 1):
                break
            killed(folder, access + 3)
            paint(folder)
            assert contents(folder) == contents(tmp_path / "whole"), (
                f"killed at access {access} after {step} steps"
            )
        assert access > 10


def killed(folder, access, stop=None) -> bool:
    """Whether painting in a process of its own got as far as that access, where it is killed."""
    child = os.fork()
    if not child:
        left = iter(range(access))

        def watch(event, _):
            if (
                event in ("open", "os.rename", "os.remove", "os.mkdir", "os.scandir")
                and next(left, None) is None
            ):
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        os.fsync = lambda _: None  # the system itself lives on
        try:
            paint(folder, stop)
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def test_a_changed_job_starts_anew_and_says_what_has_changed(tmp_path):
    paint(tmp_path, stop=6)
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "0007.png").write_text("mine too")
    job = paint(tmp_path, stop=0, identity={**IDENTITY, "settings": {"strength": 0.5}})
    assert "anew" in job.invalidated and "settings" in job.invalidated and "source" not in job.invalidated
    assert job.done == 0 and not job.painted
    assert contents(tmp_path).keys() == {"notes.txt", "0007.png", f"{STATE}/job.json", f"{STATE}/lock"}
    assert paint(tmp_path).painted, "the job before is not there any more"


def test_a_finished_job_is_repainted_when_its_source_changes_or_a_frame_is_gone(tmp_path):
    paint(tmp_path)
    assert "source" in paint(tmp_path, identity={**IDENTITY, "source": "b"}).invalidated
    (tmp_path / NAMES[2]).unlink()
    job = paint(tmp_path, identity={**IDENTITY, "source": "b"})
    assert NAMES[2] in job.invalidated and (tmp_path / NAMES[2]).exists() and job.finished


def test_a_job_killed_while_it_starts_anew_does_not_go_on_with_the_former_one(tmp_path, monkeypatch):
    paint(tmp_path, stop=6)

    def killed_here(path, missing_ok=False):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("pathlib.Path.unlink", killed_here)
        paint(tmp_path, identity={**IDENTITY, "source": "b"})
    assert (tmp_path / NAMES[3]).exists()
    job = paint(tmp_path, stop=0)
    assert job.done == 0 and not (tmp_path / NAMES[3]).exists()


def test_files_that_no_job_made_are_safe(tmp_path):
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / NAMES[1]).write_text("an hour's work")
    with pytest.raises(PochadeError, match=rf"{NAMES[1]} .* would be lost"):
        paint(folder)
    assert (folder / NAMES[1]).read_text() == "an hour's work"
    (folder / NAMES[1]).rename(tmp_path / "mine.png")
    paint(folder)
    # Not even where somebody has written into job.json, and the job's own are removed.
    path = folder / STATE / "job.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "files": [*NAMES, "../mine.png", str(tmp_path / "mine.png")]}))
    paint(folder, stop=0, identity={**IDENTITY, "source": "b"})
    assert (tmp_path / "mine.png").exists() and not (folder / NAMES[1]).exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"identity": {}}'])
def test_a_damaged_record_costs_no_frames(tmp_path, damage):
    paint(tmp_path)
    (tmp_path / STATE / "job.json").write_text(damage)
    with pytest.raises(PochadeError, match="choose an empty folder"):
        paint(tmp_path)
    assert read_picture(tmp_path / NAMES[0]).shape == (8, 8, 3)


def test_what_is_kept_is_exact_or_named(tmp_path):
    array = np.random.default_rng(0).standard_normal((5, 7, 2)).astype(np.float32)
    with Checkpoint(tmp_path, IDENTITY, NAMES) as job:
        job.save("flow", -3, array)
        assert len(list((tmp_path / STATE).glob("*.npy"))) == 1
        loaded = job.load("flow", -3)
        assert loaded.dtype == array.dtype and loaded.tobytes() == array.tobytes()
        next((tmp_path / STATE).glob("*.npy")).write_bytes(b"\x93NUMPY")
        for number in (-3, 3):
            with pytest.raises(PochadeError, match="cannot go on"):
                job.load("flow", number)


def test_one_job_at_a_time_in_a_folder(tmp_path):
    with Checkpoint(tmp_path, IDENTITY, NAMES), pytest.raises(PochadeError, match="Another job is at work"):
        Checkpoint(tmp_path, IDENTITY, NAMES)
    Checkpoint(tmp_path, IDENTITY, NAMES).close()


def test_room_on_the_disk_is_asked_for_in_words(tmp_path):
    with Checkpoint(tmp_path, IDENTITY, NAMES) as job:
        job.check_room(1000)
        with pytest.raises(PochadeError, match=r"take about 1000000\.0 GB .* make room"):
            job.check_room(10**15)


def test_a_folder_that_cannot_be_written_is_refused_before_the_start(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(PochadeError, match="Cannot write"):
            Checkpoint(folder, IDENTITY, NAMES)
    if hasattr(os, "geteuid") and os.geteuid():  # the administrator may write anywhere
        tmp_path.chmod(0o500)
        with pytest.raises(PochadeError, match="not allowed"):
            Checkpoint(tmp_path / "new", IDENTITY, NAMES)


@POSIX
def test_a_job_that_ran_out_of_room_goes_on_when_there_is_some(tmp_path):
    import resource

    paint(tmp_path / "whole")
    paint(tmp_path / "full", stop=5)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(PochadeError, match=r"Cannot write .*0002\.npy"):
            paint(tmp_path / "full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    paint(tmp_path / "full")
    assert contents(tmp_path / "full") == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    ("code", "sentence"), [("ENOSPC", "the disk is full; make room"), ("EROFS", "not allowed there")]
)
def test_the_system_s_errors_become_sentences(tmp_path, code, sentence):
    import errno

    with pytest.raises(PochadeError, match=rf"a\.png: .*{sentence}"), whole(tmp_path / "a.png") as part:
        part.write_text("half")
        raise OSError(getattr(errno, code), "")
    assert not list(tmp_path.iterdir())


def arrays(folder):
    return sorted((folder / STATE).glob("*.npy"))


@pytest.mark.parametrize("change", ["a byte", "cut", "longer", "empty", "another array"])
def test_what_is_kept_is_as_it_was_written(tmp_path, change):
    """The arrays are read with their SHA-256, before anything is made of their headers."""
    paint(tmp_path, stop=3)
    for path in arrays(tmp_path):
        data = path.read_bytes()
        if change == "another array":
            np.save(path, np.ones((1000, 8), np.float32))
        else:
            path.write_bytes(
                {
                    "a byte": data[:200] + bytes([data[200] ^ 1]) + data[201:],
                    "cut": data[:-1],
                    "longer": data + b"x",
                }.get(change, b"")
            )
    with pytest.raises(PochadeError, match="cannot go on .*; empty the folder or choose another one"):
        paint(tmp_path)


@pytest.mark.parametrize("array", [np.full((8, 8, 3), np.nan, np.float32), np.full(3, -np.inf)])
def test_what_is_kept_is_finite(tmp_path, array):
    with Checkpoint(tmp_path, IDENTITY, NAMES) as job:
        job.save(1, 0, array)
        with pytest.raises(PochadeError, match="not finite"):
            job.load(1, 0)


@pytest.mark.parametrize("shape", ["(99999999, 99999999)", "(8, 8, 30)", "(-8, 8, 3)", "'8'", "(8, 8, 3"])
def test_a_headers_size_is_compared_before_it_is_allocated(tmp_path, shape):
    """Somebody may also have written a SHA-256 of their own."""
    paint(tmp_path, stop=1)
    (path,) = arrays(tmp_path)
    data = path.read_bytes()[:-32]
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    data = data[:8] + len(header).to_bytes(2, "little") + header + data[128:]
    path.write_bytes(data + hashlib.sha256(data).digest())
    with pytest.raises(PochadeError, match="cannot go on"):
        paint(tmp_path)


def test_a_job_that_says_it_is_finished_has_made_all_of_its_files(tmp_path):
    paint(tmp_path, stop=6)
    path = tmp_path / STATE / "job.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"finished": True}))
    for name in NAMES:
        (tmp_path / name).touch()  # somebody else's, perhaps
    assert not CheckpointReader(tmp_path).all_there(NAMES)
    with Checkpoint(tmp_path, IDENTITY, NAMES) as job:
        assert not job.finished
    job = paint(tmp_path)
    assert set(job.painted) == set(NAMES) and all((tmp_path / name).exists() for name in NAMES)


def test_a_file_that_is_removed_meanwhile_is_named_at_the_end(tmp_path):
    paint(tmp_path, stop=len(STEPS))
    with Checkpoint(tmp_path, IDENTITY, NAMES) as job:
        (tmp_path / NAMES[2]).unlink()
        with pytest.raises(PochadeError, match=f"{NAMES[2]} was removed"):
            job.finish()
    assert NAMES[2] in paint(tmp_path).invalidated and (tmp_path / NAMES[2]).exists()


@pytest.mark.parametrize(
    "changes", [{"done": 99}, {"done": 1, "painted": NAMES}, {"done": len(STEPS), "painted": []}]
)
def test_steps_that_were_not_done_are_told_from_those_that_were(tmp_path, changes):
    paint(tmp_path, stop=6)
    for name in NAMES:
        (tmp_path / name).touch()
    path = tmp_path / STATE / "job.json"
    made = [[NAMES[number]] if kind == 2 else [] for kind, number in STEPS]
    with Checkpoint(tmp_path, IDENTITY, NAMES) as job:
        check_steps(job, made)
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with Checkpoint(tmp_path, IDENTITY, NAMES) as job, pytest.raises(PochadeError, match="cannot go on"):
        check_steps(job, made)
