"""Watching a job of a service until it ends: what is on its record, as events and as a result or an exception."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Optional

from .cancel import stopped_by_scope
from .errors import Cancelled, NetworkTimeout, WanError
from .progress import OnEvent
from .service_http import ServiceHttp, ServiceUnreachable
from .transport import error_from

_log = logging.getLogger("wan_models")
_INTERVAL_S = 0.25
_ENDED = frozenset({"succeeded", "failed", "cancelled"})

Job = Mapping[str, Any]


class JobWatch:
    """Of one call. A job belongs to the service, and whoever else asked for the same watches it too: it goes on without us."""

    def __init__(self, http: ServiceHttp, on_event: Optional[OnEvent], timeout_s: Optional[float], *, cancels: bool) -> None:
        """Args:
        cancels: the job is cancelled where this call ends before it
        """
        self._http, self._cancels = http, cancels
        self._events = _Events(on_event)
        self._timeout_s = timeout_s
        self._ends_at = math.inf if timeout_s is None else time.monotonic() + timeout_s
        self._stopped = threading.Event()

    def run(self, request: Mapping[str, Any]) -> Job:
        """Queue it, unless the same is queued already, and give its record when it has succeeded."""
        with stopped_by_scope(self._stopped.set):
            if self._stopped.is_set():
                raise Cancelled("the scope of this call was cancelled before it began", reason="stopped_watching")
            job: Job = self._http.post("/v1/jobs", request, until=self._ends_at)["job"]
            try:
                ended = self._watched(job)
            except ServiceUnreachable:
                raise
            except BaseException:  # Ctrl-C too, and what a callback raises
                if self._cancels:
                    self._cancel(job)
                raise
        return _succeeded(ended)

    def _cancel(self, job: Job) -> None:
        """What ended the call is what its caller has to hear of, whatever becomes of this."""
        try:
            self._http.post(f"/v1/jobs/{job['id']}/cancel")
        except WanError as error:
            _log.warning("job %s goes on in the service, it could not be cancelled: %s", job["id"], error.message)

    def _watched(self, job: Job) -> Job:
        while job["state"] not in _ENDED:
            self._events.tell(job)
            if self._stopped.wait(_INTERVAL_S):
                raise self._left(Cancelled, job, "stopped_watching", "the call was cancelled")
            if time.monotonic() >= self._ends_at:
                raise self._left(NetworkTimeout, job, "timeout", f"it took longer than {self._timeout_s:g} s")
            job = self._http.get(f"/v1/jobs/{job['id']}", until=self._ends_at)
        if job["state"] == "succeeded":
            self._events.tell(job)
        return job

    def _left(self, kind: type[WanError], job: Job, reason: str, why: str) -> WanError:
        fate = "is cancelled with it" if self._cancels else "goes on in the service"
        hint = f"call again to go on; `wan models jobs show {job['id']}` tells how far it is, `cancel {job['id']}` ends it"
        return kind(f"{why}; job {job['id']} ({job['label']}) {fate}", hint, reason, True, (), {"job_id": job["id"]})


class _Events:
    """The records of a job that were seen -> events (schemas/wan.event.v1.json): only what has changed."""

    def __init__(self, on_event: Optional[OnEvent]) -> None:
        self._on_event = on_event
        self._seq = 0
        self._last: dict[str, Mapping[str, Any]] = {}

    def tell(self, job: Job) -> None:
        if job["state"] != "succeeded":
            self._tell_new(job, "ensure.phase", {"phase": job.get("phase", "planning") if job["state"] == "running" else "waiting"})
        if job["total_bytes"] > 0:
            done = {"done_bytes": job["done_bytes"], "total_bytes": job["total_bytes"]}
            self._tell_new(job, "ensure.progress", {**done, "bytes_per_second": job.get("bytes_per_second", 0.0)})
        held_up = _held_up(job)
        if held_up is not None:
            self._tell_new(job, "warning", held_up)

    def _tell_new(self, job: Job, kind: str, facts: Mapping[str, Any]) -> None:
        if self._on_event is None or self._last.get(kind) == facts:
            return
        self._last[kind] = facts
        self._seq += 1
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        head = {"schema": "wan.event/v1", "time": now, "seq": self._seq, "correlation_id": job["correlation_id"], "model": job["model"]}
        self._on_event({**head, "type": kind, **facts})


def _held_up(job: Job) -> Optional[Mapping[str, Any]]:
    """What a watcher has to know to understand that nothing comes."""
    if job["state"] == "paused":
        return {"code": "CANCELLED", "message": f"job {job['id']} is paused: `wan models jobs resume {job['id']}` lets it go on"}
    if job["state"] == "queued" and "retry_at" in job and "error" in job:
        return {"code": job["error"]["code"], "message": f"{job['error']['message']}; the service tries again at {job['retry_at']}"}
    return None


def _succeeded(job: Job) -> Job:
    if job["state"] == "succeeded":
        return job
    if job["state"] == "failed" and "error" in job:
        raise error_from(job["error"])
    message = f"job {job['id']} ({job['label']}) was cancelled in the service"
    raise Cancelled(message, "call again to begin it again", "job_cancelled", None, (), {"job_id": job["id"]})
