"""Stopping calls from another thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Callable, Optional

_current: ContextVar[Optional[Cancel]] = ContextVar("wan_models_cancel", default=None)


class Cancel:
    """Stops what is called within its scope; what is held of a download is kept, and the call raises :class:`Cancelled`.

    >>> cancel = Cancel()
    >>> with cancel.scope():            # in one thread
    ...     get_wan_paths("t2v-A14B@2.2.0")
    >>> cancel.cancel()                 # in another one
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stops: set[Callable[[], None]] = set()
        self._is_cancelled = False

    @property
    def is_cancelled(self) -> bool:
        return self._is_cancelled

    def cancel(self) -> None:
        """Returns at once. May be called more than once, from any thread."""
        with self._lock:
            self._is_cancelled = True
            stops = list(self._stops)
        for stop in stops:
            stop()

    @contextmanager
    def scope(self) -> Iterator[Cancel]:
        before = _current.set(self)
        try:
            yield self
        finally:
            _current.reset(before)

    @contextmanager
    def _stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        with self._lock:
            self._stops.add(stop)
            is_late = self._is_cancelled
        if is_late:
            stop()
        try:
            yield
        finally:
            with self._lock:
                self._stops.discard(stop)


@contextmanager
def stopped_by_scope(stop: Callable[[], None]) -> Iterator[None]:
    """While this lasts, cancelling the scope that we are in calls ``stop``, once at least."""
    cancel = _current.get()
    if cancel is None:
        yield
    else:
        with cancel._stopping(stop):
            yield
