"""Requests to a running service, each over a connection of its own, and its problem documents as exceptions."""

from __future__ import annotations

import http.client
import json
import math
import re
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any, Optional, Union
from urllib.parse import SplitResult, urlencode, urlsplit

from .cancel import stopped_by_scope
from .errors import Cancelled, InvalidConfig, SourceUnavailable
from .transport import error_from

URL_VARIABLE, TOKEN_VARIABLE = "WAN_SERVICE_URL", "WAN_SERVICE_TOKEN"
_TIMEOUT_S = 30.0
_LEAST_PATIENCE_S, _MAX_PATIENCE_S = 0.1, 60.0
_TOKEN = re.compile(r"[\x21-\x7e]+")  # anything else http.client would refuse, and show

Query = Mapping[str, Union[str, int, float]]


class ServiceUnreachable(SourceUnavailable):
    """Nobody answers there, or not as ``wan serve`` does, or it went away before it had answered."""

    def __init__(
        self,
        message: str,
        hint: str = "start it (`wan serve`), or say where it is: WAN_SERVICE_URL, or Client(service=...); jobs go on when it runs again",
        reason: Optional[str] = "service_unreachable",
        *rest: Any,
    ) -> None:
        super().__init__(message, hint, reason, *rest)


class ServiceHttp:
    """Follows no redirect and asks no proxy, so that the token goes to the service alone. Used by several threads at once."""

    def __init__(self, base_url: str, token: Optional[str] = None) -> None:
        self._url = _checked(base_url)
        if token and not _TOKEN.fullmatch(token):
            raise InvalidConfig("the token of the service has characters that no token has", f"see {TOKEN_VARIABLE}", "token_malformed")
        self.url = base_url.rstrip("/")
        self._authorization = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, query: Optional[Query] = None, *, until: float = math.inf) -> Mapping[str, Any]:
        """Args:
        until: of ``time.monotonic()``: no patience beyond it
        """
        return self._patiently("GET", f"{path}?{urlencode(query)}" if query else path, None, until=until)

    def post(self, path: str, body: Optional[Mapping[str, Any]] = None, *, until: float = math.inf) -> Mapping[str, Any]:
        return self._patiently("POST", path, body, until=until)

    def post_long(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Waits for as long as the answer takes; the scope of a ``Cancel`` ends that, and with it the work."""
        return self._patiently("POST", path, body, is_long=True)

    def _patiently(
        self, method: str, path: str, body: Optional[Mapping[str, Any]], *, is_long: bool = False, until: float = math.inf
    ) -> Mapping[str, Any]:
        """Asks again where the service says when: it has done nothing then."""
        stopped = threading.Event()
        with stopped_by_scope(stopped.set):
            while True:
                status, wait_s, document = _Exchange(self, method, path, body, is_long=is_long).run()
                if status == http.client.OK:
                    return document
                if status != http.client.TOO_MANY_REQUESTS or wait_s is None or time.monotonic() + wait_s > until:
                    raise error_from(document)
                if stopped.wait(min(max(wait_s, _LEAST_PATIENCE_S), _MAX_PATIENCE_S)):
                    raise Cancelled("the call was cancelled while the service asked for patience", reason="stopped")

    def _connect(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        return kind(self._url.hostname or "", self._url.port, timeout=_TIMEOUT_S)

    def _place(self, path: str) -> str:
        return self._url.path.rstrip("/") + path

    def _lost(self, what: str) -> ServiceUnreachable:
        return ServiceUnreachable(f"the service at {self.url} {what}")


class _Exchange:
    """One request and its answer: status, for how long to wait, document."""

    def __init__(self, http_: ServiceHttp, method: str, path: str, body: Optional[Mapping[str, Any]], *, is_long: bool) -> None:
        self._http, self._method, self._path, self._body, self._is_long = http_, method, path, body, is_long
        self._connection = http_._connect()
        self._is_stopped = False

    def run(self) -> tuple[int, Optional[float], Mapping[str, Any]]:
        try:
            if not self._is_long:
                return self._exchange()
            with stopped_by_scope(self._stop):
                return self._exchange()
        except (OSError, http.client.HTTPException) as error:
            if self._is_stopped:
                raise _stopped() from None
            raise self._http._lost(f"cannot be reached: {error}" if str(error) else "hung up") from error
        finally:
            self._connection.close()

    def _exchange(self) -> tuple[int, Optional[float], Mapping[str, Any]]:
        self._connection.connect()
        if self._is_stopped:
            raise _stopped()
        if self._is_long:
            self._connection.sock.settimeout(None)
            self._connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._send()
        response = self._connection.getresponse()
        wait = response.getheader("Retry-After", "")
        return response.status, float(wait) if wait.isdecimal() else None, self._document(response)

    def _send(self) -> None:
        headers = {"Accept": "application/json", **self._http._authorization}
        body = None if self._body is None else json.dumps(self._body).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        self._connection.request(self._method, self._http._place(self._path), body, headers)

    def _document(self, response: http.client.HTTPResponse) -> Mapping[str, Any]:
        try:
            document = json.loads(response.read())
        except ValueError:
            document = None
        is_ok = response.status == http.client.OK
        if isinstance(document, dict) and (is_ok or {"code", "message", "hint", "retryable"} <= document.keys()):
            return document
        raise self._http._lost(f"answers {response.status}, and not as `wan serve` does: is it at that address?")

    def _stop(self) -> None:
        self._is_stopped = True
        sock = self._connection.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it has ended by itself


def _stopped() -> Cancelled:
    return Cancelled("the call was cancelled, and its work in the service with it", reason="stopped")


def _checked(base_url: str) -> SplitResult:
    """Raise InvalidConfig, which does not repeat a URL that may hold a password."""
    try:
        url = urlsplit(base_url)
        is_good = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_good = False
    if not is_good or "@" in base_url or url.query or url.fragment:
        raise InvalidConfig(
            "the URL of the service is not of the form http://host:port",
            f"write {URL_VARIABLE}=http://127.0.0.1:8005, and the token into {TOKEN_VARIABLE}",
            "service_url",
        )
    return url
