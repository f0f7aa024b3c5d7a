"""The transport that runs the command ``wan``, once for each request."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Optional, Union

from .child import Child, Line
from .command import find_command
from .errors import Internal
from .progress import Event
from .transport import Document, Hold, Request, Watch, error_from

Command = Union[None, str, Sequence[str]]
_EVENT_SCHEMA = "wan.event/v1"
_KEPT_LINES = 20
_KEPT_CHARACTERS = 300  # of a line: a stack begins with one of minified code


class CommandTransport:
    """Finds the command and reads the environment at each call, as a shell does."""

    def __init__(
        self,
        command: Command = None,
        *,
        flags: Sequence[str] = (),
        cwd: Union[str, os.PathLike[str], None] = None,
        env: Optional[Mapping[str, str]] = None,
    ) -> None:
        """Args:
        flags: of every call, such as ``("--root", "/data/models")``
        env: on top of the environment of this process
        """
        self._command = command
        self._flags = tuple(flags)
        self._cwd = cwd
        self._env = dict(env or {})

    def call(self, request: Request, watch: Optional[Watch] = None) -> Document:
        options = {} if watch is None else {**_shown(watch), "stop-with-stdin": True}
        child = self._start(request, options, watch, is_apart=False)
        answer = _Answer(watch)
        with child.stopping():
            for line in child.lines():
                answer.take(line)
            status = child.wait()
        return answer.document(request, status)

    def hold(self, request: Request, watch: Watch) -> Hold:
        child = self._start(request, _shown(watch), watch, is_apart=True)
        answer = _Answer(watch)
        with child.stopping():
            for line in child.lines():
                answer.take(line)
                if answer.is_whole:
                    break
            if answer.says_ok:
                return _ChildHold(child, answer.document(request, 0).require_data())
        raise answer.document(request, child.wait()).error or Internal(f"`wan models {request.verb}` holds nothing")

    def _start(self, request: Request, more: Mapping[str, Any], watch: Optional[Watch], *, is_apart: bool) -> Child:
        env = {**os.environ, **self._env}
        words = [*find_command(self._command, env), *_arguments(request, more), *self._flags, "--json"]
        return Child(
            words if not request.operands else [*words, "--", *request.operands],
            env=env,
            cwd=self._cwd,
            is_stoppable=watch is not None,
            shows_errors=watch is not None and watch.on_terminal,
            is_apart=is_apart,
        )


class _ChildHold:
    def __init__(self, child: Child, data: Mapping[str, Any]) -> None:
        self._child = child
        self.data = data

    def release(self) -> None:
        self._child.terminate()


class _Answer:
    """What the lines of a run add up to."""

    def __init__(self, watch: Optional[Watch]) -> None:
        self._on_event = watch.on_event if watch is not None else None
        self._document: Optional[Mapping[str, Any]] = None
        self._rest: deque[str] = deque(maxlen=_KEPT_LINES)

    @property
    def is_whole(self) -> bool:
        return self._document is not None

    @property
    def says_ok(self) -> bool:
        return self._document is not None and self._document["ok"] is True

    def take(self, line: Line) -> None:
        found = _json_object(line.text)
        if not line.is_error_stream and found is not None and "ok" in found:
            self._document = found
        elif line.is_error_stream and found is not None and found.get("schema") == _EVENT_SCHEMA:
            self._tell(found)
        else:
            self._rest.append(line.text.rstrip()[:_KEPT_CHARACTERS])

    def _tell(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)

    def document(self, request: Request, status: int) -> Document:
        if self._document is None:
            said = "\n".join(self._rest)
            raise Internal(
                f"`wan models {request.verb}` ended with status {status} and no document: {said}",
                "run `wan doctor`; is this package as old as the command (`wan --version`)?",
            )
        error = self._document.get("error")
        return Document(self._document["ok"], self._document.get("data", {}), None if error is None else error_from(error))


def _json_object(text: str) -> Optional[Mapping[str, Any]]:
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None


def _shown(watch: Watch) -> Mapping[str, Any]:
    """Progress as asked for; an error is the caller's to show, who may have expected it."""
    mode = "json" if watch.on_event is not None else "auto" if watch.on_terminal else "none"
    return {"progress": mode, "no-error-text": True}


def _arguments(request: Request, more: Mapping[str, Any]) -> list[str]:
    words = ["models", request.verb]
    for name, value in {**request.options, **more}.items():
        if value is True:
            words.append(f"--{name}")
        elif value is not None and value is not False:
            values = [value] if isinstance(value, (str, int, float)) else value
            words.extend(f"--{name}={one}" for one in values)
    return words
