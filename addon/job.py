"""The one running job: a generator of Progress, stepped in one thread and followed by a timer of Blender's.

A timer of the application, not a modal operator: that one belongs to a window and dies with it, holds back
Blender's auto-save, and never hears ESC in another window. The price is that a job keeps no context: what it
has to tell goes to its two callbacks, in Blender's own thread.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, closing, nullcontext
from functools import partial
from typing import Any

import bpy
from bpy.app.handlers import persistent

from ..core.errors import PochadeError, is_out_of_memory
from ..core.progress import Progress
from ..core.words import Sentence

PULSE = 0.1  # seconds between two calls of the timer
SOON = 0.005  # the same after an answer: a generator that asks once asks again
ALERT = 0.3  # seconds after an answer for which the calls come SOON
SHOW_EVERY = 0.5  # seconds between two previews, and two redraws of the panels
PATIENCE = 3.0  # seconds that Blender waits for the thread before it goes on without it

# The type of the region that has Pochade's panels, by the type of area.
PANELS = {
    "IMAGE_EDITOR": "UI",
    "NODE_EDITOR": "UI",
    "VIEW_3D": "UI",
    "PROPERTIES": "WINDOW",
    "PREFERENCES": "WINDOW",
}

# A function's answer to have itself called again with the timer's next call: the job waits, at no cost.
LATER = object()

_log = logging.getLogger(__name__)


class InBlender:
    """A generator's question: `function` is called in Blender's own thread, where bpy may be used.

    The yield gives what the function returns, or raises what it raises; LATER is no answer yet. Cancelled
    meanwhile, the job may never call it.
    """

    def __init__(self, function: Callable[[], Any]):
        self._function = function
        self._result = self._error = None
        self._answered = threading.Event()

    def answer(self) -> bool:
        """Call the function; whether it has answered."""
        try:
            self._result = self._function()
        except Exception as error:  # noqa: BLE001 - it is the generator's to handle, and the job's if that does not
            self._error = error
        if self._error or self._result is not LATER:
            self._answered.set()
        return self._answered.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the answer, but no longer than this; whether it is there."""
        return self._answered.wait(seconds)

    def resume(self, steps: Generator) -> Any:
        """Give the generator its answer; returns what it yields next."""
        return steps.throw(self._error) if self._error else steps.send(self._result)


class Job:
    """A generator of Progress, and of InBlender, and how far it is. `state` is "running", then "done",
    "failed" or "cancelled".

    In the job's own thread, `on_progress(progress)` gets every step. In Blender's thread, `on_picture(array)`
    gets a preview about twice a second, and `on_end(job)` the ended job with its `result`, or, cancelled with
    `keep`, its last `picture`. `sentence` tells the artist how it ended; an exception from a callback makes
    the job a failed one. `keeps` is what the button says that keeps what there is of an unfinished job, or ""
    where that is nothing worth keeping. `details` is what a report says of it, and `seconds` how long it
    took, or has taken so far.
    """

    def __init__(
        self,
        title: str,
        steps: Generator[Progress | InBlender, Any, Any],
        *,
        keeps: str = "Keep Preview",
        details: str = "",
        on_progress: Callable[[Progress], None] | None = None,
        on_picture: Callable[[Any], None] | None = None,
        on_end: Callable[["Job"], None] | None = None,
    ):
        self.title, self.details = title, details
        self._began, self._ended = time.monotonic(), 0.0
        self.state = "running"
        self.sentence = ""
        self.progress: Progress | None = None
        self.picture = self.result = None
        self.keep = False
        self.keeps = keeps if on_picture else ""
        self._steps = steps
        self._question: InBlender | None = None  # waits for Blender's thread
        self._on_progress, self._on_picture, self._on_end = on_progress, on_picture, on_end
        self._first: tuple[float, float] | None = None  # when the first step came, and its fraction
        self._shown = self._answered = 0.0
        self._finished = False
        self._outcome: tuple[str, str] | None = None  # state and sentence, once the generator has ended
        self._cancel, self._preview_wanted = threading.Event(), threading.Event()
        # No daemon: Python would end it inside PyTorch when Blender quits, and PyTorch would abort. So Python
        # waits for the step at hand, and unregistering has cancelled the job by then.
        self._thread = threading.Thread(target=self._work, name="Pochade")
        # Blender knows a timer by the object, and a bound method is a new one each time.
        self._timer = self.pulse

    @property
    def paints(self) -> bool:
        """Whether there are previews to show."""
        return self._on_picture is not None

    @property
    def told(self) -> str:
        """What the artist reads of it once it has ended: of a cancelled one at least that it was."""
        return self.sentence or (
            Sentence("{title}: stopped", title=self.title) if self.state == "cancelled" else ""
        )

    @property
    def seconds(self) -> float:
        return (self._ended or time.monotonic()) - self._began

    @property
    def cancelling(self) -> bool:
        return self._cancel.is_set()

    def cancel(self, keep: bool = False) -> None:
        """Ask the job to stop after the step that it is at; returns at once."""
        self.keep = keep
        self._cancel.set()

    def seconds_left(self) -> float | None:
        """An estimate from the steps so far; None while there are too few to go by."""
        progress, first = self.progress, self._first
        if progress is None or first is None or progress.fraction < first[1] + 0.05:
            return None
        return (time.monotonic() - first[0]) * (1 - progress.fraction) / (progress.fraction - first[1])

    def run(self) -> None:
        """Exhaust the generator here and now: for scripts, and Blender in the background."""
        self._step_through()
        self._end(*self._outcome)

    def start(self) -> None:
        bpy.app.timers.register(self._timer, first_interval=PULSE)
        self._thread.start()

    def stop(self, sentence: str) -> None:
        """End at once, with this sentence: what the job works on is going away."""
        self.cancel()
        self._thread.join(PATIENCE)
        if bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.unregister(self._timer)
        self._end("cancelled", sentence)

    # In the job's own thread: nothing of bpy.

    def _work(self) -> None:
        # Only Linux gives each thread a niceness of its own; PyTorch's worker threads inherit this one's.
        # Beside Blender's own threads 5 halves the longest pauses of its window and costs no speed; 10 gains
        # nothing more.
        if sys.platform == "linux":
            os.nice(5)
        self._step_through()

    def _step_through(self) -> None:
        sentence = _attempt(self._exhaust)
        state = "failed" if sentence else "done" if self._finished else "cancelled"
        self._steps = self.progress = None  # both hold the picture's tensors
        self._outcome = state, sentence

    def _exhaust(self) -> None:
        with closing(self._steps) as steps:
            resume = partial(next, steps)
            try:
                while not self._cancel.is_set():
                    step, resume = resume(), partial(next, steps)
                    if isinstance(step, InBlender):
                        self._ask(step)
                        resume = partial(step.resume, steps)
                        continue
                    # Another part of the job, with a pace of its own.
                    if not self._first or step.fraction < self.progress.fraction:
                        self._first = time.monotonic(), step.fraction
                    self.progress = step
                    if self._on_progress:
                        self._on_progress(step)
                    if self._preview_wanted.is_set() and step.preview:
                        self._preview_wanted.clear()
                        self.picture = step.preview()
                if self.keep and self.keeps and self.progress:
                    self.picture = self.progress.preview()
            except StopIteration as end:
                self.result, self._finished = end.value, True

    def _ask(self, question: InBlender) -> None:
        """Have a question answered, unless the job is cancelled before its turn comes."""
        if threading.current_thread() is not self._thread:  # run: this is Blender's thread
            while not question.answer():
                time.sleep(PULSE)
            return
        self._question = question
        while not question.wait(PULSE) and not self._cancel.is_set():
            pass

    # In Blender's thread.

    def pulse(self) -> float | None:
        """The timer's function; returns the seconds to the next call, or None for never again."""
        # Loading PyTorch takes seconds and cannot be interrupted; who cancels meanwhile need not wait for it.
        unheard = self.cancelling and self._first is None
        if not self._outcome and not unheard:
            question, self._question = self._question, None
            if question and not self.cancelling:
                if question.answer():
                    self._answered = time.monotonic()
                else:
                    self._question = question
                    return self._next_pulse()
            sentence = _attempt(self._show)
            if not sentence:
                return self._next_pulse()
            self.cancel()
            self._outcome = "failed", sentence
        self._end(*(self._outcome or ("cancelled", "")))
        return None

    def _next_pulse(self) -> float:
        """Seconds from now."""
        return SOON if time.monotonic() - self._answered < ALERT else PULSE

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._shown < SHOW_EVERY:
            return
        self._shown = now
        if self.paints and not self.cancelling:  # what is kept is not for the editor
            picture, self.picture = self.picture, None
            self._preview_wanted.set()
            if picture is not None:
                self._on_picture(picture)
        redraw()

    def _end(self, state: str, sentence: str) -> None:
        self.state, self.sentence, self._ended = state, sentence, time.monotonic()
        if self._on_end and (trouble := _attempt(self._on_end, self)):
            self.state, self.sentence = "failed", trouble
        self._on_picture = self._on_end = self.picture = self.result = None
        _log.log(
            logging.ERROR if self.state == "failed" else logging.INFO,
            "%s: %s in %.1f s. %s",
            self.title,
            self.state,
            self.seconds,
            self.sentence,
        )
        redraw()


def _attempt(function: Callable, *arguments) -> str:
    """Call the function. What the artist is to read about its exception, which is logged if a bug; or ""."""
    try:
        function(*arguments)
    except PochadeError as error:
        return str(error)
    except Exception as error:  # noqa: BLE001 - a bug must not take the job's end with it
        if is_out_of_memory(error):
            return Sentence("There is not enough memory: lower Size, or close what else needs memory")
        _log.error("Nobody foresaw this error", exc_info=error)
        return Sentence(
            "This is a bug in Pochade, please report it with the console's text: {name}: {error}",
            name=type(error).__name__,
            error=error,
        )
    return ""


_newest: Job | None = None


def newest() -> Job | None:
    """The job started last, which may have ended: panels tell how."""
    return _newest


def current() -> Job | None:
    """The running job."""
    return _newest if _newest and _newest.state == "running" else None


def busy() -> str:
    """Why no other job can start now; "" when one can."""
    return (
        Sentence("{title} is still running: wait for it, or cancel it", title=current().title)
        if current()
        else ""
    )


def start(title: str, steps: Generator[Progress, None, Any], **callbacks) -> Job:
    """Start a Job in its thread and return it. Raises PochadeError while another one is running."""
    global _newest
    if busy():
        raise PochadeError(busy())
    _newest = Job(title, steps, **callbacks)
    _newest.start()
    return _newest


def in_window() -> AbstractContextManager:
    """A context with a window, which some operators want: an application's timer has none."""
    windows = bpy.context.window_manager.windows
    return bpy.context.temp_override(window=windows[0]) if windows else nullcontext()


def redraw() -> None:
    """Have every panel that shows the job drawn again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if region.type == PANELS.get(area.type):
                    region.tag_redraw()


@persistent
def forget_failure(*_) -> None:
    """Say no more why the last job failed: what its sentence asks for is being done."""
    global _newest
    if _newest and _newest.state == "failed":
        _newest = None


@persistent
def _before_load(*_):
    """Stop what runs, and say no more of what has ended: it was about another file."""
    global _newest
    if current():
        current().stop(Sentence("Painting was stopped, for another file was opened"))
    else:
        _newest = None


def register():
    bpy.app.handlers.load_pre.append(_before_load)
    bpy.app.handlers.render_init.append(forget_failure)


def unregister():
    global _newest
    if current():
        current().stop(Sentence("Pochade was switched off"))
    _newest = None
    bpy.app.handlers.load_pre.remove(_before_load)
    bpy.app.handlers.render_init.remove(forget_failure)
