"""The transport that asks a running service (``wan serve``): what is made real is a job of the service, which is watched here."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, NoReturn, Optional
from urllib.parse import quote

from .errors import InvalidConfig, InvalidInput, NotImplementedYet
from .progress import OnEvent, PlainProgress, ProgressMeter
from .service_http import ServiceHttp, ServiceUnreachable
from .service_job import Job, JobWatch
from .transport import Document, Hold, OptionValue, Request, Watch

_TERMINAL_INTERVAL_S = 10.0
_PAGE = 500
_OWN = frozenset({"variant", "overlay", "timeout"})
_HOW = "ask the command instead (a Client without service=, WAN_SERVICE_URL unset)"
_JOB_KEYS = ("components", "include", "exclude", "force")
_SIZE_KEYS = ("width", "height", "frames", "fps")
_LOAD_PLAN_KEYS = (*_SIZE_KEYS, "prompt", "image", "steps", "shift", "guidance-scale", "guidance-scale-2", "gpu", "offload")

Options = Mapping[str, OptionValue]


class RootNotHere(InvalidConfig):
    """The service keeps its models where this machine does not see them."""


class ServiceTransport:
    """Asks the service at one URL. Used by several threads at once. The token is in no message and no repr."""

    def __init__(self, base_url: str, token: Optional[str] = None, *, cancels_jobs: bool = False) -> None:
        """Args:
        base_url: ``http://127.0.0.1:8005``
        token: of the scope ``write``, to make models real and to verify them; reading may be open
        cancels_jobs: a call that ends early (Ctrl-C, Cancel, timeout, a callback that raises) cancels its job, for all who wait for it
        """
        self._http = ServiceHttp(base_url, token)
        self._cancels_jobs = cancels_jobs

    def __repr__(self) -> str:
        return f"ServiceTransport({self._http.url!r})"

    def call(self, request: Request, watch: Optional[Watch] = None) -> Document:
        verbs: Mapping[str, Callable[[Request, Optional[Watch]], Mapping[str, Any]]] = {
            "ensure": self._ensure,
            "status": self._status,
            "verify": self._verify,
            "list": self._list,
            "path": self._path,
            "load-plan": self._load_plan,
        }
        if request.verb not in verbs:
            _refuse(f"wan models {request.verb}")
        return Document(True, verbs[request.verb](request, watch), None)

    def hold(self, request: Request, watch: Watch) -> Hold:  # noqa: ARG002
        raise NotImplementedYet(
            f"a {request.verb} cannot be had of a service yet",
            f"pin the model (`wan models pin {request.operands[0]}`), or {_HOW}",
            "service_has_no_lease",
        )

    def _ensure(self, request: Request, watch: Optional[Watch]) -> Mapping[str, Any]:
        body = _ensure_body(request)
        timeout = request.options.get("timeout")
        timeout_s = None if timeout is None else float(str(timeout).rstrip("s"))
        self._require_root()
        began = time.monotonic()
        job = JobWatch(self._http, _teller(watch), timeout_s, cancels=self._cancels_jobs).run(body)
        return {"results": [self._ensured(job, (time.monotonic() - began) * 1000)]}

    def _ensured(self, job: Job, duration_ms: float) -> Mapping[str, Any]:
        listed = self._http.get(f"/v1/models/{quote(job['model'], safe='@+')}/files")
        files = [file for file in listed["files"] if file["state"] == "proven"]
        self._require_files(Path(job["result"]["path"]), files)
        summary = job.get("summary", {})
        ways = [way for way, count in summary.get("files", {}).items() if count > 0]
        origin = ways[0] if len(ways) == 1 else "unknown"
        shown = [{"path": one["path"], "size_bytes": one["size_bytes"], "proof": one["proof"], "origin": origin} for one in files]
        head = {"ref": job["model"], "variant": listed["variant"], "duration_ms": duration_ms}
        told = {"liars": summary.get("liars", []), "troubles": summary.get("troubles", [])}
        return {**head, **job["result"], "files": shown, **told}

    def _require_root(self) -> None:
        """Before a byte moves: a path that is no directory here is of no use."""
        told = self._http.get("/v1/").get("root")
        if not isinstance(told, str):
            raise ServiceUnreachable(f"what answers at {self._http.url} is no `wan serve`: is it at that address?")
        root = Path(told)
        if not root.is_dir():
            raise self._not_here(f"keeps its models in {root}, which is no directory on this machine")

    def _require_files(self, directory: Path, files: list[Mapping[str, Any]]) -> None:
        for file in files:
            if not _is_here(directory / file["path"], file["size_bytes"]):
                raise self._not_here(f"has made {directory}, of which {file['path']} is not to be seen on this machine")

    def _not_here(self, what: str) -> RootNotHere:
        hint = f"mount the MODELS_ROOT of the service at the same place here, or {_HOW}"
        return RootNotHere(f"the service at {self._http.url} {what}", hint, "root_not_here")

    def _status(self, request: Request, _: Optional[Watch]) -> Mapping[str, Any]:
        return {"results": [self._model(request, "status")]}

    def _path(self, request: Request, _: Optional[Watch]) -> Mapping[str, Any]:
        return {"path": self._model(request, "status")["path"]}

    def _model(self, request: Request, part: str, query: Optional[Mapping[str, Any]] = None) -> Mapping[str, Any]:
        if query is None:
            _only(request, ())
        variant = request.options.get("variant")
        whole = {**(query or {}), **({} if variant is None else {"variant": variant})}
        return self._http.get(f"{_place(request)}/{part}", whole)

    def _verify(self, request: Request, _: Optional[Watch]) -> Mapping[str, Any]:
        _only(request, ("deep", "resume", "limit-rate"))
        body = {name: request.options[name] for name in ("variant", "deep", "resume") if request.options.get(name) is not None}
        return {"results": [self._http.post_long(f"{_place(request)}/verify", {**body, **_limit(request.options)})]}

    def _list(self, _: Request, __: Optional[Watch]) -> Mapping[str, Any]:
        models: list[Mapping[str, Any]] = []
        while True:
            page = self._http.get("/v1/models", {"limit": _PAGE, "offset": len(models)})
            models += [{**one, "model_id": one["id"], "total_bytes": one["size_bytes"]} for one in page["models"]]
            if not page["models"] or len(models) >= page["total"]:
                return {"models": models}

    def _load_plan(self, request: Request, watch: Optional[Watch]) -> Mapping[str, Any]:
        """The request is checked before anything is fetched, as the command does it."""
        ensures = request.options.get("ensure") is True
        _only(request, (*_LOAD_PLAN_KEYS, "ensure", *(() if ensures else ("offline",))))
        query = {name.replace("-", "_"): _text(request.options[name]) for name in _LOAD_PLAN_KEYS if request.options.get(name) is not None}
        plan = self._model(request, "load-plan", query)
        if not ensures:
            return plan
        place = {name: request.options.get(name) for name in ("variant", "overlay")}
        self._ensure(Request("ensure", request.operands, place), watch)
        return self._model(request, "load-plan", query)


def _ensure_body(request: Request) -> Mapping[str, Any]:
    _only(request, (*_JOB_KEYS, "limit-rate"))
    options = request.options
    body: dict[str, Any] = {"kind": "ensure", "model": request.operands[0], **_limit(options)}
    body.update({name: options[name] for name in _JOB_KEYS if options.get(name)})
    if options.get("variant") is not None:
        body["variant"] = options["variant"]
    overlays = _overlays(options)
    return {**body, "overlays": overlays} if overlays else body


def _place(request: Request) -> str:
    overlays = "+".join(_overlays(request.options))
    name = request.operands[0] + (f"@+{overlays}" if overlays else "")
    return f"/v1/models/{quote(name, safe='@+')}"


def _overlays(options: Options) -> list[str]:
    overlay = options.get("overlay")
    if overlay is None or isinstance(overlay, (bool, int, float)):
        return []
    return [overlay] if isinstance(overlay, str) else list(overlay)


def _limit(options: Options) -> Mapping[str, int]:
    limit = options.get("limit-rate")
    if limit is None:
        return {}
    if isinstance(limit, int):
        return {"limit_rate_bytes_per_second": limit}
    raise InvalidInput(f"limit_rate {limit!r}: of a service it is a number of bytes a second", "write 20 * 2**20 for 20M", "limit_rate")


def _text(value: OptionValue) -> Any:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else value


def _only(request: Request, known: tuple[str, ...]) -> None:
    """Raise for an option that would be left unheeded."""
    for name, value in request.options.items():
        if value is not None and value is not False and name not in _OWN and name not in known:
            _refuse(f"{name.replace('-', '_')}= of {request.verb}")


def _refuse(what: str) -> NoReturn:
    raise NotImplementedYet(f"{what} cannot be asked of a service yet", _HOW, "service_has_no_route")


def _is_here(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _teller(watch: Optional[Watch]) -> Optional[OnEvent]:
    if watch is not None and watch.on_terminal:
        return ProgressMeter(PlainProgress(_TERMINAL_INTERVAL_S))
    return None if watch is None else watch.on_event
