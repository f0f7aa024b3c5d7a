"""The calls. The functions of the package are the methods of one client, which is configured as the command is."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional, TypeVar, Union

from ._decode import decode
from .command_transport import Command, CommandTransport
from .errors import Internal
from .options import EnsureOptions, LoadPlanOptions, TargetOptions, VerifyOptions, wire_options
from .progress import Event, PlainProgress, ProgressMeter
from .results import EnsureResult, LoadPlan, ModelStatus, ModelSummary, VerifyResult
from .service import Service
from .transport import Document, Request, Transport, Watch

if TYPE_CHECKING:
    from typing_extensions import Unpack

_log = logging.getLogger("wan_models")
_T = TypeVar("_T")
_Path = Union[None, str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Lease:
    """A model that nobody removes until it is released, or this process ends, however it ends."""

    ref: str
    path: Path
    """The proven directory, absolute."""


class Client:
    """Asks the command ``wan``, or a running service. Used by several threads at once.

    What is not given is found as the command finds it: MODELS_ROOT, WAN_MODELS_MANIFEST, wan.toml.
    """

    def __init__(
        self,
        *,
        command: Command = None,
        root: _Path = None,
        manifest: _Path = None,
        config: _Path = None,
        environment: Optional[str] = None,
        cwd: _Path = None,
        env: Optional[Mapping[str, str]] = None,
        service: Optional[str] = None,
        token: Optional[str] = None,
        transport: Optional[Transport] = None,
    ) -> None:
        """Args:
        command: the program, or its words (``["npx", "wan"]``); else WAN_MODELS_COMMAND, else ``wan`` on PATH
        root: where the models live
        manifest: the models.toml to read
        config: the wan.toml to read
        environment: production or development: whose variant is meant where none is named
        cwd: where the command runs, which is where it looks for wan.toml
        env: for the command, on top of the environment of this process
        service: the URL of a running ``wan serve``, which is asked in place of the command; else WAN_SERVICE_URL, where nothing above
            says that the command is meant
        token: for the service; else WAN_SERVICE_TOKEN
        transport: who answers, in place of both; the others then mean nothing
        """
        given = {"root": root, "manifest": manifest, "config": config, "environment": environment}
        flags = [f"--{name}={os.fspath(value)}" for name, value in given.items() if value is not None]
        if service is not None and (flags or command is not None):
            raise TypeError("a service has a command, root, manifest and configuration of its own: give service= without them")
        self._service = Service(service, token, env)
        self._is_commands = bool(flags) or command is not None or cwd is not None
        self._command = CommandTransport(command, flags=flags, cwd=cwd, env=env)
        self._given = transport

    @property
    def _transport(self) -> Transport:
        """The environment is read at each call, as by the command."""
        if self._given is not None:
            return self._given
        return (None if self._is_commands else self._service.transport()) or self._command

    def get_wan_paths(self, model_id: str, **options: Unpack[EnsureOptions]) -> Path:
        """The absolute path of a model's complete, proven directory, made real first where it is not here.

        Takes the keywords of :class:`EnsureOptions`: ``variant``, ``overlay``, ``components``, ``on_progress``, ...
        An unknown model, variant or overlay raises before a byte moves.
        """
        return self._ensure("get_wan_paths", model_id, options).path

    def ensure(self, model_id: str, **options: Unpack[EnsureOptions]) -> EnsureResult:
        """As :meth:`get_wan_paths`, with what was done."""
        return self._ensure("ensure", model_id, options)

    def status(self, model_id: str, **options: Unpack[TargetOptions]) -> ModelStatus:
        """What is here of a model. Reads what is on record, changes nothing, opens no socket."""
        wire = wire_options("status", options, TargetOptions.__annotations__)
        return _decoded(ModelStatus, self._transport.call(Request("status", [model_id], wire)).require_result())

    def verify(self, model_id: str, **options: Unpack[VerifyOptions]) -> VerifyResult:
        """Every byte is read again and compared with the manifest. Wrong bytes are a result: ``.ok`` is False."""
        wire = wire_options("verify", options, VerifyOptions.__annotations__)
        document = self._transport.call(Request("verify", [model_id], wire), _Watching(options).watch)
        return _decoded(VerifyResult, _verified(document))

    def list_models(self) -> tuple[ModelSummary, ...]:
        """The models that the manifest defines."""
        data = self._transport.call(Request("list")).require_data()
        return tuple(_decoded(ModelSummary, one) for one in data["models"])

    def path(self, model_id: str, *, variant: Optional[str] = None, overlay: Union[str, Sequence[str], None] = None) -> Path:
        """Where the model is, or would be; whether it is there is another question (:meth:`status`)."""
        request = Request("path", [model_id], {"variant": variant, "overlay": overlay})
        return Path(self._transport.call(request).require_data()["path"])

    def load_plan(self, model_id: str, **options: Unpack[LoadPlanOptions]) -> LoadPlan:
        """What a loader has to know: pipeline class, components, number formats, offloading. The request is checked first.

        Raises InvalidInput with the nearest valid values, before anything is fetched or loaded.
        """
        wire = wire_options("load_plan", options, LoadPlanOptions.__annotations__)
        document = self._transport.call(Request("load-plan", [model_id], wire), _Watching(options).watch)
        return _decoded(LoadPlan, document.require_data())

    @contextmanager
    def lease(self, model_id: str, **options: Unpack[EnsureOptions]) -> Iterator[Lease]:
        """Makes the model real, and keeps it from being removed (``wan models gc``, ``rm``) while the block runs."""
        wire = wire_options("lease", options, EnsureOptions.__annotations__)
        request = Request("lease", [model_id], {**wire, "for": _this_program()})
        hold = self._transport.hold(request, _Watching(options).watch)
        try:
            yield _decoded(Lease, hold.data)
        finally:
            hold.release()

    def _ensure(self, function: str, model_id: str, options: EnsureOptions) -> EnsureResult:
        wire = wire_options(function, options, EnsureOptions.__annotations__)
        watching = _Watching(options)
        document = self._transport.call(Request("ensure", [model_id], wire), watching.watch)
        result = _decoded(EnsureResult, document.require_result())
        watching.finish(result)
        return result


class _Watching:
    """Callbacks and standard error, as one watch."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        on_progress, self._on_event = options.get("on_progress"), options.get("on_event")
        shows = options.get("show_progress") is not False and on_progress is None and self._on_event is None
        on_terminal = shows and sys.stderr is sys.__stderr__
        if shows and not on_terminal:
            on_progress = PlainProgress()
        self._meter = ProgressMeter(on_progress) if on_progress is not None else None
        self.watch = Watch(None if on_terminal else self._take, on_terminal)

    def finish(self, result: EnsureResult) -> None:
        if self._meter is not None:
            self._meter.finish(result.ref, result.total_bytes)

    def _take(self, event: Event) -> None:
        if event["type"] == "warning":
            _log.warning("%s", event["message"])
        if self._meter is not None:
            self._meter(event)
        if self._on_event is not None:
            self._on_event(event)


def _verified(document: Document) -> Mapping[str, Any]:
    """Of a model that was read the result, whatever was found; else what kept it from being read."""
    results = document.data.get("results", [])
    if not results or "error" in results[0]:
        return document.require_result()
    result: Mapping[str, Any] = results[0]
    return result


def _decoded(kind: type[_T], document: Mapping[str, Any]) -> _T:
    try:
        return decode(kind, document)
    except (KeyError, TypeError, ValueError) as error:
        raise Internal(
            f"the {kind.__name__} that came is not what this package reads: {error!r}",
            "install the package in the version of the command or service",
        ) from error


def _this_program() -> str:
    name = Path(sys.argv[0]).name if sys.argv and sys.argv[0] not in ("", "-c", "-m") else "python"
    return f"{name} (pid {os.getpid()})"
