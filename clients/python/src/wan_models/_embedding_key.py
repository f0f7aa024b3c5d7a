"""What the name of an entry is made of; src/pipeline/embedding-cache/embedding-key.ts of wan-models makes the same ones."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ._clean_prompt import clean_prompt
from ._embedding_file import DTYPE_BITS

_KEY_VERSION = 1
_DTYPE_NAMES = {"BFLOAT16": "BF16", "FLOAT16": "F16", "HALF": "F16", "FP16": "F16", "FLOAT32": "F32", "FLOAT": "F32", "FP32": "F32"}


class KeyParts:
    """All parts but the prompt. Raises ValueError where one is none."""

    def __init__(self, encoder: str, max_length: int, dtypes: tuple[object, object], extra: Mapping[str, str]) -> None:
        self.dtype, compute_dtype = (dtype_name(dtype) for dtype in dtypes)
        self._parts: dict[str, Any] = {
            "compute_dtype": compute_dtype,
            "dtype": self.dtype,
            "encoder": _checked_encoder(encoder),
            "extra": _checked_extra(extra),
            "key_version": _KEY_VERSION,
            "max_length": _checked_length(max_length),
        }

    def text(self, prompt: str) -> str:
        """What the entry's id is the sha256 of."""
        prompt_sha256 = sha256_of(clean_prompt(prompt))
        return json.dumps({**self._parts, "prompt_sha256": prompt_sha256}, sort_keys=True, separators=(",", ":"))

    def check_shape(self, shape: Sequence[int]) -> None:
        """Of another length, or of several videos, it would be every clip's from now on. Other layouts are told by `extra`."""
        length = self._parts["max_length"]
        if (len(shape), *shape[:2]) != (3, 1, length) and not self._parts["extra"]:
            wanted = f"(1, {length}, width)"
            raise ValueError(
                f"prompt_embeds is {tuple(shape)}, the cache is for {wanted}: encode with max_sequence_length={length}, one video a prompt"
            )


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def dtype_name(dtype: object) -> str:
    """Of "bf16", "BF16", "bfloat16" or torch.bfloat16: BF16."""
    name = str(dtype).rsplit(".", 1)[-1].upper()
    known = _DTYPE_NAMES.get(name, name)
    if known not in DTYPE_BITS:
        raise ValueError(f"{dtype!r} is no dtype of safetensors files: bf16, fp16, fp32, …")
    return known


def _checked_encoder(encoder: str) -> str:
    digest = re.sub("^sha256:", "", encoder.lower())
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError("encoder is to be a sha256, 64 hex digits: `text_encoder_digest` of the load plan")
    return digest


def _checked_length(max_length: int) -> int:
    if isinstance(max_length, bool) or not isinstance(max_length, int) or max_length < 1:
        raise ValueError(f"max_length is to be a whole number of tokens, not {max_length!r}")
    return max_length


def _checked_extra(extra: Mapping[str, str]) -> dict[str, str]:
    for name, value in extra.items():
        if not re.fullmatch("[a-z][a-z0-9_]*", name) or not re.fullmatch("[ -~]*", value):
            raise ValueError("extra takes names of [a-z0-9_] and printable ASCII")
    return dict(extra)
