"""What the calls can be told. Every key may be left out, and None means the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional, TypedDict, Union

from .progress import OnEvent, OnProgress
from .transport import OptionValue


class TargetOptions(TypedDict, total=False):
    """Which directory of a model, and which part of it."""

    variant: Optional[str]
    """Another one than the default of the model."""
    overlay: Union[str, Sequence[str], None]
    """LoRA or other overlays, in the order in which they apply."""
    components: Optional[Sequence[str]]
    """Only these (required ones always come)."""
    include: Optional[Sequence[str]]
    """Globs: only files that match."""
    exclude: Optional[Sequence[str]]


class WatchOptions(TypedDict, total=False):
    """Who is told how far a call is."""

    on_progress: Optional[OnProgress]
    """Called with each :class:`Progress`, in the thread of the call. What it raises ends the call."""
    on_event: Optional[OnEvent]
    """Called with each event (schemas/wan.event.v1.json)."""
    show_progress: Optional[bool]
    """Without a callback, progress goes to standard error: bars on a terminal, else a line now and then. False: nowhere."""


class EnsureOptions(TargetOptions, WatchOptions, total=False):
    """How a model is made real."""

    offline: Optional[bool]
    """Open no socket: Offline where bytes are missing."""
    frozen: Optional[bool]
    """LockfileStale where the lockfile is missing or stale."""
    force: Optional[bool]
    """Fetch again even what is here and proven."""
    timeout: Optional[float]
    """Seconds in all; without it only time without progress counts."""
    limit_rate: Union[int, str, None]
    """Bytes a second, or a size such as "20M"."""
    jobs: Optional[int]
    """Files in parallel."""
    connections: Optional[int]
    """Upper bound of parallel ranges over all files."""
    presigned: Optional[str]
    """A JSON file from paths to signed URLs of their own."""


class VerifyOptions(TargetOptions, WatchOptions, total=False):
    """How every byte is read again."""

    deep: Optional[bool]
    """Hash whole files, whatever is on record of their pieces, and read the headers of weights."""
    resume: Optional[bool]
    """Go on where a verification stopped."""
    limit_rate: Union[int, str, None]


class LoadPlanOptions(WatchOptions, total=False):
    """What is to be made, on which GPU."""

    variant: Optional[str]
    overlay: Union[str, Sequence[str], None]
    ensure: Optional[bool]
    """Make the model real first."""
    offline: Optional[bool]
    prompt: Optional[str]
    image: Optional[bool]
    """An image is given to begin with."""
    width: Optional[int]
    height: Optional[int]
    frames: Optional[int]
    steps: Optional[int]
    guidance_scale: Optional[float]
    guidance_scale_2: Optional[float]
    fps: Optional[float]
    shift: Optional[float]
    gpu: Union[int, str, None]
    """Memory of the GPU: bytes, or a size such as "24G". The least offloading that fits is chosen."""
    offload: Optional[str]
    """Only this: none, model or layers."""


WATCH_NAMES = frozenset(WatchOptions.__annotations__)


def wire_options(function: str, given: Mapping[str, Any], known: Iterable[str]) -> dict[str, OptionValue]:
    """The options of the verb, by their long names. Raise TypeError for a name that the function does not take."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise TypeError(f"{function}() got an unexpected keyword argument {unknown[0]!r}; it takes {', '.join(sorted(known))}")
    return {name.replace("_", "-"): _wire(name, value) for name, value in given.items() if name not in WATCH_NAMES}


def _wire(name: str, value: Any) -> OptionValue:
    if value is not None and name == "timeout":
        return f"{value:.3f}s"
    if isinstance(value, int) and name == "gpu":  # where a bare number means GiB
        return f"{value}B"
    wired: OptionValue = value
    return wired
