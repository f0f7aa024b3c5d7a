"""Ctrl-C, cancelling, callbacks that raise, and a Python that is killed: the command ends, and what is held is kept."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from server import FileServer
from wan_models import Cancel, Progress, aio
from wan_models.cancel import stopped_by_scope
from wan_models.errors import Cancelled, NoSpace
from world import TINY, World

SIZE = 6_000_000
FILES = {"model_index.json": b"{}", "weights.bin": bytes(range(250)) * (SIZE // 250)}

posix_only = pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")


@pytest.fixture
def slow(world: World, server: FileServer) -> World:
    """A model that takes half a minute, of which some is here within a second."""
    server.bytes_per_second = 200_000
    world.serve(server, FILES)
    return world


def held_and_quick_to_end(world: World, server: FileServer) -> None:
    """What was fetched is not fetched again."""
    held = world.client().status(TINY).bytes_held
    assert held > 0
    server.forget_sent()
    server.bytes_per_second = None
    world.client().get_wan_paths(TINY, show_progress=False)
    assert server.sent_bytes <= sum(map(len, FILES.values())) - held


def nobody_is_at_work(world: World) -> None:
    locks = world.wan("models", "locks")["data"]["locks"]
    assert locks == []


class StopIt(Exception):
    """Of a callback."""


def test_what_a_callback_raises_ends_the_call_and_goes_on(slow: World, server: FileServer) -> None:
    def stop(progress: Progress) -> None:
        if progress.done_bytes > 500_000:
            raise StopIt

    with pytest.raises(StopIt):
        slow.client().get_wan_paths(TINY, on_progress=stop)
    nobody_is_at_work(slow)
    held_and_quick_to_end(slow, server)


def test_cancelling_from_another_thread_raises_cancelled(slow: World, server: FileServer) -> None:
    cancel = Cancel()

    def fetch() -> Path:
        with cancel.scope():
            return slow.client().get_wan_paths(TINY, on_progress=lambda p: cancel.cancel() if p.done_bytes > 500_000 else None)

    with ThreadPoolExecutor(1) as pool, pytest.raises(Cancelled) as caught:
        pool.submit(fetch).result()
    assert (caught.value.code, caught.value.reason, caught.value.retryable) == ("CANCELLED", "stdin_ended", True)
    assert cancel.is_cancelled
    nobody_is_at_work(slow)
    held_and_quick_to_end(slow, server)


def test_a_scope_that_was_cancelled_before_begins_nothing(slow: World) -> None:
    cancel = Cancel()
    cancel.cancel()
    with cancel.scope(), pytest.raises(Cancelled):
        slow.client().get_wan_paths(TINY, show_progress=False)
    with cancel.scope(), pytest.raises(Cancelled), slow.client().lease(TINY, show_progress=False):
        pass


def test_under_asyncio_calls_run_beside_the_loop_and_cancelling_the_task_ends_them(slow: World, server: FileServer) -> None:
    client = slow.client()

    async def main() -> float:
        under_way = asyncio.Event()
        loop = asyncio.get_running_loop()

        def tell(progress: Progress) -> None:
            if progress.done_bytes > 500_000:
                loop.call_soon_threadsafe(under_way.set)

        task = asyncio.create_task(aio.run(client.get_wan_paths, TINY, on_progress=tell))
        await asyncio.wait_for(under_way.wait(), 30)
        begun = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - begun

    assert asyncio.run(main()) < 15
    nobody_is_at_work(slow)
    held_and_quick_to_end(slow, server)

    async def all_at_once() -> list[Path]:
        return await asyncio.gather(*(aio.run(client.get_wan_paths, TINY) for _ in range(4)))

    assert set(asyncio.run(all_at_once())) == {slow.root / "wan22" / TINY}


def fails_when_stopped() -> None:
    stopped = threading.Event()
    with stopped_by_scope(stopped.set):
        assert stopped.wait(60)
    raise NoSpace("disk full")


def test_a_task_that_is_cancelled_is_cancelled_however_its_call_ends() -> None:
    async def main() -> None:
        task = asyncio.create_task(aio.run(fails_when_stopped))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(aio.run(fails_when_stopped), 0.1)

    asyncio.run(main())


def test_a_call_that_waits_for_a_thread_is_cancelled_at_once() -> None:
    release = threading.Event()

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
        busy = asyncio.create_task(aio.run(release.wait, 60))
        waiting = asyncio.create_task(aio.run(pytest.fail, "it was called"))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not busy.done()
        release.set()
        assert await busy is True

    asyncio.run(main())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_call_is_cancelled_also_where_a_process_was_forked_meanwhile(slow: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wan_models.child._PATIENCE_S", 0.2)
    cancel = Cancel()
    forked: list[int] = []

    def fork_and_cancel(progress: Progress) -> None:
        if progress.done_bytes > 500_000 and not forked:
            forked.append(os.fork())
            if forked == [0]:
                signal.pause()
            cancel.cancel()

    with cancel.scope(), pytest.raises(Cancelled):
        slow.client().get_wan_paths(TINY, on_progress=fork_and_cancel)
    os.kill(forked[0], signal.SIGKILL)
    os.waitpid(forked[0], 0)
    nobody_is_at_work(slow)


PROGRAM = f"""
import sys
from wan_models import get_wan_paths
def tell(progress):
    if progress.done_bytes > 500_000: print("under way", flush=True)
try:
    get_wan_paths({TINY!r}, on_progress=tell)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(7)
"""


@posix_only
def test_ctrl_c_ends_the_command_before_keyboard_interrupt_goes_on(slow: World, server: FileServer) -> None:
    """The terminal gives Ctrl-C to the whole group, the command included."""
    program = slow.start_python(PROGRAM, start_new_session=True)
    assert program.stdout is not None
    assert program.stdout.readline() == "under way\n"
    os.killpg(program.pid, signal.SIGINT)
    out, error = program.communicate(timeout=60)
    assert (program.returncode, out.splitlines()[-1], error) == (7, "interrupted", "")
    nobody_is_at_work(slow)
    held_and_quick_to_end(slow, server)


@posix_only
def test_a_second_ctrl_c_ends_a_command_that_does_not_end_by_itself(slow: World, server: FileServer) -> None:
    program = slow.start_python(PROGRAM)
    assert program.stdout is not None
    assert program.stdout.readline() == "under way\n"
    command = slow.wan("models", "locks")["data"]["locks"][0]["holder"]["pid"]
    os.kill(command, signal.SIGSTOP)
    program.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        program.wait(1)
    program.send_signal(signal.SIGINT)
    out, _ = program.communicate(timeout=20)
    assert (program.returncode, out.splitlines()[-1]) == (7, "interrupted")
    with pytest.raises(ProcessLookupError):
        os.kill(command, 0)
    held_and_quick_to_end(slow, server)


@posix_only
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_a_signal_for_python_alone_leaves_nothing_running(slow: World, server: FileServer, name: str) -> None:
    program = slow.start_python(PROGRAM)
    assert program.stdout is not None
    assert program.stdout.readline() == "under way\n"
    program.send_signal(getattr(signal, name))
    program.communicate(timeout=60)
    end = time.monotonic() + 30
    while slow.wan("models", "locks")["data"]["locks"] and time.monotonic() < end:
        time.sleep(0.1)
    nobody_is_at_work(slow)
    held_and_quick_to_end(slow, server)


def test_no_thread_and_no_pipe_is_left_behind(world: World, server: FileServer) -> None:
    world.serve(server, FILES)
    client = world.client()
    client.get_wan_paths(TINY, on_progress=lambda _: None)
    before = set(threading.enumerate())
    descriptors = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    for _ in range(3):
        client.get_wan_paths(TINY, on_progress=lambda _: None)
        client.status(TINY)
    assert {thread.name for thread in threading.enumerate() if thread not in before} <= {"wan-models"}
    if sys.platform == "linux":
        assert len(os.listdir("/proc/self/fd")) <= descriptors
    assert subprocess.call([sys.executable, "-c", "pass"]) == 0
