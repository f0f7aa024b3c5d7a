"""The locks that wan-models takes, in Python: kernel locks of an open file, dropped by the system when their holder dies."""

from __future__ import annotations

import os
import random
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Callable

try:
    import fcntl
except ImportError:  # Windows, whose locks the standard library cannot take this far into a file
    fcntl = None  # type: ignore[assignment]

# One byte far past any content, as wan-models does it; macOS locks whole files only.
_OFFSET = 2**40
_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.25


@contextmanager
def file_lock(path: Path, wait_s: float, is_pointless: Callable[[], bool] = lambda: False) -> Iterator[bool]:
    """Holds the lock for the block. False: it could not be had in time, or what was waited for has happened.

    On Windows there is no such lock, and it is always had. Raises OSError where the file cannot be opened or its volume has no locks.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        yield _wait(descriptor, wait_s, is_pointless)
    finally:
        _set_lock(descriptor, "F_UNLCK")  # closing would not: a process that was forked meanwhile has it open, too
        os.close(descriptor)


def _wait(descriptor: int, wait_s: float, is_pointless: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + wait_s
    pause_s = _FIRST_PAUSE_S
    while not _try_lock(descriptor):
        left_s = deadline - time.monotonic()
        if left_s <= 0 or is_pointless():
            return False
        time.sleep(min(left_s, pause_s * random.uniform(0.5, 1)))  # noqa: S311 - so that waiters do not stay together
        pause_s = min(_LONGEST_PAUSE_S, 2 * pause_s)
    return True


def _try_lock(descriptor: int) -> bool:
    try:
        _set_lock(descriptor, "F_WRLCK")
    except (BlockingIOError, PermissionError):
        return False
    return True


def _set_lock(descriptor: int, kind: str) -> None:
    if fcntl is None:
        return
    if sys.platform == "linux":
        # struct flock: type, whence, start, length, pid. Of the open file, not of the process: threads exclude each other, too.
        fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", getattr(fcntl, kind), os.SEEK_SET, _OFFSET, 1, 0))
    else:
        fcntl.flock(descriptor, fcntl.LOCK_UN if kind == "F_UNLCK" else fcntl.LOCK_EX | fcntl.LOCK_NB)
