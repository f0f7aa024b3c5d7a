"""A real HTTP server that serves files with ranges, as slowly as it is told, and counts the bytes that it gives."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Optional, cast

_PART = 16 * 1024


class FileServer:
    """``files`` by path (``/vae/model.safetensors``); ``statuses`` answers instead of a file."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.statuses: dict[str, int] = {}
        self.bytes_per_second: Optional[float] = None
        self.sent_bytes = 0
        self._sending = 0
        self.lock = threading.Lock()
        self._http = _Server(self)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=[0.05])
        self._thread.start()

    @contextmanager
    def sending(self) -> Iterator[None]:
        with self.lock:
            self._sending += 1
        try:
            yield
        finally:
            with self.lock:
                self._sending -= 1

    def forget_sent(self) -> None:
        """Once whoever has hung up has been noticed: until then an answer goes on, and counts."""
        end = time.monotonic() + 30
        while self._sending > 0 and time.monotonic() < end:
            time.sleep(0.01)
        assert self._sending == 0, "an answer is still being sent"
        self.sent_bytes = 0

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, owner: FileServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that was stopped has hung up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Not to the terminal."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        owner = cast(_Server, self.server).owner
        status, content = owner.statuses.get(self.path), owner.files.get(self.path)
        if status is not None or content is None:
            self._answer(status or HTTPStatus.NOT_FOUND, {}, b"")
            return
        first, last = self._range(len(content))
        headers = {"Accept-Ranges": "bytes", "ETag": f'"{len(content)}"'}
        if "Range" in self.headers:
            headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
        self._answer(HTTPStatus.PARTIAL_CONTENT if "Range" in self.headers else HTTPStatus.OK, headers, content[first : last + 1])

    def _range(self, size: int) -> tuple[int, int]:
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "bytes=0-"))
        assert found is not None, self.headers.get("Range")
        return int(found[1]), min(size - 1, int(found[2] or size - 1))

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self._send(body)

    def _send(self, body: bytes) -> None:
        owner = cast(_Server, self.server).owner
        with owner.sending():
            for at in range(0, len(body), _PART):
                part = body[at : at + _PART]
                self.wfile.write(part)
                with owner.lock:
                    owner.sent_bytes += len(part)
                if owner.bytes_per_second is not None:
                    time.sleep(len(part) / owner.bytes_per_second)
