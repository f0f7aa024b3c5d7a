"""The folder of the embedding cache: reads and writes entries, and keeps it within its bound."""

from __future__ import annotations

import os
import re
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Optional

_ENTRY = re.compile(r"[0-9a-f]{64}\.safetensors")
_UNFINISHED = re.compile(r"[0-9a-f]{64}\.[0-9a-z-]+\.tmp")
# No writer takes this long from its first byte to its rename.
_ABANDONED_S = 3600
_TAG = "CACHEDIR.TAG"
_TAG_TEXT = "Signature: 8a477f597d28d172789f06886806bc55\n# Text embeddings of wan-models: they are computed anew where they are missing.\n"


class FolderFile(NamedTuple):
    path: str
    size: int
    mtime_ns: int
    is_entry: bool


def entry_path(directory: Path, entry_id: str) -> Path:
    return directory / f"{entry_id}.safetensors"


def make_cache_folder(directory: Path) -> None:
    """Open to its owner only; marked as a cache for programs that save home directories (bford.info/cachedir)."""
    if directory.is_dir():
        return
    directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.mkdir(exist_ok=True, mode=0o700)
    with suppress(FileExistsError), open(directory / _TAG, "x") as tag:
        tag.write(_TAG_TEXT)


def read_entry(directory: Path, entry_id: str) -> Optional[bytes]:
    try:
        return entry_path(directory, entry_id).read_bytes()
    except FileNotFoundError:
        return None


def touch_entry(directory: Path, entry_id: str) -> None:
    """Its last use. Where that cannot be written the entry goes a little earlier."""
    with suppress(OSError):
        os.utime(entry_path(directory, entry_id))


def remove_entry(directory: Path, entry_id: str) -> None:
    _remove(str(entry_path(directory, entry_id)))


def write_entry(directory: Path, entry_id: str, file: bytes) -> None:
    """Whole or not at all: killed before the rename it leaves a file that no reader looks at."""
    unfinished = directory / f"{entry_id}.{uuid.uuid4()}.tmp"
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        with open(descriptor, "wb") as writer:
            writer.write(file)
            writer.flush()
            os.fsync(writer.fileno())
        os.replace(unfinished, entry_path(directory, entry_id))
    except BaseException:
        with suppress(OSError):
            os.unlink(unfinished)
        raise


def make_room(directory: Path, needed: int, max_bytes: int) -> bool:
    """Removes what dead writers left, then the entries that were not used for longest. Whether there is room then."""
    files = _list_folder(directory)
    left = sum(file.size for file in files)
    limit_ns = time.time_ns() - _ABANDONED_S * 1_000_000_000
    abandoned = [file for file in files if not file.is_entry and file.mtime_ns < limit_ns]
    entries = sorted((file for file in files if file.is_entry), key=lambda file: (file.mtime_ns, file.path))
    for file in [*abandoned, *entries]:
        if file.is_entry and left + needed <= max_bytes:
            break
        if _remove(file.path):
            left -= file.size
    return left + needed <= max_bytes


def _list_folder(directory: Path) -> list[FolderFile]:
    files: list[FolderFile] = []
    with os.scandir(directory) as listing:
        for one in listing:
            is_entry = _ENTRY.fullmatch(one.name) is not None
            if not is_entry and not _UNFINISHED.fullmatch(one.name):
                continue
            with suppress(FileNotFoundError):
                stats = os.stat(one.path)
                files.append(FolderFile(one.path, stats.st_size, stats.st_mtime_ns, is_entry))
    return files


def _remove(path: str) -> bool:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return True
    except OSError:  # a reader has it open, on Windows
        return False
    return True
