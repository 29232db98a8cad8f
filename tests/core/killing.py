"""A small shot painted by processes that are killed, for test_resume: `-m tests.core.killing FOLDER SEED`.

PyTorch is imported once, here, and at work only in the forks. Leaves the uninterrupted paintings in
FOLDER/whole and FOLDER/other, the killed one in FOLDER/killed, and prints how it went as JSON.
"""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np
import torch

from core.files.pictures import write_picture
from core.sequence.animation import stylize_animation
from core.sequence.job import SequenceJob
from core.sequence.shot import Frame, Shot
from core.sequence.steps import Look
from core.settings import AnimationSettings, Settings
from core.style.styles import Style
from tests.core.exr_files import passes_channels, write_exr

HEIGHT, WIDTH, SHIFT = 64, 80, 2
ANIMATION = AnimationSettings(later_steps=2, distances="1, 2", passes=2, file_format="exr")
# Between which parts of all steps each kill comes: the first frame takes 0.27 of them, and the second run
# gets beyond it.
KILLS = ((0, 0.25), (0.35, 0.5), (0, 0.25), (0, 0.25))


def made_shot(folder: Path) -> Shot:
    """Four frames of a coloured ground that moves to the left, with the Vector pass that says so."""
    ground = np.random.default_rng(0).random((HEIGHT, WIDTH + 4 * SHIFT, 3)).astype(np.float32)
    vector = np.broadcast_to(np.float32((SHIFT, 0, SHIFT, 0)), (HEIGHT, WIDTH, 4))
    channels = passes_channels(vector, np.full((HEIGHT, WIDTH), 5, np.float32))
    frames = []
    for number in range(1, 5):
        frames.append(Frame(number, folder / f"{number}.png", folder / f"{number}.exr"))
        write_picture(frames[-1].picture, ground[:, number * SHIFT : number * SHIFT + WIDTH])
        write_exr(frames[-1].passes, channels)
    return Shot(tuple(frames), "made")


def painting(shot: Shot, folder: Path, content_weight: float = 0.08):
    torch.set_num_threads(1)
    y, x = np.mgrid[:64, :64]
    style = Style("stripes", np.stack([(x + y) % 16 / 15, x % 8 / 7, y / 63], axis=2).astype(np.float32))
    settings = Settings(size=WIDTH, steps=2, content_weight=content_weight, keep_colours="match")
    looks = [Look(((style, 1.0),), settings)] * len(shot.frames)
    return stylize_animation(SequenceJob(shot, looks, ANIMATION, folder, "cpu"))


def run(steps: int | None, delay: float, *arguments) -> tuple[int, bool, str]:
    """Paint in a fork, killed `delay` seconds after so many steps, or never: steps, end, output."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(reader)
            generator = painting(*arguments)
            while True:
                try:
                    next(generator)
                except StopIteration as end:
                    os.write(writer, f"|{end.value.note}".encode())
                    os._exit(0)
                os.write(writer, b".")
        except BaseException as error:  # noqa: BLE001
            os.write(writer, f"|{error!r}".encode())
            os._exit(1)
    os.close(writer)
    seen = b""
    while data := os.read(reader, 1 if steps and len(seen) < steps else 4096):
        seen += data
        if len(seen) == steps:
            time.sleep(delay)
            os.kill(child, signal.SIGKILL)
    os.close(reader)
    ended = os.waitpid(child, 0)[1] == 0
    taken, _, said = seen.decode().partition("|")
    return len(taken), ended, said


def main(folder: Path, seed: str) -> None:
    moments, shot = random.Random(seed), made_shot(folder)
    began = time.monotonic()
    all_steps, *_, whole = run(None, 0, shot, folder / "whole")
    step = (time.monotonic() - began) / all_steps
    runs = []
    for earliest, latest in KILLS:
        steps = 1 + int(all_steps * moments.uniform(earliest, latest))
        runs.append(run(steps, moments.uniform(0, 2 * step), shot, folder / "killed"))
    runs.append(run(None, 0, shot, folder / "killed"))
    _, _, other = run(None, 0, shot, folder / "other", 0.5)
    halfway = run(3 * all_steps // 4, 0, shot, folder / "changed")
    changed = run(None, 0, shot, folder / "changed", 0.5)
    print(
        json.dumps(
            {
                "all_steps": all_steps,
                "said": [whole, other],
                "runs": runs,
                "halfway": halfway,
                "changed": changed,
            }
        )
    )


main(Path(sys.argv[1]), sys.argv[2])
