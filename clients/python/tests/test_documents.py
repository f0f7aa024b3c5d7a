"""What is decoded, against the schemas that the command publishes: a key that is renamed there fails here."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Optional, cast, get_args, get_origin, get_type_hints

import pytest

from wan_models import EnsureResult, Lease, LoadPlan, ModelState, ModelStatus, ModelSummary, VerifyResult
from wan_models._decode import decode
from world import PROJECT

Schema = dict[str, Any]


def data_schema(verb: str) -> Schema:
    document = json.loads((PROJECT / "schemas" / f"wan.models.{verb}.v1.json").read_text())
    found: Schema = document["oneOf"][0]["properties"]["data"]
    return found


def result_schema(verb: str) -> Schema:
    found: Schema = data_schema(verb)["properties"]["results"]["items"]["anyOf"][0]
    return found


def model_schema() -> Schema:
    found: Schema = data_schema("list")["properties"]["models"]["items"]
    return found


def check(kind: Any, schema: Schema) -> int:
    """How many fields were compared."""
    hints, compared = get_type_hints(kind), 0
    for field in dataclasses.fields(kind):
        key = field.metadata.get("key", field.name)
        assert key in schema["properties"], f"{kind.__name__}.{key} is in no document"
        if key not in schema["required"]:
            assert field.default is not dataclasses.MISSING, f"{kind.__name__}.{key} may be left out"
        compared += 1 + inner(hints[field.name], schema["properties"][key])
    return compared


def inner(hint: Any, schema: Schema) -> int:
    if get_origin(hint) is tuple:
        return inner(get_args(hint)[0], schema["items"])
    candidates = [one for one in (hint, *get_args(hint)) if dataclasses.is_dataclass(one)]
    return sum(check(one, schema) for one in candidates)


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        (EnsureResult, result_schema("ensure")),
        (ModelStatus, result_schema("status")),
        (VerifyResult, result_schema("verify")),
        (ModelSummary, model_schema()),
        (LoadPlan, data_schema("load-plan")),
        (Lease, data_schema("lease")),
    ],
)
def test_every_field_is_a_key_of_the_document(kind: Any, schema: Schema) -> None:
    assert check(kind, schema) >= len(dataclasses.fields(kind))


def test_the_states_are_those_of_the_command() -> None:
    assert [state.value for state in ModelState] == result_schema("status")["properties"]["state"]["enum"]


@dataclasses.dataclass(frozen=True)
class Sample:
    name: str
    share: float
    tags: tuple[str, ...]
    inner: Optional[Sample] = None


def test_decoding_takes_what_fits_and_refuses_the_rest() -> None:
    whole = {"name": "a", "share": 1, "tags": ["x"], "inner": {"name": "b", "share": 0.5, "tags": []}, "later": True}
    assert decode(Sample, whole) == Sample("a", 1.0, ("x",), Sample("b", 0.5, ()))
    with pytest.raises(KeyError, match="tags"):
        decode(Sample, {"name": "a", "share": 1})
    with pytest.raises(TypeError, match="expected str, found 7"):
        decode(Sample, cast(Any, {"name": 7, "share": 1, "tags": []}))
