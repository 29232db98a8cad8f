"""A command is stopped by SIGINT and SIGTERM, whatever it is at."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Stop:
    """Whether the command was asked to stop; nothing is raised, for Python would print that where Blender had
    called it. `calls` are called when it is asked.
    """

    def __init__(self) -> None:
        self.asked = False
        self._calls: list[Callable[[], object]] = []

    def calls(self, function: Callable[[], object]) -> None:
        """Have a function called when the command is asked to stop: at once, if it was."""
        self._calls.append(function)
        if self.asked:
            function()

    def ask(self, *_: object) -> None:
        self.asked = True
        for function in self._calls:
            function()


@contextmanager
def stopped_by_signals() -> Iterator[Stop]:
    """Have SIGINT and SIGTERM ask to stop, instead of ending Python wherever it is."""
    stop, before = Stop(), {}
    with suppress(ValueError):  # not Python's main thread, which alone hears them
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, stop.ask)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
