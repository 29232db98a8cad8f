"""Nothing that Pochade did not make is removed, and nothing behind a link; what killed processes left is."""

import json
import os
import signal
import time
from types import SimpleNamespace

import pytest

from core.errors import PochadeError
from core.files.atomic import claimed, lock, sweep, whole
from core.files.checkpoint import Checkpoint
from core.files.checkpoint_reader import STATE
from core.files.made import CHECKPOINT, is_link, remove_files, remove_folder
from core.presets.archive import add_preset, change_preset, list_presets, remove_preset
from core.presets.preset import Preset

NAMES = ["0001.png", "0002.png"]
POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
MINE = Preset("Mine", "", "", "", "", {}, None)
FILES = {"plate.png": b"\x89PNG\r\n\x1a\n", "thumbnail.png": b"\x89PNG\r\n\x1a\n"}


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def precious(tmp_path):
    """A folder of somebody's, in which everything has a name that Pochade gives, too."""
    folder = tmp_path / "precious"
    (folder / "anchors").mkdir(parents=True)
    for name in (
        *NAMES,
        "0_0001.npy",
        ".0001.png.0123abcd.part",
        "lock",
        "job.json",
        "anchors/lock",
        "notes.txt",
    ):
        (folder / name).write_text("an hour's work")
    return folder


def begin(folder, identity="a", files=NAMES, state=STATE):
    """One step of a job, and its end."""
    with Checkpoint(folder, {"source": identity}, files, state) as job:
        for name in files[job.done :]:
            (folder / name).write_text("painted")
            job.advance(name)
        job.finish()


def record(files):
    """What somebody may have written into job.json."""
    return json.dumps({"finished": False, "done": 1, "identity": {}, "painted": [], "files": files})


@pytest.mark.parametrize("state", [STATE, f"{STATE}/anchors", f"{STATE}/chunk-0001"])
def test_a_checkpoint_that_is_a_link_is_refused_in_one_sentence(tmp_path, precious, state):
    kept, folder = contents(precious), tmp_path / "painted"
    (folder / state).parent.mkdir(parents=True)
    (folder / state).symlink_to(precious)
    with pytest.raises(PochadeError, match="is a link, .* remove the link") as error:
        begin(folder, state=state)
    assert "\n" not in str(error.value) and contents(precious) == kept
    if state == STATE:
        for below in ("anchors", "chunk-0001"):
            with pytest.raises(PochadeError, match="is a link"):
                begin(folder, state=f"{STATE}/{below}")
        assert contents(precious) == kept


@pytest.mark.parametrize("name", ["a\0b", "a" * 300])
def test_a_folder_that_no_disk_can_have_is_one_sentence(tmp_path, name):
    with pytest.raises(PochadeError, match="Cannot write"):
        begin(tmp_path / name)


def test_links_within_a_checkpoint_are_not_followed(tmp_path, precious):
    kept, folder = contents(precious), tmp_path / "painted"
    begin(folder)
    (folder / STATE / "anchors").symlink_to(precious)
    (folder / STATE / "0_0007.npy").symlink_to(precious / "notes.txt")
    (folder / NAMES[0]).unlink()
    (folder / NAMES[0]).symlink_to(precious / "0002.png")
    begin(folder, "b")
    assert contents(precious) == kept
    (folder / STATE / "lock").unlink()
    (folder / STATE / "lock").symlink_to(precious / "lock")
    with pytest.raises(PochadeError, match="lock is a link"):
        begin(folder)


def test_through_a_linked_folder_a_job_paints_and_removes_no_frames(tmp_path, precious):
    (tmp_path / "painted").symlink_to(precious)
    with pytest.raises(PochadeError, match="would be lost"):
        begin(tmp_path / "painted")
    (precious / STATE).mkdir(exist_ok=True)
    (precious / STATE / "job.json").write_text(record(NAMES))
    kept = contents(precious)
    with pytest.raises(PochadeError, match=r"painted is a link, .*precious itself"):
        begin(tmp_path / "painted")
    assert {name: data for name, data in contents(precious).items() if name in kept} == kept
    new = tmp_path / "new"
    new.mkdir()
    (tmp_path / "linked").symlink_to(new)
    begin(tmp_path / "linked")
    assert set(NAMES) <= contents(new).keys()


@pytest.mark.parametrize(
    "name",
    ["notes.txt", "../mine.png", "{root}/mine.png", "..", ".", "", "sub", "mine.png", "lock", "a\0.png"],
)
def test_a_record_from_anybody_removes_frames_alone(tmp_path, name):
    folder = tmp_path / "painted"
    (folder / "sub").mkdir(parents=True)
    for path in (tmp_path / "mine.png", folder / "mine.png", folder / "notes.txt", folder / "sub/0001.png"):
        path.write_text("an hour's work")
    kept = contents(tmp_path)
    (folder / STATE).mkdir()
    (folder / STATE / "job.json").write_text(record([name.format(root=tmp_path), "0009.png"]))
    (folder / "0009.png").write_text("painted before")
    begin(folder)
    after = contents(tmp_path)
    assert {name: after.get(name) for name in kept} == kept and "painted/0009.png" not in after


@pytest.mark.parametrize(
    "change",
    [
        {"files": 3},
        {"files": [["0001.png"]]},
        {"painted": {"0001.png": 1}},
        {"identity": []},
        {"done": "1"},
        {"done": -1},
        {"done": True},
        {"finished": "yes"},
    ],
)
def test_a_record_of_other_types_is_a_damaged_one(tmp_path, change):
    begin(tmp_path)
    path = tmp_path / STATE / "job.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(PochadeError, match="choose an empty folder"):
        begin(tmp_path)
    assert (tmp_path / NAMES[0]).read_text() == "painted"


def test_the_part_of_a_job_loses_only_what_is_its_own(tmp_path):
    part = tmp_path / STATE / "chunk-0001"
    begin(tmp_path)
    part.mkdir()
    for name in ("lock", "job.json", "0_0001.npy", "thesis.txt"):
        (part / name).touch()
    begin(tmp_path, "b")
    assert {path.name for path in part.iterdir()} == {"thesis.txt"}


def test_a_junction_of_windows_is_a_link():
    tags = {"junction": 0xA0000003, "symbolic link": 0xA000000C, "in a cloud": 0x9000001A, "none": 0}
    status = {name: SimpleNamespace(st_mode=0o40755, st_reparse_tag=tag) for name, tag in tags.items()}
    links = {name for name in tags if is_link(SimpleNamespace(lstat=lambda name=name: status[name]))}
    assert links == {"junction", "symbolic link"}


def test_removal_looks_into_no_link(tmp_path, precious):
    kept = contents(precious)
    (tmp_path / "linked").symlink_to(precious)
    remove_files(tmp_path / "linked", CHECKPOINT)
    sweep(tmp_path / "linked")
    assert contents(precious) == kept
    remove_folder(tmp_path / "linked", CHECKPOINT)
    assert contents(precious) == kept and not os.path.lexists(tmp_path / "linked")


# What killed processes left.


def killed(function):
    """Call the function in a process of its own, which is killed when it calls what it is given."""
    child = os.fork()
    if not child:
        try:
            function(lambda: os.kill(os.getpid(), signal.SIGKILL))
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL


@POSIX
def test_a_killed_writer_s_file_goes_with_the_next_and_a_living_one_s_stays(tmp_path):
    path = tmp_path / "a.png"

    def write(die):
        with whole(path) as part:
            part.write_text("half")
            die()

    killed(write)
    (tmp_path / ".a.png.notes.part").write_text("mine")
    assert len(list(tmp_path.iterdir())) == 3  # with the lock
    with whole(path) as first:
        first.write_text("first")
        with whole(path) as second:
            second.write_text("second")
        assert path.read_text() == "second" and first.read_text() == "first"
    assert contents(tmp_path) == {"a.png": b"first", ".a.png.notes.part": b"mine"}


@POSIX
@pytest.mark.parametrize("event", ["open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"])
def test_nothing_stays_of_a_preset_whose_making_or_removal_was_killed(tmp_path, event):
    library = tmp_path / "library"

    def busy(die):
        import sys

        left = [die] * 1

        def watch(name, _):
            if name == event and made[0] and left:
                left.pop()()

        made = [False]
        sys.addaudithook(watch)
        for number in range(9):
            made[0] = number > 0
            preset = change_preset(add_preset(library, MINE, FILES), name=f"Mine {number}")
            if number:
                remove_preset(preset)

    killed(busy)
    (library / "notes").mkdir()
    (library / "notes" / "preset.txt").write_text("mine")
    add_preset(library, MINE, FILES)
    assert not [path.name for path in library.rglob("*") if path.name.startswith(".")]
    assert all((path / "plate.png").exists() for path in list_presets(library))
    assert (library / "notes" / "preset.txt").exists()


@POSIX
def test_a_preset_that_is_being_made_elsewhere_is_left_alone(tmp_path):
    with claimed(tmp_path / "mine") as part:
        part.mkdir()
        (part / "plate.png").touch()
        add_preset(tmp_path, MINE, FILES)
        assert (part / "plate.png").exists()
    old = tmp_path / ".mine.0123abcd"  # as it was left by an earlier Pochade
    old.mkdir()
    (old / "plate.png").touch()
    add_preset(tmp_path, MINE, FILES)
    assert not old.exists() and not part.exists()


def test_other_files_beside_a_preset_s_stay(tmp_path, precious):
    preset = add_preset(tmp_path / "library", MINE, FILES)
    (preset.folder / "sketch.psd").write_text("an hour's work")
    remove_preset(preset)
    assert contents(tmp_path / "library") == {"mine/sketch.psd": b"an hour's work"}
    kept = contents(precious)
    (precious / "preset.json").write_text(MINE.to_json())
    (tmp_path / "library" / "linked").symlink_to(precious)
    (tmp_path / "other").symlink_to(tmp_path / "library")
    preset = add_preset(tmp_path / "library", MINE, FILES)
    for folder in (tmp_path / "library" / "linked", tmp_path / "other" / preset.slug):
        with pytest.raises(PochadeError, match="is a link"):
            remove_preset(Preset("Mine", "", "", "", "", {}, folder))
    assert contents(precious).items() >= kept.items() and preset.plate.exists()


# Pipes.


@POSIX
def test_a_pipe_in_a_file_s_place_is_a_sentence_and_no_wait(tmp_path):
    from core.encoders.network import load_encoder
    from core.encoders.vgg import add_encoder
    from core.files.exr import read_channels
    from core.files.pictures import read_picture
    from core.instant.files import load_network, read_about
    from core.presets.archive import files_of, import_preset
    from core.presets.load import style_from_preset
    from core.presets.preset import read_preset

    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    (tmp_path / "pipe.exr").symlink_to(pipe)
    preset = add_preset(tmp_path / "library", MINE, FILES)
    for name in ("preset.json", "statistics.safetensors", "plate.png"):
        (preset.folder / name).unlink(missing_ok=True)
        os.mkfifo(preset.folder / name)
    job = Checkpoint(tmp_path / "job", {"source": "a"}, NAMES)
    os.mkfifo(tmp_path / "job" / STATE / "0_0001.npy")
    doors = {
        "picture": lambda: read_picture(pipe),
        "OpenEXR": lambda: read_picture(tmp_path / "pipe.exr"),
        "passes": lambda: read_channels(pipe),
        "encoder": lambda: load_encoder(pipe),
        "encoder to add": lambda: add_encoder(pipe, tmp_path / "encoders"),
        "network": lambda: load_network(pipe),
        "network's header": lambda: read_about(pipe),
        "exported preset": lambda: import_preset(pipe, tmp_path / "library"),
        "preset": lambda: read_preset(preset.folder),
        "preset's style": lambda: style_from_preset(preset),
        "preset's files": lambda: files_of(preset),
        "array": lambda: job.load(0, 1),
        "lock": lambda: lock(pipe),
    }

    def too_long(*_):
        pytest.fail("it waits for ever")

    before = signal.signal(signal.SIGALRM, too_long)
    try:
        for name, door in doors.items():
            signal.alarm(20)  # of no account unless it waits for ever
            with pytest.raises(PochadeError) as error:
                door()
            assert "\n" not in str(error.value), name
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        job.close()
    (tmp_path / "job" / STATE / "0_0001.npy").unlink()
    (tmp_path / "job" / STATE / "job.json").unlink()
    os.mkfifo(tmp_path / "job" / STATE / "job.json")
    begin(tmp_path / "job")


@POSIX
def test_an_encoder_that_two_add_at_once_is_there_for_both(tmp_path):
    from core.encoders.files import COMPACT
    from core.encoders.vgg import add_encoder

    source = tmp_path / "mine.safetensors"
    source.write_bytes(COMPACT.read_bytes())
    start = time.monotonic() + 0.2
    children = []
    for _ in range(4):
        child = os.fork()
        if not child:
            try:
                time.sleep(max(start - time.monotonic(), 0))
                for _ in range(5):
                    add_encoder(source, tmp_path / "encoders")
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    assert contents(tmp_path / "encoders") == {"mine.safetensors": source.read_bytes()}
