"""The base of all exceptions of this package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Optional


@dataclass(frozen=True)
class Attempt:
    """One try at one source. Holds no secret: the URL is redacted."""

    source: str
    code: str
    message: str
    file: Optional[str] = None
    """Path inside the model, where the try was for one file."""
    times: int = 1
    """How often the source failed in just this way."""


class WanError(Exception):
    """Whatever a user or a machine can cause. Each code has a subclass in :mod:`wan_models.errors`.

    An instance of this class itself has a code that this version of the package does not know.
    """

    code: str = ""
    exit_status: int = 1
    """Of the command, where this error ends it."""
    default_hint: ClassVar[str] = ""
    default_retryable: ClassVar[bool] = False

    message: str
    hint: str
    """The next step."""
    reason: Optional[str]
    """A stable finer word than the code, such as ``model_leased``."""
    retryable: bool
    """Whether the same call can succeed later without anybody changing anything."""
    attempts: tuple[Attempt, ...]
    """Every try at every source, where sources failed."""
    details: Mapping[str, Any]
    """Numbers and names for programs: ``bytes_needed``, ``expected``, ``found``, ..."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        reason: Optional[str] = None,
        retryable: Optional[bool] = None,
        attempts: Sequence[Attempt] = (),
        details: Optional[Mapping[str, Any]] = None,
    ) -> None:
        # All of them are `args`, so that it crosses from process to process (pickle) as it is.
        super().__init__(message, hint, reason, retryable, attempts, details)
        self.message = message
        self.hint = hint or self.default_hint
        self.reason = reason
        self.retryable = self.default_retryable if retryable is None else retryable
        self.attempts = tuple(attempts)
        self.details = dict(details or {})

    def __str__(self) -> str:
        return f"{self.message}\nhint: {self.hint}" if self.hint else self.message
