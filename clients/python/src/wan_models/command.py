"""Where the command ``wan`` is."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, Optional, Union

from .errors import InvalidConfig

VARIABLE = "WAN_MODELS_COMMAND"
_HINT = f'say where it is: {VARIABLE}="/path/to/node /path/to/wan-models/bin/wan.js", or Client(command=...)'


class CommandNotFound(InvalidConfig):
    """There is no ``wan`` to run. Nothing is downloaded for that: a program that installs programs should be asked to."""

    def __init__(self, message: str, hint: str = _HINT, reason: Optional[str] = "command_not_found", *rest: Any) -> None:
        super().__init__(message, hint, reason, *rest)


def find_command(given: Union[str, Sequence[str], None], env: Mapping[str, str]) -> list[str]:
    """The words that start it: what was given, else WAN_MODELS_COMMAND (split as a shell does), else ``wan`` on PATH."""
    if given is not None:
        return _found([given] if isinstance(given, str) else list(given), env, "the command that was given")
    if env.get(VARIABLE):
        return _found(shlex.split(env[VARIABLE], posix=os.name != "nt"), env, VARIABLE)
    return _found(["wan"], env, "PATH")


def _found(words: list[str], env: Mapping[str, str], where: str) -> list[str]:
    program = shutil.which(words[0], path=env.get("PATH")) if words else None
    if program is None:
        raise CommandNotFound(f"there is no program {' '.join(words)!r} ({where})")
    return [program, *words[1:]]
