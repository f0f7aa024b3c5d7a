"""A model that is in use is not removed, for exactly as long as it is in use."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from server import FileServer
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


HOLDER = f"""
import os, sys
from wan_models import lease
with lease({TINY!r}) as held:
    print(held.path, flush=True)
    try:
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
