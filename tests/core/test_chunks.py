"""Shots painted in chunks meet without a seam, whoever paints them, and are refused otherwise."""

import os
import shutil
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import PochadeError
from core.files import checkpoint
from core.files.atomic import lock
from core.files.checkpoint_reader import STATE
from core.files.pictures import read_picture
from core.progress import finish as unwatched
from core.sequence import chunks
from core.sequence.chunks import collect_chunks, paint_anchors, paint_chunk
from core.sequence.job import SequenceJob
from core.sequence.prior import Prior
from core.sequence.shot import chunk_count
from core.sequence.steps import Look, anchor_numbers
from core.sequence.timing import even_timetable
from core.settings import Settings
from core.style.styles import style_from_picture
from tests.core.networks import made_network, made_style
from tests.core.test_sequence_animation import ANIMATION, QUICK, SPEED, flicker, paint, scenery, shot  # noqa: F401 - fixtures

FRAMES, SIZE = 9, 4  # two chunks: anchors 0, 4 and 8
POSIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(scope="module")
def painted_before(tmp_path_factory):
    """Folders in which parts were painted, by what they were painted with, and a place for more of them.

    With one thread: forks cannot have more, and what they paint is compared to the bit.
    """
    torch.set_num_threads(1)
    return {}, tmp_path_factory.mktemp("painted")


@pytest.fixture
def farm(shot, stripes, tmp_path, painted_before):  # noqa: F811
    """`farm(...)`: a shot and everything it is painted with, to be painted in chunks into a folder."""
    kept, shelf = painted_before
    style = style_from_picture("stripes", stripes)

    class Farm:
        def __init__(
            self,
            folder="out",
            settings=QUICK,
            animation=ANIMATION,
            size=SIZE,
            styles=((style, 1.0),),
            speed=SPEED,
            **options,
        ):
            self.folder, self.size = tmp_path / folder, size
            frames = shot([scenery(k) for k in range(FRAMES)], speed)
            looks = [Look(styles, settings)] * FRAMES
            self.job = SequenceJob(frames, looks, animation, self.folder, "cpu", **options)
            self.key = repr((settings, animation, size, [each.name for each, _ in styles], speed, options))

        def anchors(self):
            return paint_anchors(self.job, self.size)

        def chunk(self, number):
            return paint_chunk(self.job, self.size, number)

        def collect(self):
            return unwatched(self.collecting())

        def collecting(self):
            return collect_chunks(self.job, self.size)

        def have(self, *parts):
            """Paint these parts into the empty folder in this order, 0 the anchors, or copy those known."""
            if not parts:
                return
            if (self.key, parts) in kept:
                shutil.copytree(kept[self.key, parts], self.folder, dirs_exist_ok=True)
                return
            self.have(*parts[:-1])
            unwatched(self.chunk(parts[-1]) if parts[-1] else self.anchors())
            kept[self.key, parts] = shelf / str(len(kept))
            shutil.copytree(self.folder, kept[self.key, parts])

        def have_all(self):
            self.have(*range(chunk_count(FRAMES, self.size) + 1))

        def paint(self):
            self.have_all()
            return [read_picture(file) for file in self.collect().files]

        def files(self):
            return {path.name: path.read_bytes() for path in self.folder.glob("*.*")}

    return Farm


def pairs(frames):
    """How much each frame differs from the one before it, warped."""
    return [flicker(pair) for pair in zip(frames, frames[1:], strict=False)]


@pytest.mark.parametrize(
    ("frames", "size", "anchors"),
    [
        (1, 24, [0]),
        (2, 24, [0, 1]),
        (24, 24, [0, 23]),
        (25, 24, [0, 24]),
        (26, 24, [0, 13, 25]),
        (9, 4, [0, 4, 8]),
        (24, 6, [0, 6, 12, 17, 23]),
    ],
)
def test_chunks_are_even_and_not_longer_than_asked(frames, size, anchors):
    assert sorted(set(anchor_numbers(even_timetable(frames), size))) == anchors
    assert chunk_count(frames, size) == max(len(anchors) - 1, 1)
    assert all(b - a <= size for a, b in zip(anchors, anchors[1:], strict=False))


@pytest.mark.slow  # many steps, for paintings that are to be compared
def test_chunks_meet_without_a_seam(farm, paint):  # noqa: F811
    settings, animation = replace(QUICK, steps=16), replace(ANIMATION, file_format="exr")
    chunked = pairs(farm(settings=settings, animation=animation).paint())
    each = pairs([paint([scenery(k)], settings, animation, folder=f"{k}")[0][0] for k in range(3)])
    assert max(chunked) < np.mean(each) / 3, (chunked, each)


def test_what_the_far_anchor_shows_is_painted_like_it(farm):
    # The right edge is disoccluded: of frame 1 the second anchor shows what the first one does not.
    job = farm(
        settings=replace(QUICK, steps=16), animation=replace(ANIMATION, file_format="exr", later_steps=1)
    )
    job.have(0, 1)
    after, anchor = (read_picture(job.folder / f"{number:04}.exr") for number in (2, 5))
    new = np.s_[8:-8, -SPEED:]
    there = anchor[8:-8, -SPEED * 4 : -SPEED * 3]
    assert np.abs(after[new] - there).mean() < 0.05


@pytest.mark.slow  # paints a shot in chunks and in one go
def test_anchors_are_as_soft_as_what_moves_between_pixels(farm):
    settings, animation = replace(QUICK, steps=16), replace(ANIMATION, file_format="exr")
    edges = []  # of steps of whole pixels and of half ones
    for speed in (3, 2.5):
        job = farm(f"{speed}", settings, animation, speed=speed)
        job.have(0)
        edges.append(np.abs(np.diff(read_picture(job.folder / "0001.exr"), axis=1)).mean())
    assert edges[1] < 0.97 * edges[0]


def test_without_an_adjacent_reference_neither_slivers_nor_halos_count():
    coverage = torch.ones(1, 1, 64, 200)
    coverage[..., 20] = coverage[..., 120:] = 0  # a line that the sampling left out, and what nothing showed
    coverage[..., 160] = 1  # a sliver in it
    picture = (0.5 * coverage).expand(-1, 3, -1, -1)
    trimmed = Prior(picture, coverage, picture, coverage, 1 + 5 * coverage).without_slivers_and_halos()
    known, colour, age = trimmed.coverage[0, 0, 32], trimmed.target[0, 0, 32], trimmed.age[0, 0, 32]
    assert known[[20, 60]].min() > 0.99 and colour[[20, 60]].sub(0.5).abs().max() < 0.01 and age[60] > 5.9
    assert known[[119, 140, 160]].max() < 0.1 and age[160] < 1.5


def test_networks_paint_chunks_too(farm):
    settings = Settings(size=QUICK.size, method="instant")
    chunked = pairs(
        farm(
            settings=settings, styles=made_style(made_network()), animation=replace(ANIMATION, passes=3)
        ).paint()
    )
    assert max(chunked) < 2 * np.median(chunked)


@pytest.mark.slow  # paints two shots, one of them in five processes
@POSIX
def test_killed_or_painted_twice_a_chunk_is_the_same(farm):
    whole, killed = farm("whole"), farm("killed")
    whole.paint()
    taken = []
    for steps in (6, 3, 5, 4, None):  # evaluations of the anchors, twice, of a chunk, twice, and all
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            try:
                for job in (killed.anchors(), killed.chunk(1)):
                    for _ in job:
                        os.write(writer, b".")
                        if steps is not None and (steps := steps - 1) == 0:
                            os.kill(os.getpid(), signal.SIGKILL)
            finally:
                os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            taken.append(len(file.read()))
        os.waitpid(child, 0)
    assert sum(taken) < 2 * taken[-1] + 30, "what was done is not done again"
    unwatched(killed.chunk(2))
    before = killed.files()
    assert not [*killed.chunk(1)] and not [*killed.chunk(2)] and not [*killed.anchors()], (
        "and nothing is painted twice"
    )
    killed.collect()
    assert killed.files() == before == whole.files()
    assert sorted(path.name for path in killed.folder.glob("*/*")) == ["job.json", "lock"]
    assert not [*killed.chunk(1)] and not [*killed.anchors()], "nor once it is collected"
    assert killed.files() == before == {path.name: path.read_bytes() for path in killed.collect().files}


@pytest.mark.slow  # paints a whole shot
def test_of_two_workers_one_waits(farm, monkeypatch):
    monkeypatch.setattr(checkpoint, "POLL_SECONDS", 0.0)
    job = farm()
    for make in (job.anchors, lambda: job.chunk(2)):
        first, second = make(), make()
        next(first)
        assert all("waiting" in next(second).message for _ in range(3))
        result, files = unwatched(first), job.files()
        waited = list(second)
        assert not waited and job.files() == files and result.files
    unwatched(job.chunk(1))
    assert len(job.collect().files) == FRAMES


@pytest.mark.slow  # paints a whole shot
def test_of_two_collectors_one_waits_and_both_have_all(farm, monkeypatch):
    monkeypatch.setattr(checkpoint, "POLL_SECONDS", 0.0)
    job = farm()
    job.have_all()
    first, second = lock(job.folder / STATE / "lock"), job.collecting()
    assert all("waiting" in next(second).message for _ in range(3))
    first.close()

    class Overtaken(chunks.ChunkPlan):
        def has_chunk(self, number):
            if number == 2:
                assert len(unwatched(second).files) == FRAMES
            return super().has_chunk(number)

    monkeypatch.setattr(chunks, "ChunkPlan", Overtaken)
    assert len(job.collect().files) == FRAMES


def test_the_second_worker_goes_on_where_the_first_one_ended(farm, monkeypatch):
    monkeypatch.setattr(checkpoint, "POLL_SECONDS", 0.0)
    job = farm()
    job.have(0)
    first, second = job.chunk(1), job.chunk(1)
    while not (job.folder / "0002.png").exists():
        next(first)
    next(second)
    first.close()
    messages = {step.message.split(":")[0] for step in second}
    assert "Chunk 1, frame 2 of 3" in messages and "Chunk 1, frame 1 of 3" not in messages


@pytest.mark.slow  # paints the anchors of three shots
def test_a_chunk_needs_its_anchors_as_they_are(farm):
    with pytest.raises(PochadeError, match="no anchors .* yet"):
        unwatched(farm(versions="Pochade 1").chunk(1))
    anchors = farm(versions="Pochade 1").anchors()
    next(anchors)
    with pytest.raises(PochadeError, match="not all painted"):
        unwatched(farm(versions="Pochade 1").chunk(1))
    unwatched(anchors)
    with pytest.raises(
        PochadeError, match="painted by Pochade 1, and this is Pochade 2: have the same versions"
    ):
        unwatched(farm(versions="Pochade 2").chunk(1))
    for changed, what in (
        ({"settings": replace(QUICK, seed=3)}, "settings"),
        ({"size": 8}, "frames per chunk"),
        ({"animation": replace(ANIMATION, later_steps=9)}, "animation settings"),
        ({"regions_identity": "sky"}, "regions"),
        ({"styles": made_style(made_network())}, "styles"),
    ):
        with pytest.raises(PochadeError, match=f"painted with other {what}"):
            unwatched(farm(**{"versions": "Pochade 1", **changed}).chunk(1))
    with pytest.raises(PochadeError, match="chunks 1 to 2"):
        unwatched(farm(versions="Pochade 1").chunk(3))
    with pytest.raises(PochadeError, match="one pass"):
        unwatched(farm(animation=replace(ANIMATION, passes=2)).anchors())


@pytest.mark.slow  # paints two chunks and twice the anchors
def test_what_is_missing_is_named_and_a_changed_shot_begins_anew(farm):
    job = farm()
    job.have(0, 2)
    with pytest.raises(PochadeError, match="Chunk 1 of 2 is missing"):
        job.collect()
    unwatched(job.chunk(1))
    (job.folder / "0007.png").unlink()
    with pytest.raises(PochadeError, match="Chunk 2 of 2 is missing"):
        job.collect()
    (job.folder / "mine.txt").write_text("mine")
    changed = farm(settings=replace(QUICK, seed=3))
    assert "settings" in unwatched(changed.anchors()).note
    assert job.files().keys() == {"0001.png", "0005.png", "0009.png", "mine.txt"}
    assert not [*(job.folder / STATE).glob("chunk*")]
