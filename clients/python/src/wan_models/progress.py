"""How far a call is: from the events of the command to what a callback or a reader gets."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable, Optional


@dataclass(frozen=True)
class Progress:
    """``done_bytes`` never goes down; where something has to be fetched again, ``total_bytes`` goes up instead."""

    phase: str
    """planning, waiting (for another process), transferring, deriving, verifying, publishing, finished."""
    done_bytes: int
    total_bytes: int
    bytes_per_second: float = 0.0
    model: Optional[str] = None

    @property
    def fraction(self) -> float:
        return self.done_bytes / self.total_bytes if self.total_bytes else 1.0


OnProgress = Callable[[Progress], None]
Event = Mapping[str, Any]
OnEvent = Callable[[Event], None]


class ProgressMeter:
    """Events in, progress out; called by one thread."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._last = Progress("planning", 0, 0)

    def __call__(self, event: Event) -> None:
        kind = event["type"]
        if kind in ("ensure.progress", "verify.progress"):
            self._tell(event, event["done_bytes"], event["total_bytes"], event.get("bytes_per_second", 0.0))
        elif kind == "ensure.planned":
            self._tell(event, event["held_bytes"], event["total_bytes"], 0.0)
        elif kind == "ensure.phase" and event["phase"] != self._last.phase:
            last = self._last
            self._pass_on(Progress(event["phase"], last.done_bytes, last.total_bytes, last.bytes_per_second, event.get("model")))

    def finish(self, model: str, total_bytes: int) -> None:
        """Also where nothing had to be done, and so nothing was told."""
        self._on_progress(Progress("finished", total_bytes, total_bytes, 0.0, model))

    def _tell(self, event: Event, done: int, total: int, speed: float) -> None:
        phase = "verifying" if event["type"] == "verify.progress" else self._last.phase
        self._pass_on(Progress(phase, done, total, speed, event.get("model")))

    def _pass_on(self, progress: Progress) -> None:
        self._last = progress
        self._on_progress(progress)


class PlainProgress:
    """A line on ``sys.stderr`` now and then: for notebooks and wherever else it is not the terminal's."""

    def __init__(self, interval_s: float = 2.0) -> None:
        self._interval_s = interval_s
        self._told_at: Optional[float] = None

    def __call__(self, progress: Progress) -> None:
        if self._is_due(progress) and sys.stderr is not None:
            self._told_at = time.monotonic()
            sys.stderr.write(f"{line_of(progress)}\n")
            sys.stderr.flush()

    def _is_due(self, progress: Progress) -> bool:
        if progress.phase == "finished":  # of what was here already not a word
            return self._told_at is not None
        if self._told_at is None:
            return progress.phase != "planning"
        return time.monotonic() - self._told_at >= self._interval_s


def line_of(progress: Progress) -> str:
    mib = 2**20
    done, total, speed = (n / mib for n in (progress.done_bytes, progress.total_bytes, progress.bytes_per_second))
    return f"{progress.model}: {progress.phase}, {done:.1f} of {total:.1f} MiB ({progress.fraction:.0%}), {speed:.1f} MiB/s"
