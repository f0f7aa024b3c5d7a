"""A service that answers otherwise than one would like: with patience that never ends, or as another program."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from wan_models import Cancel, Client, ServiceTransport, ServiceUnreachable, WanError
from wan_models.errors import Cancelled, RateLimit
from world import TINY

PATIENCE = {"code": "RATE_LIMIT", "message": "too many", "hint": "wait", "retryable": True}
QUEUED = {"id": "7", "state": "queued", "label": "ensure", "model": TINY, "correlation_id": "c", "done_bytes": 0, "total_bytes": 0}

Answer = tuple[int, dict[str, str], dict[str, Any]]


class Answers(HTTPServer):
    """``by_path``; everything else is answered by ``else_``."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.by_path: dict[str, Answer] = {}
        self.else_: Answer = (429, {"Retry-After": "50"}, PATIENCE)
        self.asked = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Answers

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Not to the terminal."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        status, headers, document = self.server.by_path.get(self.path, self.server.else_)
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.server.asked.set()

    def do_POST(self) -> None:
        self.do_GET()


@pytest.fixture
def answers() -> Iterator[Answers]:
    answers = Answers()
    thread = threading.Thread(target=answers.serve_forever, args=[0.05])
    thread.start()
    yield answers
    answers.shutdown()
    answers.server_close()
    thread.join()


def test_patience_ends_where_the_call_is_cancelled(answers: Answers) -> None:
    cancel = Cancel()

    def cancel_soon() -> None:
        answers.asked.wait()
        cancel.cancel()

    thread = threading.Thread(target=cancel_soon)
    thread.start()
    begun = time.monotonic()
    with cancel.scope(), pytest.raises(Cancelled):
        Client(service=answers.url).list_models()
    assert time.monotonic() - begun < 40
    thread.join()


def test_patience_ends_with_the_time_of_the_call(answers: Answers, tmp_path: Path) -> None:
    answers.by_path["/v1/"] = (200, {}, {"root": str(tmp_path)})
    begun = time.monotonic()
    with pytest.raises(RateLimit):
        Client(service=answers.url).get_wan_paths(TINY, timeout=5, show_progress=False)
    assert time.monotonic() - begun < 40


def test_a_job_that_cannot_be_cancelled_hides_nothing(answers: Answers, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    answers.by_path["/v1/"] = (200, {}, {"root": str(tmp_path)})
    answers.by_path["/v1/jobs"] = (200, {}, {"job": QUEUED})
    answers.by_path["/v1/jobs/7/cancel"] = (409, {}, {**PATIENCE, "code": "CONCURRENT_MODIFICATION"})

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    client = Client(transport=ServiceTransport(answers.url, cancels_jobs=True))
    with pytest.raises(KeyboardInterrupt):
        client.get_wan_paths(TINY, on_progress=interrupt)
    assert "job 7 goes on in the service" in caplog.text


def test_another_program_is_told_from_a_service(answers: Answers) -> None:
    answers.else_ = (200, {}, {"hello": "world"})
    with pytest.raises(ServiceUnreachable, match=r"is no `wan serve`") as caught:
        Client(service=answers.url).get_wan_paths(TINY)
    assert isinstance(caught.value, WanError)
