"""The embedding cache by itself; test/conformance/embedding-cache.test.ts tests that wan-models reads and writes the same files."""

from __future__ import annotations

import hashlib
import importlib.util
import multiprocessing
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Optional

import pytest

from wan_models.embedding_cache import EmbeddingCache, Tensor, default_directory

ENCODER = "ab" * 32
HAS_FTFY = importlib.util.find_spec("ftfy") is not None
HAS_TORCH = importlib.util.find_spec("torch") is not None
PROMPTS = 8


def tensors(seed: int, width: int = 64) -> dict[str, Tensor]:
    return {"prompt_embeds": Tensor("BF16", (1, 16, width), hashlib.shake_128(bytes([seed])).digest(32 * width))}


def cache_in(directory: Path, max_bytes: int = 2**30, **others: Any) -> EmbeddingCache:
    return EmbeddingCache(ENCODER, **{"max_length": 16, **others}, directory=directory, max_bytes=max_bytes)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "embeddings"


def entries(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.safetensors"))


def test_the_same_prompt_is_computed_once_and_comes_back_to_the_byte(directory: Path) -> None:
    calls: list[int] = []

    def compute() -> dict[str, Tensor]:
        calls.append(1)
        return tensors(5)

    for _ in range(2):
        assert cache_in(directory).get_or_compute("a cat", compute) == tensors(5)
    assert calls == [1]
    assert cache_in(directory).get("  a \n cat") == tensors(5)


@pytest.mark.parametrize(
    "others",
    [{"max_length": 512}, {"dtype": "fp32"}, {"compute_dtype": "fp32"}, {"extra": {"lora": "b"}}, {"encoder": "cd" * 32}],
    ids=lambda others: next(iter(others)),
)
def test_another_key_is_another_embedding(directory: Path, others: dict[str, Any]) -> None:
    cache_in(directory).put("a cat", tensors(1))
    other = EmbeddingCache(**{"encoder": ENCODER, "max_length": 16, **others}, directory=directory)
    assert other.get("a cat") is None


def test_names_of_a_number_format_mean_the_same(directory: Path) -> None:
    cache_in(directory, dtype="bf16").put("a cat", tensors(1))
    for name in ("BF16", "bfloat16", "torch.bfloat16"):
        assert cache_in(directory, dtype=name).get("a cat") == tensors(1)


@pytest.mark.parametrize("others", [{"max_length": 0}, {"dtype": "float7"}, {"extra": {"7": "x"}}, {"extra": {"lora": "naïve"}}])
def test_what_is_no_key_is_refused(directory: Path, others: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is to be|is no dtype|extra takes"):
        cache_in(directory, **others)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mask": Tensor("BOOL", (1,), b"\0")}, "no prompt_embeds"),
        ({"prompt_embeds": Tensor("F16", (1,), b"\0\0")}, "the cache is for BF16"),
        ({"prompt_embeds": Tensor("BF16", (1, 16, 2), b"\0\0")}, "has 2 bytes instead of 64"),
        (
            {"prompt_embeds": Tensor("BF16", (1, 8, 2), bytes(32))},
            r"is \(1, 8, 2\), the cache is for \(1, 16, width\).*max_sequence_length=16",
        ),
        ({"prompt_embeds": Tensor("BF16", (2, 16, 2), bytes(128))}, r"is \(2, 16, 2\)"),
        ({"prompt_embeds": Tensor("BF16", (1, 16, 2), bytes(64)), "mask": Tensor("U8", (-1, -2), bytes(2))}, "which is none"),
        ({"prompt_embeds": Tensor("BF16", (16, 2), bytes(64))}, r"is \(16, 2\)"),
    ],
)
def test_what_a_key_does_not_promise_is_refused(directory: Path, wrong: dict[str, Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cache_in(directory).get_or_compute("a cat", lambda: wrong)
    assert not entries(directory)


def test_another_layout_is_told_by_extra_and_then_taken_as_it_is(directory: Path) -> None:
    assert cache_in(directory, extra={"layout": "unpadded"}).put("a cat", {"prompt_embeds": Tensor("BF16", (3, 2), bytes(12))})


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: (200_000).to_bytes(8, "little") + b"[" * 200_000,
        lambda file: file[:500],
        lambda _: b"",
        lambda file: file + b"x",
        lambda file: file[:-1] + bytes([file[-1] ^ 1]),
    ],
)
def test_a_damaged_entry_is_removed_and_computed_anew(
    directory: Path, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    cache = cache_in(directory)
    cache.put("a cat", tensors(1))
    [path] = entries(directory)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get("a cat") is None
    assert not path.exists()
    assert "is damaged and was removed" in caplog.text
    assert cache.get_or_compute("a cat", lambda: tensors(2)) == tensors(2)


def test_the_folder_is_its_owners_alone_and_keeps_no_prompt(directory: Path) -> None:
    cache_in(directory).put("the secret garden", tensors(1))
    [path] = entries(directory)
    assert directory.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"secret" not in path.read_bytes()
    assert (directory / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


def test_what_was_used_last_is_kept_within_the_bound(directory: Path) -> None:
    cache = cache_in(directory)
    for seed in range(4):
        cache.put(f"clip {seed}", tensors(seed))
    for path in entries(directory):
        os.utime(path, (1000, 1000))
    assert cache.get("clip 1") is not None
    size = entries(directory)[0].stat().st_size
    bounded = cache_in(directory, max_bytes=2 * size)
    assert bounded.put("clip 9", tensors(9))
    assert [seed for seed in (0, 1, 2, 3, 9) if bounded.get(f"clip {seed}") is not None] == [1, 9]
    assert not cache_in(directory, max_bytes=100).put("clip 7", tensors(7))


def test_what_a_dead_writer_left_goes_after_an_hour(directory: Path) -> None:
    cache = cache_in(directory)
    cache.put("a cat", tensors(1))
    old, fresh = (directory / f"{digits * 32}.0b5c.tmp" for digits in ("11", "22"))
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 3700, time.time() - 3700))
    cache.put("a dog", tensors(2))
    assert (old.exists(), fresh.exists()) == (False, True)


def test_many_threads_compute_once(directory: Path) -> None:
    calls: list[int] = []

    def compute() -> dict[str, Tensor]:
        calls.append(1)
        time.sleep(0.2)
        return tensors(3)

    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(cache_in(directory).get_or_compute("a cat", compute))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [tensors(3)] * 8
    assert calls == [1]


def _ask(directory: Path, log: Path) -> None:
    def compute() -> dict[str, Tensor]:
        with log.open("a") as lines:
            lines.write("python\n")
        time.sleep(0.3)
        return tensors(3)

    sys.exit(0 if cache_in(directory).get_or_compute("a cat", compute) == tensors(3) else 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_process_that_was_forked_while_computing_keeps_nobody_waiting(directory: Path) -> None:
    forked: list[int] = []

    def compute() -> dict[str, Tensor]:
        pid = os.fork()
        if pid == 0:
            signal.pause()
        forked.append(pid)
        return tensors(3)

    cache = cache_in(directory)
    cache.get_or_compute("a cat", compute)
    [entry] = entries(directory)
    entry.unlink()
    begun = time.monotonic()
    cache.get_or_compute("a cat", lambda: tensors(3), wait_s=60)
    took = time.monotonic() - begun
    os.kill(forked[0], signal.SIGKILL)
    os.waitpid(forked[0], 0)
    assert took < 30


def test_many_processes_compute_once(directory: Path, tmp_path: Path) -> None:
    processes = _start(6, _ask, directory, tmp_path / "computed")
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    assert (tmp_path / "computed").read_text() == "python\n"


def _storm(directory: Path) -> None:
    cache = cache_in(directory)
    all_tensors = [tensors(seed, 32 * 1024) for seed in range(PROMPTS)]
    for number in range(1_000_000):
        seed = number * 7919 % PROMPTS
        cache.put(f"clip {seed}", all_tensors[seed])


def test_writers_killed_at_any_moment_leave_no_entry_that_is_not_whole(directory: Path, caplog: pytest.LogCaptureFixture) -> None:
    cache = cache_in(directory)
    whole = number = 0
    unfinished: set[str] = set()
    while number < 12 or not (whole and unfinished):  # until the kills have met writers at work, before and after a rename
        assert number < 300
        begun_ns = time.time_ns()
        processes = _start(2, _storm, directory)
        # Until they are at work, however long their start takes.
        while not any(file.stat().st_mtime_ns > begun_ns for file in entries(directory)):
            time.sleep(0.005)
        time.sleep(0.01 * (number % 12))
        number += 1
        for process in processes:
            os.kill(process.pid or 0, signal.SIGKILL)
            process.join()
        for seed in range(PROMPTS):
            found = cache.get(f"clip {seed}")
            whole += found is not None
            assert found is None or found == tensors(seed, 32 * 1024)
        unfinished.update(path.name for path in directory.glob("*.tmp"))
    assert not caplog.records


def _on_a_full_disk(directory: Path) -> None:
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
    sys.exit(0 if cache_in(directory).get_or_compute("a cat", lambda: tensors(1)) == tensors(1) else 1)


def test_what_cannot_be_written_is_computed_all_the_same(directory: Path) -> None:
    [process] = _start(1, _on_a_full_disk, directory)
    process.join()
    assert process.exitcode == 0
    assert [path.name for path in directory.iterdir() if path.is_file()] == ["CACHEDIR.TAG"]


def test_a_folder_that_cannot_be_had_fails_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "taken").write_text("")
    cache = cache_in(tmp_path / "taken" / "embeddings")
    assert cache.get_or_compute("a cat", lambda: tensors(1)) == tensors(1)
    assert "Not a directory" in caplog.text
    with pytest.raises(OSError, match="taken"):
        cache.put("a cat", tensors(1))


def test_what_fails_to_be_computed_fails_its_caller(directory: Path) -> None:
    def compute() -> dict[str, Tensor]:
        raise OSError("no weights here")

    with pytest.raises(OSError, match="no weights here"):
        cache_in(directory).get_or_compute("a cat", compute)


def test_nothing_is_kept_where_the_bound_is_nothing(directory: Path) -> None:
    assert cache_in(directory, max_bytes=0).get_or_compute("a cat", lambda: tensors(1)) == tensors(1)
    assert not directory.exists()


def test_place_and_bound_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    if sys.platform != "win32":
        assert default_directory() == tmp_path / "wan" / "embeddings"
    monkeypatch.setenv("WAN_EMBEDDING_CACHE_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("WAN_EMBEDDING_CACHE_SIZE", "1.5 GiB")
    cache = EmbeddingCache(ENCODER)
    assert (cache.directory, cache.max_bytes) == (tmp_path / "elsewhere", 3 * 2**29)
    monkeypatch.setenv("WAN_EMBEDDING_CACHE_SIZE", "much")
    with pytest.raises(ValueError, match=re.escape("'much' is not a size")):
        EmbeddingCache(ENCODER)


@pytest.mark.skipif(not HAS_FTFY, reason="needs ftfy")
def test_prompts_are_cleaned_as_diffusers_does(directory: Path) -> None:
    cache_in(directory).put("“a  cat”\uff0cﬁne &amp;amp; sÃ³", tensors(1))
    assert cache_in(directory).get('"a cat",fine & só') == tensors(1)


@pytest.mark.skipif(not HAS_TORCH, reason="needs torch")
@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_torch_tensors_come_back_as_they_were(directory: Path, dtype: str) -> None:
    torch = importlib.import_module("torch")

    cache = cache_in(directory, dtype=getattr(torch, dtype)).torch()
    embeds = torch.randn(1, 8, 16).to(getattr(torch, dtype)).transpose(1, 2)
    assert cache.get("a cat") is None
    first = cache.get_or_compute("a cat", lambda: (embeds, None))
    again = cache.get_or_compute("a cat", lambda: pytest.fail("computed twice"))
    for found in (first, again, cache.get("a cat")):
        assert found.dtype == embeds.dtype
        assert torch.equal(found, embeds)
    with pytest.raises(ValueError, match="F8_E4M3 are not had as torch tensors"):
        cache_in(directory, dtype="F8_E4M3").torch()
    with pytest.raises(ValueError, match="a negative prompt has its own entry"):
        cache.get_or_compute("a dog", lambda: (embeds, embeds))


def _start(count: int, target: Callable[..., None], *args: Optional[Path]) -> list[multiprocessing.context.SpawnProcess]:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=target, args=args, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    return processes
