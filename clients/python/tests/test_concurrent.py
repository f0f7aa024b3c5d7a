"""Sixty-four at once on a model that is not here: one download."""

from __future__ import annotations

import os
import pty
from pathlib import Path

import pytest

from server import FileServer
from wan_models import Progress
from wan_models.errors import LockTimeout
from world import TINY, World

CALLS = 64
PART = 700_000
FILES = {"model_index.json": b"{}", **{f"transformer/part-{n}.bin": bytes([n]) * PART for n in range(6)}}
TOTAL = sum(map(len, FILES.values()))

PROGRAM = f"""
import sys, threading
from wan_models import get_wan_paths
paths, barrier = [], threading.Barrier(int(sys.argv[1]))
def call():
    barrier.wait()
    paths.append(get_wan_paths({TINY!r}))
threads = [threading.Thread(target=call) for _ in range(int(sys.argv[1]))]
print("ready", flush=True)
sys.stdin.readline()
for thread in threads: thread.start()
for thread in threads: thread.join()
print(*paths, sep="\\n")
"""


@pytest.mark.parametrize(("processes", "threads"), [(1, CALLS), (8, CALLS // 8), (CALLS, 1)])
def test_sixty_four_calls_give_one_download_with_visible_progress(world: World, server: FileServer, processes: int, threads: int) -> None:
    world.serve(server, FILES)
    server.bytes_per_second = 1_500_000
    programs = [world.start_python(PROGRAM.replace("sys.argv[1]", repr(str(threads)))) for _ in range(processes)]
    for program in programs:
        assert program.stdout is not None
        assert program.stdin is not None
        assert program.stdout.readline() == "ready\n"
    for program in programs:
        assert program.stdin is not None
        program.stdin.write("go\n")
        program.stdin.flush()
    answers = [program.communicate(timeout=300) for program in programs]
    assert [program.returncode for program in programs] == [0] * processes, answers
    paths = [line for out, _ in answers for line in out.splitlines()]
    assert paths == [str(world.root / "wan22" / TINY)] * CALLS
    # On a machine as busy as this the rest of a range that fell silent may be asked for a second time.
    assert TOTAL <= server.sent_bytes <= TOTAL + PART
    for path, content in FILES.items():
        assert (Path(paths[0]) / path).read_bytes() == content
    shown = "".join(error for _, error in answers)
    assert shown.count(f"{TINY}: 4.0 MiB, 0 B here, 4.0 MiB to fetch") == 1
    assert shown.count("4.0 MiB fetched") == 1
    assert "waiting for pid" in shown


@pytest.mark.skipif(os.name == "nt", reason="a terminal is that of POSIX")
def test_on_a_terminal_the_bar_of_the_command_is_seen(world: World, server: FileServer) -> None:
    world.serve(server, FILES)
    server.bytes_per_second = 1_500_000
    ours, theirs = pty.openpty()
    program = world.start_python(f"from wan_models import get_wan_paths; get_wan_paths({TINY!r})", stderr=theirs, stdout=None, stdin=None)
    os.close(theirs)
    seen = b""
    while part := _read(ours):
        seen += part
    os.close(ours)
    assert program.wait(60) == 0
    text = seen.decode()
    assert "\x1b[?25l" in text  # drawn in place, with the cursor hidden ...
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")  # ... and given back
    assert "%" in text
    assert TINY in text


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # Linux's word for the end of a terminal
        return b""


def test_who_waits_too_long_for_another_is_told_who_it_is(world: World, server: FileServer) -> None:
    world.serve(server, FILES)
    server.bytes_per_second = 100_000
    first = world.start_python(f"from wan_models import get_wan_paths; get_wan_paths({TINY!r}, on_progress=lambda p: print(p, flush=True))")
    assert first.stdout is not None
    while "transferring" not in first.stdout.readline():
        pass
    with pytest.raises(LockTimeout, match=r"waiting for pid \d+ on") as caught:
        world.client(WAN_LOCK_TIMEOUT="1s").get_wan_paths(TINY)
    assert caught.value.retryable
    phases: list[str] = []

    def tell(progress: Progress) -> None:
        phases.append(progress.phase)
        server.bytes_per_second = None

    world.client().get_wan_paths(TINY, on_progress=tell)
    assert phases == ["waiting", "finished"]
    assert first.communicate()[1] == ""
    assert server.sent_bytes < 2 * TOTAL
