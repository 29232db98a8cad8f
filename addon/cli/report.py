"""A command's report of its work, a line at a time: for people, for farm managers, or for programs."""

import json
import sys
import time
from typing import Any

from ...core.progress import Progress

EVERY = 2.0  # seconds between two lines of progress


class Report:
    """`style` is "plain", "farm" (lines that Open Job Description's schedulers read) or "json"."""

    def __init__(self, style: str):
        self._style = style
        self._told = 0.0

    def progress(self, step: Progress) -> None:
        """Tell how far the job is, now and then."""
        if time.monotonic() - self._told < EVERY:
            return
        self._told = time.monotonic()
        if self._style == "farm":
            _say(f"openjd_progress: {100 * step.fraction:.1f}")
            _say(f"openjd_status: {step.message}")
        elif self._style == "json":
            self._json("progress", fraction=round(step.fraction, 4), message=step.message)
        else:
            _say(f"{step.fraction:4.0%}  {step.message}")

    def done(self, sentence: str, **facts: Any) -> None:
        """Tell that the job is done."""
        if self._style == "farm":
            _say("openjd_progress: 100.0")
            _say(f"openjd_status: {sentence}")
        elif self._style == "json":
            self._json("done", message=sentence, **facts)
        else:
            _say(sentence)

    def cancelled(self, sentence: str) -> None:
        """Tell that it was ended from outside."""
        if self._style == "json":
            self._json("cancelled", message=sentence)
        else:
            _say(f"openjd_status: {sentence}" if self._style == "farm" else sentence)

    def failed(self, sentence: str) -> None:
        """Tell why there is no result."""
        if self._style == "farm":
            _say(f"openjd_fail: {sentence}")
        elif self._style == "json":
            self._json("failed", message=sentence)
        else:
            sys.stdout.flush()
            sys.stderr.write(f"pochade: {sentence}\n")

    def row(self, text: str, **facts: Any) -> None:
        """Tell one thing of a list."""
        if self._style == "json":
            self._json("row", **facts)
        else:
            _say(text)

    def _json(self, event: str, **facts: Any) -> None:
        _say(json.dumps({"event": event, **facts}, ensure_ascii=False))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
