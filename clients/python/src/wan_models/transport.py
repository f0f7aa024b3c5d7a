"""The seam between what is asked and who answers: the command now, a running service as another implementation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional, Protocol, Union

from .errors import BY_CODE, Attempt, WanError
from .progress import OnEvent

OptionValue = Union[None, bool, int, float, str, Sequence[str]]


@dataclass(frozen=True)
class Request:
    """A verb of ``wan models``, with its operands and options by their long names; None and False: not given."""

    verb: str
    operands: Sequence[str] = ()
    options: Mapping[str, OptionValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Watch:
    """Of what may take long: who is told how far it is. With neither, nobody is."""

    on_event: Optional[OnEvent] = None
    """Called in the thread of the call. What it raises ends the call."""
    on_terminal: bool = False
    """The command shows its own progress on standard error."""


@dataclass(frozen=True)
class Document:
    """The one JSON document that answers a request."""

    ok: bool
    data: Mapping[str, Any]
    error: Optional[WanError]

    def require_data(self) -> Mapping[str, Any]:
        """Raise what the document says went wrong."""
        if self.error is not None:
            raise self.error
        return self.data

    def require_result(self) -> Mapping[str, Any]:
        """Of a verb that can be asked for several models: the one result."""
        result: Mapping[str, Any] = self.require_data()["results"][0]
        return result


class Hold(Protocol):
    """Something that lasts until it is released, or this process ends."""

    @property
    def data(self) -> Mapping[str, Any]: ...

    def release(self) -> None:
        """May be called more than once."""


class Transport(Protocol):
    """Who answers requests. Used by several threads at once."""

    def call(self, request: Request, watch: Optional[Watch] = None) -> Document: ...

    def hold(self, request: Request, watch: Watch) -> Hold:
        """Raise WanError where it cannot be had."""


def error_from(document: Mapping[str, Any]) -> WanError:
    """An error document (docs/errors.md) as the exception of its code."""
    error = BY_CODE.get(document["code"], WanError)(
        document["message"],
        document["hint"],
        document.get("reason"),
        document["retryable"],
        [_attempt(one) for one in document.get("attempts", ())],
        document.get("details"),
    )
    error.code = document["code"]
    return error


def _attempt(one: Mapping[str, Any]) -> Attempt:
    return Attempt(one["source"], one["code"], one["message"], one.get("file"), one.get("times", 1))
