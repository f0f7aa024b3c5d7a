"""The calls against a running `wan serve`, a process of its own."""

from __future__ import annotations

import io
import json
import os
import pickle
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import wan_models
from served import Served
from server import FileServer
from wan_models import Cancel, Client, ModelState, Progress, RootNotHere, ServiceTransport, ServiceUnreachable, WanError
from wan_models.errors import AuthFail, Cancelled, InvalidConfig, InvalidInput, ModelNotFound, NetworkTimeout, NotImplementedYet
from world import TINY, World

T2V, TI2V = "t2v-A14B-mini@2.2.0", "ti2v-5B-mini@2.2.0"
FILES = {"model_index.json": b"{}", **{f"transformer/part-{n}.bin": bytes([n]) * 700_000 for n in range(6)}}
TOTAL = sum(map(len, FILES.values()))


@pytest.fixture
def served(world: World, family_manifest: Path) -> Iterator[Served]:
    """The miniature family."""
    world.manifest = family_manifest
    served = Served(world)
    yield served
    served.kill()


@pytest.fixture
def slow(world: World, server: FileServer) -> Iterator[Served]:
    """One model, whose bytes come slowly."""
    world.serve(server, FILES)
    server.bytes_per_second = 400_000
    served = Served(world)
    yield served
    served.kill()


def the_job(world: World) -> dict[str, object]:
    jobs = world.wan("models", "jobs")["data"]["jobs"]
    assert len(jobs) == 1
    job: dict[str, object] = jobs[0]
    return job


def is_verified(world: World) -> bool:
    """Whether somebody is at it."""
    return any(lock["holder"]["doing"].startswith("verify") for lock in world.wan("models", "locks")["data"]["locks"])


def test_a_missing_model_is_made_real_by_the_service_with_progress_that_never_goes_down(served: Served, world: World) -> None:
    seen: list[Progress] = []
    client = served.client()
    assert client.status(TI2V).state is ModelState.NOT_PRESENT
    result = client.ensure(TI2V, on_progress=seen.append)
    assert result.path == world.root / "wan22" / TI2V == client.path(TI2V)
    assert result.fetched_bytes == result.total_bytes > 20_000_000
    assert json.loads((result.path / "model_index.json").read_text())["_class_name"] == "WanPipeline"
    assert {file.origin for file in result.files} == {"fetched"}
    assert sum(file.size_bytes for file in result.files) == result.total_bytes
    done = [progress.done_bytes for progress in seen]
    assert done == sorted(done)
    assert (seen[-1].phase, seen[-1].done_bytes) == ("finished", result.total_bytes)
    again = client.ensure(TI2V, show_progress=False)
    assert (again.path, again.fetched_bytes) == (result.path, 0)
    assert client.status(TI2V).complete


def test_bytes_are_told_while_they_come(slow: Served) -> None:
    seen: list[Progress] = []
    slow.client().get_wan_paths(TINY, on_progress=seen.append)
    halfway = {progress.done_bytes for progress in seen if 0 < progress.done_bytes < TOTAL}
    assert len(halfway) > 3
    assert [p.done_bytes for p in seen] == sorted(p.done_bytes for p in seen)
    assert {p.total_bytes for p in seen if p.done_bytes} == {TOTAL}


def test_sources_that_failed_are_told_as_by_the_command(world: World, server: FileServer) -> None:
    world.serve(server, FILES)
    world.begin_with(f"{server.url}/gone")
    served = Served(world)
    try:
        troubles = served.client().ensure(TINY, show_progress=False).troubles
    finally:
        served.kill()
    assert {(one.source, one.code, one.reason) for one in troubles} == {(f"{server.url}/gone", "SOURCE_UNAVAILABLE", "not_found")}


def test_variants_overlays_and_plans_are_those_of_the_command(served: Served, world: World) -> None:
    client, command = served.client(), world.client()
    assert client.get_wan_paths(TI2V, variant="bf16", show_progress=False).name == f"{TI2V}@bf16"
    overlaid = client.get_wan_paths(T2V, overlay="lightning-4steps", show_progress=False)
    assert (overlaid / "overlays.json").is_file()
    assert client.path(T2V, overlay=["lightning-4steps"]) == overlaid
    assert client.status(T2V, overlay="lightning-4steps") == command.status(T2V, overlay="lightning-4steps")
    assert [(m.model_id, m.overlays, m.variants) for m in client.list_models()] == [
        (m.model_id, m.overlays, m.variants) for m in command.list_models()
    ]
    wanted = {"prompt": "a cat", "width": 832, "height": 480, "frames": 81, "gpu": "24G", "guidance_scale": 3.5}
    assert client.load_plan(TI2V, **wanted) == command.load_plan(TI2V, **wanted)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="frames"):
        client.load_plan("i2v-A14B-mini@2.2.0", frames=80, image=True, ensure=True)
    assert client.status("i2v-A14B-mini@2.2.0").state is ModelState.NOT_PRESENT
    assert client.load_plan("i2v-A14B-mini@2.2.0", image=True, ensure=True, show_progress=False).complete


def test_verify_gives_wrong_bytes_as_a_result(served: Served) -> None:
    client = served.client()
    directory = client.get_wan_paths(TI2V, show_progress=False)
    assert client.verify(TI2V, deep=True).ok
    target = directory / "model_index.json"
    content = target.read_bytes()
    target.unlink()
    target.write_bytes(content.replace(b"Wan", b"Nan"))
    bad = client.verify(TI2V)
    assert [(file.path, file.fault) for file in bad.faulty_files] == [("model_index.json", "digest")]


def test_problem_documents_are_the_exceptions_of_their_codes(served: Served) -> None:
    with pytest.raises(ModelNotFound) as caught:
        served.client().get_wan_paths("no-such@1.0.0")
    assert TI2V in caught.value.details["available_models"]
    assert caught.value.hint
    with pytest.raises(ModelNotFound):
        served.client().status("no-such@1.0.0")


def test_a_wrong_token_is_refused_and_never_shown(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    wrong = "wan_nobodyknowsthis"
    transport = ServiceTransport(served.url, wrong)
    with pytest.raises(AuthFail) as caught:
        Client(transport=transport).get_wan_paths(TI2V)
    assert (caught.value.reason, caught.value.exit_status) == ("token_unknown", 8)
    with pytest.raises(AuthFail, match="scope"):
        served.client(served.make_token("read")).get_wan_paths(TI2V)
    with pytest.raises(InvalidConfig) as malformed:
        ServiceTransport(served.url, f"{wrong}\n")
    client = Client(service=served.url, token=wrong)
    shown = [str(one) for one in (caught.value, caught.value.__context__, malformed.value)]
    shown += [repr(one) for one in (caught.value, malformed.value, transport, client)]
    assert not [text for text in (*shown, *capfd.readouterr(), served.log.read_text()) if wrong in text]


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8005", "ftp://host", "http://", "http://host:x", "http://me:secret@host", "http://host/?a=secret"]
)
def test_what_is_no_url_of_a_service_is_refused_without_its_secrets(url: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        Client(service=url).status(TI2V)
    assert caught.value.reason == "service_url"
    assert "secret" not in str(caught.value)


def test_a_service_that_is_not_there_is_told_with_the_next_step() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(ServiceUnreachable, match=url) as caught:
            Client(service=url).get_wan_paths(TI2V)
    assert (caught.value.retryable, caught.value.exit_status) == (True, 4)
    assert "wan serve" in caught.value.hint
    assert pickle.loads(pickle.dumps(caught.value)).hint == caught.value.hint  # noqa: S301


def test_what_answers_and_is_no_service_is_told(server: FileServer) -> None:
    with pytest.raises(ServiceUnreachable, match="answers 404"):
        Client(service=server.url).status(TI2V)


def test_a_root_that_this_machine_does_not_see_is_told_before_anything_is_asked_for(server: FileServer) -> None:
    """As a service on another machine says it; a request for a job would be answered 501 here."""
    server.files["/v1/"] = json.dumps({"service": "wan-models", "root": "/srv/of-another-machine/models"}).encode()
    with pytest.raises(RootNotHere, match="/srv/of-another-machine/models, which is no directory on this machine") as caught:
        Client(service=server.url).get_wan_paths(TINY)
    assert "mount" in caught.value.hint


def test_sixty_four_threads_give_one_download(slow: Served, world: World, server: FileServer) -> None:
    server.bytes_per_second = 1_500_000
    client, barrier = slow.client(), threading.Barrier(64)

    def call(_: int) -> Path:
        barrier.wait()
        return client.get_wan_paths(TINY, show_progress=False)

    with ThreadPoolExecutor(64) as pool:
        paths = set(pool.map(call, range(64)))
    assert paths == {world.root / "wan22" / TINY}
    assert TOTAL <= server.sent_bytes <= TOTAL + 700_000
    for path, content in FILES.items():
        assert (world.root / "wan22" / TINY / path).read_bytes() == content


def test_a_service_that_is_killed_is_told_and_its_job_goes_on_when_it_is_there_again(slow: Served, server: FileServer) -> None:
    def kill(progress: Progress) -> None:
        if progress.done_bytes > 1_000_000:
            slow.kill()

    with pytest.raises(ServiceUnreachable) as caught:
        slow.client().get_wan_paths(TINY, on_progress=kill)
    assert "jobs go on" in caught.value.hint
    sent = server.sent_bytes
    assert sent < TOTAL
    server.bytes_per_second = None
    slow.start()
    deadline = time.monotonic() + 60
    while not slow.client().status(TINY).complete:  # without anybody asking
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert slow.client().get_wan_paths(TINY, show_progress=False).is_dir()
    assert server.sent_bytes < TOTAL + 1_000_000  # what was held was not fetched again


class StopIt(Exception):
    """Of a callback."""


@pytest.mark.parametrize("how", ["callback", "cancel", "timeout"])
def test_who_stops_watching_leaves_the_job_to_the_service(slow: Served, world: World, server: FileServer, how: str) -> None:
    cancel = Cancel()

    def tell(progress: Progress) -> None:
        if progress.done_bytes > 300_000 and how == "callback":
            raise StopIt
        if progress.done_bytes > 300_000 and how == "cancel":
            cancel.cancel()

    with cancel.scope(), pytest.raises((StopIt, Cancelled, NetworkTimeout)) as caught:
        slow.client().get_wan_paths(TINY, on_progress=tell, timeout=2 if how == "timeout" else None)
    job = the_job(world)
    assert job["state"] == "running"
    if isinstance(caught.value, WanError):
        assert caught.value.details["job_id"] == job["id"]
        assert "goes on" in caught.value.message
    server.bytes_per_second = None
    assert slow.client().get_wan_paths(TINY, show_progress=False).is_dir()


def test_a_transport_that_is_told_to_cancels_its_job(slow: Served, world: World) -> None:
    def stop(progress: Progress) -> None:
        if progress.done_bytes > 300_000:
            raise StopIt

    with pytest.raises(StopIt):
        Client(transport=ServiceTransport(slow.url, slow.token, cancels_jobs=True)).get_wan_paths(TINY, on_progress=stop)
    deadline = time.monotonic() + 20
    while the_job(world)["state"] != "cancelled":
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_job_that_somebody_cancels_ends_the_call(slow: Served, world: World) -> None:
    def cancel(progress: Progress) -> None:
        if progress.done_bytes > 300_000:
            world.wan("models", "jobs", "cancel", str(the_job(world)["id"]))

    with pytest.raises(Cancelled) as caught:
        slow.client().get_wan_paths(TINY, on_progress=cancel)
    assert caught.value.reason == "job_cancelled"


def test_a_scope_that_was_cancelled_before_begins_nothing(slow: Served, world: World) -> None:
    cancel = Cancel()
    cancel.cancel()
    with cancel.scope(), pytest.raises(Cancelled):
        slow.client().get_wan_paths(TINY)
    assert world.wan("models", "jobs")["data"]["jobs"] == []


def test_cancelling_a_verification_ends_it_in_the_service_too(slow: Served, world: World, server: FileServer) -> None:
    server.bytes_per_second = None
    client, cancel = slow.client(), Cancel()
    client.get_wan_paths(TINY, show_progress=False)

    def verify() -> None:
        with cancel.scope():
            client.verify(TINY, deep=True, limit_rate=100_000)  # takes 42 s

    with ThreadPoolExecutor(1) as pool:
        called = pool.submit(verify)
        while not is_verified(world):
            assert not called.done()
        cancel.cancel()
        with pytest.raises(Cancelled):
            called.result(5)
    deadline = time.monotonic() + 20
    while is_verified(world):
        assert time.monotonic() < deadline


def test_a_service_that_asks_for_patience_gets_it(world: World, server: FileServer) -> None:
    world.serve(server, FILES)
    server.bytes_per_second = 2_000_000
    (world.directory / "wan.toml").write_text("api_rate_limit = 5\n")
    served = Served(world)
    client = served.client()
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(lambda _: client.get_wan_paths(TINY, show_progress=False), range(8)))
    served.kill()
    assert paths == {world.root / "wan22" / TINY}


def test_what_a_service_cannot_do_is_told_with_the_next_step(served: Served) -> None:
    client = served.client()
    with pytest.raises(NotImplementedYet, match="lease") as caught, client.lease(TI2V):
        pass
    assert "pin" in caught.value.hint
    with pytest.raises(NotImplementedYet, match="offline="):
        client.get_wan_paths(TI2V, offline=True)
    with pytest.raises(NotImplementedYet, match="components="):
        client.status(TI2V, components=["vae"])
    with pytest.raises(InvalidInput, match="bytes a second"):
        client.get_wan_paths(TI2V, limit_rate="20M")
    with pytest.raises(TypeError, match="service="):
        Client(service=served.url, root="/elsewhere")


def test_the_environment_names_the_service(served: Served, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAN_SERVICE_URL", served.url)
    monkeypatch.setenv("WAN_SERVICE_TOKEN", served.token)
    assert {model.model_id for model in wan_models.list_models()} >= {TI2V, T2V}
    monkeypatch.setenv("WAN_SERVICE_URL", "http://127.0.0.1:1")
    with pytest.raises(ServiceUnreachable):
        wan_models.list_models()
    assert served.client().status(TI2V) == world.client().status(TI2V)


def test_progress_goes_to_standard_error_where_nobody_else_wants_it(slow: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    slow.client().get_wan_paths(TINY)
    assert f"{TINY}: transferring" in shown.getvalue()
    assert os.linesep in shown.getvalue()
