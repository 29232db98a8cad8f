"""Answers of the disk for panels and polls, which must not wait for it.

While they wait, Python's other threads get their turn, and when one of them is a render's, Blender may never
again let a timer write: the flag that forbids writing while drawing is kept per process.
"""

from collections.abc import Callable, Hashable
from typing import Any

import bpy

from . import job

AGAIN = 1.0  # seconds after which the disk may be asked anew

_answers: dict[tuple[str, Hashable], Any] = {}
_timers: dict[tuple[str, Hashable], Callable[[], None]] = {}


def known(kind: str, key: Hashable = None) -> Any:
    """The newest answer to a question of this kind; None before the first."""
    return _answers.get((kind, key))


def read(function: Callable[[], Any], kind: str, key: Hashable = None) -> Any:
    """Call the function, which may read the disk; its answer, which `known` has from now on."""
    _answers[kind, key] = answer = function()
    return answer


def read_later(function: Callable[[], Any], kind: str, key: Hashable = None) -> None:
    """Have a timer do the same once Blender has drawn; panels are drawn again where the answer is another."""

    def later():
        before = known(kind, key)
        del _timers[kind, key]
        if read(function, kind, key) != before:
            job.redraw()

    if (kind, key) not in _timers:
        _timers[kind, key] = later
        wait = AGAIN if (kind, key) in _answers else 0.0
        bpy.app.timers.register(later, first_interval=wait, persistent=True)


def forget(kind: str) -> None:
    """Have questions of this kind asked anew."""
    for question in [question for question in _answers if question[0] == kind]:
        del _answers[question]


def clear() -> None:
    """Forget everything: Pochade is being switched off."""
    for timer in _timers.values():
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    _timers.clear()
    _answers.clear()
