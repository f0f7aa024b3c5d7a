"""An entry of the embedding cache: a safetensors file that says which key it belongs to, and proves its own bytes.

docs/embedding-cache.md of wan-models is the contract; src/pipeline/embedding-cache/entry-file.ts writes the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

FORMAT = "wan-embedding/1"

# Bits of an element, in the order in which the reference implementation of safetensors aligns them.
DTYPE_BITS = {
    "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64,
    "U64": 64,
}  # fmt: skip
_DTYPE_ORDER = list(DTYPE_BITS)
_TENSOR_NAME = re.compile(r"[a-z0-9_]+")
_LENGTH_BYTES = 8


class Tensor(NamedTuple):
    """Bytes as safetensors files have them: little-endian, row by row."""

    dtype: str
    """BF16, F16, F32, …"""
    shape: tuple[int, ...]
    data: bytes


class DamagedEntry(ValueError):
    """What is there is not what was written under this key."""


def encode_entry(key_text: str, tensors: Mapping[str, Tensor]) -> bytes:
    for name, tensor in tensors.items():
        _check_tensor(name, tensor)
    header: dict[str, Any] = {"__metadata__": {"format": FORMAT, "key": key_text, "content_sha256": _content_digest(tensors)}}
    ordered = sorted(tensors.items(), key=lambda item: (-_DTYPE_ORDER.index(item[1].dtype), item[0]))
    end = 0
    for name, (dtype, shape, data) in ordered:
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [end, end + len(data)]}
        end += len(data)
    text = _compact(header).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(_LENGTH_BYTES, "little"), text, *(tensor.data for _, tensor in ordered)])


def decode_entry(entry_id: str, file: bytes) -> dict[str, Tensor]:
    """Raises DamagedEntry."""
    try:
        length = int.from_bytes(file[:_LENGTH_BYTES], "little")
        header = json.loads(file[_LENGTH_BYTES : _LENGTH_BYTES + length])
        metadata = header.pop("__metadata__")
        tensors = _tensors_of(header, file[_LENGTH_BYTES + length :])
        is_ours = metadata["format"] == FORMAT and hashlib.sha256(metadata["key"].encode()).hexdigest() == entry_id
        is_whole = metadata["content_sha256"] == _content_digest(tensors)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedEntry(f"not a safetensors file: {error}") from error
    if not (is_ours and is_whole):
        raise DamagedEntry("the file is no embedding of this key, or its bytes are not those that were written")
    return tensors


def _tensors_of(header: Mapping[str, Any], data: bytes) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = entry["data_offsets"]
        tensor = Tensor(entry["dtype"], tuple(entry["shape"]), data[begin:stop])
        _check_tensor(name, tensor)
        if begin != end:
            raise ValueError(f"{name} begins at {begin}, not at {end}")
        tensors[name] = tensor
        end = stop
    if end != len(data):
        raise ValueError(f"its tensors end at {end} of {len(data)}")
    return tensors


def _content_digest(tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name, (dtype, shape, data) in sorted(tensors.items()):
        digest.update(f"{_compact([name, dtype, list(shape)])}\n".encode())
        digest.update(data)
    return digest.hexdigest()


def _check_tensor(name: str, tensor: Tensor) -> None:
    if not _TENSOR_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a tensor: [a-z0-9_]+")
    if tensor.dtype not in DTYPE_BITS:
        raise ValueError(f"{tensor.dtype!r} is no dtype of safetensors files: BF16, F16, F32, …")
    if not all(type(side) is int and side >= 0 for side in tensor.shape):
        raise ValueError(f"{name} has the shape {list(tensor.shape)}, which is none")
    bits = math.prod(tensor.shape) * DTYPE_BITS[tensor.dtype]
    if bits != 8 * len(tensor.data):
        raise ValueError(f"{name} ({tensor.dtype} {list(tensor.shape)}) has {len(tensor.data)} bytes instead of {bits / 8:g}")


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
