"""The call shapes of the earlier Python orchestrator, for code in transition. Everything here warns, and says what to call instead.

Replace ``from backend.core.model_orchestrator import ModelEnsurer, ModelStatus, NoSpaceError`` and
``from backend.services.wan_pipeline_loader import get_wan_paths`` by imports of the same names from here.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass, field
from typing import Any, Callable, Optional, Union

from . import errors
from .client import Client
from .progress import OnProgress
from .results import ModelState, VerifiedFile, VerifyResult
from .results import ModelState as ModelStatus

ProgressCallback = Callable[[int, int], None]


def _deprecated(old: str, new: str) -> None:
    warnings.warn(f"wan_models.compat.{old} is for code in transition: use wan_models.{new}", DeprecationWarning, stacklevel=3)


@dataclass
class VerificationResult:
    """What :meth:`ModelEnsurer.verify_integrity` gives."""

    success: bool
    verified_files: list[str]
    failed_files: list[str]
    missing_files: list[str]
    error_message: Optional[str] = None

    @property
    def verified(self) -> bool:
        return self.success

    @property
    def errors(self) -> list[str]:
        return [] if self.error_message is None else [self.error_message]


@dataclass
class ModelStatusInfo:
    """What :meth:`ModelEnsurer.status` gives."""

    status: ModelStatus
    local_path: Optional[str] = None
    missing_files: list[str] = field(default_factory=list)
    bytes_needed: int = 0
    verification_result: Optional[VerificationResult] = None

    @property
    def state(self) -> str:
        return self.status.value


class ModelEnsurer:
    """Made by :meth:`from_config`: registry, resolver, locks and backends are the command's own now."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    def from_config(cls, config_path: Union[str, os.PathLike[str], None] = None) -> ModelEnsurer:
        """``config_path``: the wan.toml to read; else what the environment and the working directory have."""
        _deprecated("ModelEnsurer", "Client")
        return cls(Client(config=config_path))

    def ensure(
        self,
        model_id: str,
        variant: Optional[str] = None,
        force_redownload: bool = False,
        progress_callback: Optional[ProgressCallback] = None,
    ) -> str:
        _deprecated("ModelEnsurer.ensure", "get_wan_paths, which gives a pathlib.Path")
        on_progress = None if progress_callback is None else _pair(progress_callback)
        return str(self._client.get_wan_paths(model_id, variant=variant, force=force_redownload, on_progress=on_progress))

    def status(self, model_id: str, variant: Optional[str] = None) -> ModelStatusInfo:
        _deprecated("ModelEnsurer.status", "status")
        found = self._client.status(model_id, variant=variant)
        faulty = [file.path for file in found.faulty_files]
        here = None if found.state is ModelState.NOT_PRESENT else str(found.path)
        return ModelStatusInfo(found.state, here, [*found.missing_files, *faulty], found.bytes_needed)

    def verify_integrity(self, model_id: str, variant: Optional[str] = None) -> VerificationResult:
        _deprecated("ModelEnsurer.verify_integrity", "verify")
        return _verification(self._client.verify(model_id, variant=variant))

    def estimate_download_size(self, model_id: str, variant: Optional[str] = None) -> int:
        """Bytes that an ensure would move."""
        _deprecated("ModelEnsurer.estimate_download_size", "status(...).bytes_needed")
        return self._client.status(model_id, variant=variant).bytes_needed


def get_wan_paths(model_id: str, variant: Optional[str] = None) -> str:
    _deprecated("get_wan_paths", "get_wan_paths, which gives a pathlib.Path")
    return str(Client().get_wan_paths(model_id, variant=variant))


def _pair(callback: ProgressCallback) -> OnProgress:
    return lambda progress: callback(progress.done_bytes, progress.total_bytes)


def _verification(result: VerifyResult) -> VerificationResult:
    def paths(belongs: Callable[[VerifiedFile], bool]) -> list[str]:
        return [file.path for file in result.files if belongs(file)]

    bad = [f"{file.path}: {file.fault}" for file in result.faulty_files]
    return VerificationResult(
        success=result.ok,
        verified_files=paths(lambda file: file.ok),
        failed_files=paths(lambda file: not file.ok and file.fault != "missing"),
        missing_files=paths(lambda file: file.fault == "missing"),
        error_message="; ".join(bad) or None,
    )


_EXCEPTIONS = {
    "ModelOrchestratorError": errors.WanError,
    "ModelNotFoundError": errors.ModelNotFound,
    "VariantNotFoundError": errors.VariantNotFound,
    "InvalidModelIdError": errors.InvalidModelId,
    "ManifestValidationError": errors.ManifestInvalid,
    "SchemaVersionError": errors.SchemaVersionMismatch,
    "LockTimeoutError": errors.LockTimeout,
    "NoSpaceError": errors.NoSpace,
    "InsufficientSpaceError": errors.NoSpace,
    "ChecksumError": errors.ChecksumFail,
    "ChecksumVerificationError": errors.ChecksumFail,
    "SizeMismatchError": errors.SizeMismatch,
    "IncompleteDownloadError": errors.IncompleteDownload,
    "ManifestSignatureError": errors.SignatureInvalid,
    "InvalidInputError": errors.InvalidInput,
}


def __getattr__(name: str) -> Any:
    """The earlier exceptions by their names: ``except NoSpaceError`` catches what this version raises."""
    if name not in _EXCEPTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _deprecated(name, f"errors.{_EXCEPTIONS[name].__name__}")
    return _EXCEPTIONS[name]


__all__ = ["ModelEnsurer", "ModelStatus", "ModelStatusInfo", "VerificationResult", "get_wan_paths"]
