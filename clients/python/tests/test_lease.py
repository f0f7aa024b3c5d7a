"""A model that is in use is not removed, for exactly as long as it is in use."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

from server import FileServer
from wan_models import aio
from wan_models.errors import ModelNotFound
from world import TINY, World

FILES = {"model_index.json": b"{}", "weights.bin": b"w" * 400_000}


@pytest.fixture
def leasable(world: World, server: FileServer) -> World:
    world.serve(server, FILES)
    return world


def gc_item(world: World) -> dict[str, Any]:
    """What gc would do with the model, were it to remove all."""
    items = world.wan("models", "gc", "--max-size=1", "--dry-run")["data"]["items"]
    return next(item for item in items if item["what"] == TINY)


def removal(world: World) -> Any:
    result = world.wan("models", "rm", TINY)["data"]["results"][0]
    return result["error"] if "error" in result else result["ok"]


def test_while_the_block_runs_neither_gc_nor_rm_removes_the_model(leasable: World) -> None:
    with leasable.client().lease(TINY) as lease:
        assert (lease.ref, lease.path) == (TINY, leasable.root / "wan22" / TINY)
        assert (lease.path / "weights.bin").read_bytes() == FILES["weights.bin"]
        assert (gc_item(leasable)["action"], gc_item(leasable)["reason"]) == ("keep", "leased")
        refused = removal(leasable)
        assert (refused["code"], refused["reason"]) == ("CONCURRENT_MODIFICATION", "model_leased")
        assert f"(pid {os.getpid()})" in refused["message"]
    assert removal(leasable) is True


def test_under_asyncio_both_ends_of_a_lease_run_beside_the_loop(leasable: World) -> None:
    beats: list[float] = []

    async def beat() -> None:
        while True:
            beats.append(time.monotonic())
            await asyncio.sleep(0.01)

    async def hold_and_raise() -> None:
        async with aio.entered(leasable.client().lease(TINY)) as lease:
            assert lease.path == leasable.root / "wan22" / TINY
            assert (await asyncio.to_thread(gc_item, leasable))["reason"] == "leased"
            raise ZeroDivisionError

    async def main() -> None:
        heart = asyncio.create_task(beat())
        with pytest.raises(ZeroDivisionError):
            await hold_and_raise()
        heart.cancel()

    asyncio.run(main())
    assert len(beats) > 5
    assert removal(leasable) is True


def test_two_leases_end_each_by_itself(leasable: World) -> None:
    client = leasable.client()
    with client.lease(TINY):
        with client.lease(TINY, show_progress=False):
            pass
        assert gc_item(leasable)["reason"] == "leased"
    assert removal(leasable) is True


def test_the_block_may_raise(leasable: World) -> None:
    with pytest.raises(ZeroDivisionError), leasable.client().lease(TINY):
        raise ZeroDivisionError
    assert removal(leasable) is True


def test_a_model_that_cannot_be_had_is_not_held(leasable: World) -> None:
    with pytest.raises(ModelNotFound), leasable.client().lease("no-such@1.0.0"):
        pytest.fail("the block ran")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_process_that_was_forked_in_the_block_delays_no_release(leasable: World) -> None:
    with leasable.client().lease(TINY):
        forked = os.fork()
        if forked == 0:
            signal.pause()
        begun = time.monotonic()
    took = time.monotonic() - begun
    assert removal(leasable) is True
    os.kill(forked, signal.SIGKILL)
    os.waitpid(forked, 0)
    assert took < 25


RELEASER = f"""
import os, sys
from wan_models import lease
try:
    with lease({TINY!r}):
        print(open(f"/proc/self/task/{{os.getpid()}}/children").read(), flush=True)
        sys.stdin.readline()
        print("releasing", flush=True)
except KeyboardInterrupt:
    sys.exit(7)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is that of Linux")
def test_ctrl_c_while_a_lease_is_given_back_is_not_lost(leasable: World) -> None:
    program = leasable.start_python(RELEASER)
    assert program.stdout is not None
    assert program.stdin is not None
    os.kill(int(program.stdout.readline()), signal.SIGSTOP)
    program.stdin.write("go\n")
    program.stdin.flush()
    assert program.stdout.readline() == "releasing\n"
    with pytest.raises(subprocess.TimeoutExpired):
        program.wait(1)
    program.send_signal(signal.SIGINT)
    assert program.wait(20) == 7
    program.communicate()
    assert removal(leasable) is True


HOLDER = f"""
import os, sys
from wan_models import lease
with lease({TINY!r}) as held:
    try:
        print(held.path, flush=True)
        sys.stdin.read()
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
def test_a_lease_outlives_ctrl_c_and_ends_with_sigkill(leasable: World) -> None:
    holder = leasable.start_python(HOLDER, start_new_session=True)
    assert holder.stdout is not None
    assert holder.stdout.readline().strip() == str(leasable.root / "wan22" / TINY)
    os.killpg(holder.pid, signal.SIGINT)
    assert holder.stdout.readline() == "interrupted\n"
    assert gc_item(leasable)["reason"] == "leased"
    holder.kill()
    holder.communicate()
    end = time.monotonic() + 30
    while (after := removal(leasable)) is not True and time.monotonic() < end:
        time.sleep(0.1)
    assert after is True
