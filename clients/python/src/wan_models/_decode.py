"""A JSON object as a dataclass: by its annotations, no key needed that has a default, keys of later versions left aside."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def decode(kind: type[T], document: Mapping[str, Any]) -> T:
    """Raise KeyError for a missing key, ValueError or TypeError for a wrong one: the document is not what its schema says."""
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(cast(Any, kind)):
        key = str(field.metadata.get("key", field.name))
        if key in document or _is_required(field):
            values[field.name] = _value(hints[field.name], document[key])
    return kind(**values)


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _value(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin is Union:  # Optional[...]
        return None if value is None else _value(get_args(hint)[0], value)
    if origin is tuple:
        return tuple(_value(get_args(hint)[0], item) for item in value)
    if origin is not None or hint is Any:
        return value
    if dataclasses.is_dataclass(hint):
        return decode(cast(type, hint), value)
    return _plain(hint, value)


def _plain(hint: type, value: Any) -> Any:
    if issubclass(hint, (Path, Enum)):
        return hint(value)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise TypeError(f"expected {hint.__name__}, found {value!r}")
    return value
