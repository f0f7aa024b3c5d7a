"""Text embeddings that many clips share, kept between runs and processes; one cache with the wan-models of other languages.

>>> from wan_models import load_plan
>>> from wan_models.embedding_cache import EmbeddingCache
>>> plan = load_plan("t2v-A14B-diffusers@2.2.0")
>>> cache = EmbeddingCache(plan.text_encoder_digest, max_length=512, dtype="bf16").torch(device="cuda")
>>> embeds = cache.get_or_compute(prompt, lambda: pipe.encode_prompt(prompt, do_classifier_free_guidance=False, max_sequence_length=512))
>>> video = pipe(prompt_embeds=embeds, ...)

A prompt that is here needs no text encoder: load it inside the function that computes.
docs/embedding-cache.md of wan-models says what a key is made of, and what the files are.
"""

from __future__ import annotations

import ctypes
import importlib
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Callable, Optional, Union

from ._embedding_file import DamagedEntry, Tensor, decode_entry, encode_entry
from ._embedding_folder import entry_path, make_cache_folder, make_room, read_entry, remove_entry, touch_entry, write_entry
from ._embedding_key import KeyParts, dtype_name, sha256_of
from ._file_lock import file_lock

__all__ = ["EmbeddingCache", "Tensor", "TorchEmbeddingCache", "default_directory"]

_log = logging.getLogger(__name__)

_DEFAULT_MAX_BYTES = 2 * 1024**3
_STORE_WAIT_S = 30.0
_COMPUTE_WAIT_S = 600.0


class EmbeddingCache:
    """The embeddings of one text encoder, as bytes.

    No fault of the cache itself ever fails :meth:`get_or_compute`: it is logged as a warning.
    Raises ValueError for a part of the key that is none.
    """

    def __init__(
        self,
        encoder: str,
        *,
        max_length: int = 512,
        dtype: object = "bf16",
        compute_dtype: object = None,
        extra: Optional[Mapping[str, str]] = None,
        directory: Union[str, os.PathLike[str], None] = None,
        max_bytes: Optional[int] = None,
    ) -> None:
        """encoder: `text_encoder_digest` of the load plan.

        max_length: tokens that a prompt is cut or padded to. dtype: of the embeddings, "bf16" or torch.bfloat16, say.
        compute_dtype: what the encoder computes in, where that is another one.
        extra: whatever else changes the bytes, a LoRA on the encoder, say.
        directory, max_bytes: default WAN_EMBEDDING_CACHE_DIR and WAN_EMBEDDING_CACHE_SIZE, else those of `wan`.
        """
        self._key = KeyParts(encoder, max_length, (dtype, dtype if compute_dtype is None else compute_dtype), extra or {})
        self.directory = default_directory() if directory is None else Path(directory)
        self.max_bytes = _default_max_bytes() if max_bytes is None else max_bytes

    @property
    def dtype(self) -> str:
        """Of the embeddings, as safetensors names it."""
        return self._key.dtype

    def get(self, prompt: str) -> Optional[dict[str, Tensor]]:
        """None where there is none, or what was there did not prove itself and was removed. Raises OSError."""
        return self._read(sha256_of(self._key.text(prompt)))

    def put(self, prompt: str, tensors: Mapping[str, Tensor]) -> bool:
        """False where there is no room for it. Raises OSError, and ValueError where the tensors are not what the key promises."""
        return self._store(self._key.text(prompt), self._checked(tensors))

    def get_or_compute(
        self, prompt: str, compute: Callable[[], Mapping[str, Tensor]], *, wait_s: float = _COMPUTE_WAIT_S
    ) -> Mapping[str, Tensor]:
        """Computed once, however many processes ask.

        compute: gives `prompt_embeds`, and what belongs to it. wait_s: longest wait for another process that computes the same.
        """
        key_text = self._key.text(prompt)
        entry_id = sha256_of(key_text)
        found = self._tolerant_read(entry_id)
        if found is not None:
            return found
        with self._compute_lock(entry_id, wait_s):
            found = self._tolerant_read(entry_id)
            if found is not None:
                return found
            tensors = self._checked(compute())
            try:
                self._store(key_text, tensors)
            except OSError as error:
                self._warn(error)
            return tensors

    def torch(self, device: object = "cpu") -> TorchEmbeddingCache:
        """The same with torch tensors, which come to this device. Needs torch."""
        return TorchEmbeddingCache(self, device)

    def _checked(self, tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        if "prompt_embeds" not in tensors:
            raise ValueError("there is no prompt_embeds")
        dtype, shape, _ = tensors["prompt_embeds"]
        if dtype != self._key.dtype:
            raise ValueError(f"prompt_embeds is {dtype}, the cache is for {self._key.dtype}")
        self._key.check_shape(shape)
        return tensors

    def _tolerant_read(self, entry_id: str) -> Optional[dict[str, Tensor]]:
        try:
            return self._read(entry_id)
        except OSError as error:
            self._warn(error)
            return None

    def _read(self, entry_id: str) -> Optional[dict[str, Tensor]]:
        file = read_entry(self.directory, entry_id)
        if file is None:
            return None
        try:
            tensors = decode_entry(entry_id, file)
        except DamagedEntry as error:
            _log.warning("the text embedding %s is damaged and was removed: %s", entry_id, error)
            remove_entry(self.directory, entry_id)
            return None
        touch_entry(self.directory, entry_id)
        return tensors

    def _store(self, key_text: str, tensors: Mapping[str, Tensor]) -> bool:
        file = encode_entry(key_text, tensors)
        if self.max_bytes == 0:
            return False
        make_cache_folder(self.directory)
        with self._lock("store", _STORE_WAIT_S):
            has_room = len(file) <= self.max_bytes and make_room(self.directory, len(file), self.max_bytes)
            if has_room:
                write_entry(self.directory, sha256_of(key_text), file)
            else:
                _log.warning("a text embedding of %d bytes is not kept: the cache may have %d", len(file), self.max_bytes)
        return has_room

    @contextmanager
    def _compute_lock(self, entry_id: str, wait_s: float) -> Iterator[None]:
        """One process at a time; keys share 256 locks, so that lock files do not add up."""
        if self.max_bytes == 0:
            yield
            return
        with self._lock(entry_id[:2], wait_s, lambda: entry_path(self.directory, entry_id).exists()):
            yield

    @contextmanager
    def _lock(self, name: str, wait_s: float, is_pointless: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """Where it cannot be had, work goes on without it."""
        with ExitStack() as held:
            try:
                make_cache_folder(self.directory)
                (self.directory / "locks").mkdir(exist_ok=True)
                held.enter_context(file_lock(self.directory / "locks" / f"{name}.lock", wait_s, is_pointless))
            except OSError as error:
                self._warn(error)
            yield

    def _warn(self, error: OSError) -> None:
        _log.warning("the text-embedding cache in %s: %s", self.directory, error)


class TorchEmbeddingCache:
    """An :class:`EmbeddingCache` of torch tensors: what `encode_prompt` of diffusers gives for one prompt."""

    def __init__(self, cache: EmbeddingCache, device: object = "cpu") -> None:
        self.cache = cache
        self._device = device
        self._torch: Any = importlib.import_module("torch")
        names = {"BF16": "bfloat16", "F16": "float16", "F32": "float32", "F64": "float64"}
        if cache.dtype not in names:
            raise ValueError(f"embeddings of {cache.dtype} are not had as torch tensors: {', '.join(names)}")
        self._dtype = getattr(self._torch, names[cache.dtype])

    def get(self, prompt: str) -> Any:
        """The embedding on the device, or None."""
        found = self.cache.get(prompt)
        return None if found is None else self._tensor(found["prompt_embeds"])

    def get_or_compute(self, prompt: str, compute: Callable[[], Any], *, wait_s: float = _COMPUTE_WAIT_S) -> Any:
        """compute: gives the embedding of this prompt, or the pair that `encode_prompt` gives, whose second is None.

        A negative prompt is a prompt of its own: it has its own entry.
        """
        found = self.cache.get_or_compute(prompt, lambda: {"prompt_embeds": self._bytes(_only(compute()))}, wait_s=wait_s)
        return self._tensor(found["prompt_embeds"])

    def _bytes(self, tensor: Any) -> Tensor:
        plain = tensor.detach().to("cpu").contiguous()
        data = ctypes.string_at(plain.data_ptr(), plain.numel() * plain.element_size())
        return Tensor(dtype_name(plain.dtype), tuple(plain.shape), data)

    def _tensor(self, tensor: Tensor) -> Any:
        return self._torch.frombuffer(bytearray(tensor.data), dtype=self._dtype).reshape(tensor.shape).to(self._device)


def default_directory() -> Path:
    """WAN_EMBEDDING_CACHE_DIR, else the user's cache directory, as `wan embeddings path` says it where no wan.toml names another."""
    named = os.environ.get("WAN_EMBEDDING_CACHE_DIR", "").strip()
    return Path(os.path.abspath(os.path.expanduser(named))) if named else _cache_home() / "wan" / "embeddings"


def _cache_home() -> Path:
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    xdg = os.environ.get("XDG_CACHE_HOME")
    if xdg:
        return Path(xdg)
    return home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"


def _default_max_bytes() -> int:
    text = os.environ.get("WAN_EMBEDDING_CACHE_SIZE", "").strip()
    if not text:
        return _DEFAULT_MAX_BYTES
    size = re.fullmatch(r"(\d{1,16}(?:\.\d{1,6})?)\s*([kmgtp]?)(?:i?b)?", text, re.IGNORECASE)
    if size is None:
        raise ValueError(f"WAN_EMBEDDING_CACHE_SIZE {text!r} is not a size such as 20M, 1.5GiB or 1048576 (bytes)")
    power = " kmgtp".index(size[2].lower() or " ")
    return round(float(size[1]) * float(1024**power))


def _only(computed: Any) -> Any:
    if not isinstance(computed, (tuple, list)):
        return computed
    first, *others = computed
    if any(other is not None for other in others):
        raise ValueError("a negative prompt has its own entry: compute one prompt, with do_classifier_free_guidance=False")
    return first
