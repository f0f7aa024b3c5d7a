"""One run of the command: its lines as they come, and its end."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Optional, Union

from .cancel import stopped_by_scope
from .command import CommandNotFound

_GRACE_S = 30
_PATIENCE_S = 10


@dataclass(frozen=True)
class Line:
    text: str
    is_error_stream: bool


class Child:
    """It leaves nothing behind: its standard input is a pipe that ends with this process, and then it stops."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Union[str, os.PathLike[str], None],
        is_stoppable: bool,
        shows_errors: bool,
        is_apart: bool,
    ) -> None:
        """Args:
        is_stoppable: it heeds the end of its input; else it is ended by a signal, which is right for what is short
        shows_errors: its standard error is ours
        is_apart: Ctrl-C at the terminal is not for it
        """
        self._is_stoppable = is_stoppable
        self._input_lock = threading.Lock()
        self._reminder: Optional[threading.Timer] = None
        self._lines: queue.SimpleQueue[Optional[Line]] = queue.SimpleQueue()
        try:
            self._process: subprocess.Popen[str] = subprocess.Popen(
                list(words),
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.PIPE if is_stoppable else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=None if shows_errors else subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                **_apart(is_apart),
            )
        except OSError as error:
            raise CommandNotFound(f"cannot run {words[0]}: {error.strerror}") from error
        self._open_streams = sum(self._pump(stream) for stream in (self._process.stdout, self._process.stderr))

    def lines(self) -> Iterator[Line]:
        """Of both streams, in the thread of the caller, until both have ended."""
        while self._open_streams > 0:
            line = self._lines.get()
            if line is None:
                self._open_streams -= 1
            else:
                yield line

    def wait(self) -> int:
        """The exit status; of one that a signal ended, as a shell tells it."""
        status = self._process.wait()
        self._close_input()
        if self._reminder is not None:
            self._reminder.cancel()
        return status if status >= 0 else 128 - status

    @contextmanager
    def stopping(self) -> Iterator[None]:
        """Whatever is raised within (Ctrl-C, by a callback) goes on after the child has ended."""
        try:
            with stopped_by_scope(self.ask_to_stop):
                yield
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """It gets half a minute, or until the next Ctrl-C, then it is killed: what it holds is safe on disk at any moment."""
        self.ask_to_stop()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        except BaseException:
            self._process.kill()
            raise
        finally:
            self.wait()

    def ask_to_stop(self) -> None:
        """Returns at once."""
        if not self._is_stoppable:
            self._process.terminate()
            return
        self._close_input()
        if os.name != "nt" and self._reminder is None:
            # A process that was forked from this one has the other end of its input, too, and that stays open.
            self._reminder = threading.Timer(_PATIENCE_S, self._process.terminate)
            self._reminder.name, self._reminder.daemon = "wan-models", True
            self._reminder.start()

    def terminate(self) -> None:
        """For one that is known to heed the signal."""
        if os.name != "nt":
            self._process.terminate()
        self.stop()

    def _close_input(self) -> None:
        if self._process.stdin is not None:
            with self._input_lock:
                self._process.stdin.close()

    def _pump(self, stream: Optional[IO[str]]) -> bool:
        if stream is None:
            return False
        threading.Thread(target=self._forward, args=[stream], name="wan-models", daemon=True).start()
        return True

    def _forward(self, stream: IO[str]) -> None:
        with stream:
            for text in stream:
                self._lines.put(Line(text, stream is self._process.stderr))
        self._lines.put(None)


def _apart(is_apart: bool) -> dict[str, Any]:
    if not is_apart:
        return {}
    if os.name == "nt":
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return {"start_new_session": True}
