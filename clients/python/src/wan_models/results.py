"""What the calls give back. Names are those of the JSON documents (schemas/); sizes are bytes, times milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Optional


class ModelState(str, Enum):
    """How far a model is here."""

    NOT_PRESENT = "NOT_PRESENT"
    PARTIAL = "PARTIAL"
    VERIFYING = "VERIFYING"
    COMPLETE = "COMPLETE"
    CORRUPT = "CORRUPT"


@dataclass(frozen=True)
class EnsuredFile:
    """One file of a model that was made real."""

    path: str
    size_bytes: int
    origin: str
    """How it came: present, linked, copied, fetched, made or derived; unknown where a service has files that came in several ways."""
    proof: str


@dataclass(frozen=True)
class SourceTrouble:
    """How a source failed, and how often."""

    source: str
    code: str
    times: int
    message: str
    reason: Optional[str] = None


@dataclass(frozen=True)
class EnsureResult:
    """A model that is complete and proven."""

    ref: str
    variant: str
    path: Path
    """The proven directory, absolute."""
    total_bytes: int
    fetched_bytes: int
    """What came over a source in this call."""
    reused_bytes: int
    """What was in the store already."""
    proof: str
    """The weakest proof of its files."""
    duration_ms: float
    files: tuple[EnsuredFile, ...]
    liars: tuple[str, ...] = ()
    """Sources whose bytes were proven wrong."""
    troubles: tuple[SourceTrouble, ...] = ()
    """Sources that failed or stalled, and were left for others."""


@dataclass(frozen=True)
class FaultyFile:
    """A file that is here and not as it should be."""

    path: str
    fault: str
    size_bytes: int


@dataclass(frozen=True)
class ModelStatus:
    """What is here of a model, read from what is on record: nothing is rehashed or changed."""

    ref: str
    variant: str
    state: ModelState
    path: Path
    """Where the model is, or would be."""
    file_count: int
    total_bytes: int
    missing_files: tuple[str, ...]
    faulty_files: tuple[FaultyFile, ...]
    bytes_needed: int
    """What an ensure would move."""
    bytes_held: int
    """Of unfinished downloads."""
    proof: Optional[str] = None
    verified_at: Optional[str] = None
    """ISO 8601, UTC."""
    tier: Optional[str] = None
    """Where a whole, proven copy lies."""

    @property
    def complete(self) -> bool:
        return self.state is ModelState.COMPLETE


@dataclass(frozen=True)
class VerifiedFile:
    """What reading one file gave."""

    path: str
    size_bytes: int
    ok: bool
    proof: str
    fault: Optional[str] = None
    expected: Optional[str] = None
    found: Optional[str] = None


@dataclass(frozen=True)
class VerifyResult:
    """Every byte of a model, read again."""

    ref: str
    ok: bool
    variant: str
    path: Path
    proof: str
    bytes_read: int
    duration_ms: float
    files: tuple[VerifiedFile, ...]
    extra_files: tuple[str, ...]

    @property
    def faulty_files(self) -> tuple[VerifiedFile, ...]:
        return tuple(file for file in self.files if not file.ok)


@dataclass(frozen=True)
class ModelSummary:
    """A model that the manifest defines."""

    model_id: str
    family: str
    description: str
    variants: tuple[str, ...]
    default_variant: str
    file_count: int
    total_bytes: int
    overlays: tuple[str, ...]
    type: Optional[str] = None
    proof: Optional[str] = None
    tier: Optional[str] = None


@dataclass(frozen=True)
class PlannedComponent:
    """One component, and how to load it."""

    name: str
    path: Path
    """Its folder, or its one file."""
    weight_bytes: int
    missing: tuple[str, ...]
    class_name: Optional[str] = field(default=None, metadata={"key": "class"})
    """As model_index.json has it: ``diffusers.WanTransformer3DModel``."""
    dtype: Optional[str] = None
    """To load it in; None: as it is stored."""
    mounted_from: Optional[str] = None


@dataclass(frozen=True)
class OverlayFile:
    path: Path
    weight: float
    applies_to: Optional[str] = None


@dataclass(frozen=True)
class PlannedOverlay:
    """A LoRA or other overlay, in the order in which it applies."""

    name: str
    files: tuple[OverlayFile, ...]


@dataclass(frozen=True)
class VideoRequest:
    """What is to be made, with the defaults of the model filled in."""

    mode: str
    width: int
    height: int
    frames: int
    fps: Optional[float] = None
    steps: Optional[int] = None
    guidance_scale: Optional[float] = None
    guidance_scale_2: Optional[float] = None
    shift: Optional[float] = None


@dataclass(frozen=True)
class MemoryStrategy:
    """How much is kept off the GPU, and what that needs. Peaks are bytes of GPU memory."""

    offload: str
    """none; model: one component at work at a time; layers: of the transformer only those at work."""
    vae_tiled: bool
    text_bytes: int
    denoise_bytes: int
    decode_bytes: int
    peak_bytes: int
    upper_bytes: int
    """The peak with the largest error that the estimate was found to have."""
    host_bytes: int
    fits: Optional[str] = None
    """yes, tight or no, where the memory of the GPU was given."""


@dataclass(frozen=True)
class VaePlan:
    """Sizes are pixels."""

    tiled: bool
    tile_size: int
    tile_stride: int


@dataclass(frozen=True)
class LoadPlan:
    """What a loader has to know of a model."""

    ref: str
    variant: str
    path: Path
    complete: bool
    library: str
    """diffusers, or native: the code of Wan-AI/Wan2.2."""
    components: tuple[PlannedComponent, ...]
    request: VideoRequest
    defaults: Mapping[str, Any]
    overlays: tuple[PlannedOverlay, ...]
    vae: VaePlan
    warnings: tuple[str, ...]
    pipeline_class: Optional[str] = None
    strategy: Optional[MemoryStrategy] = None
    """The least offloading that fits, or that was asked for; None where none fits, or that cannot be told before the files are here."""
    text_encoder_digest: Optional[str] = None
    """Which text encoder it is: the key of :class:`wan_models.embedding_cache.EmbeddingCache`."""
    memory: Optional[Mapping[str, Any]] = None
    """The estimate, component by component, and every strategy; None where the shape of the transformer is not known."""

    def component(self, name: str) -> PlannedComponent:
        """Raise KeyError where the model has none of that name."""
        found = next((one for one in self.components if one.name == name), None)
        if found is None:
            raise KeyError(name)
        return found
