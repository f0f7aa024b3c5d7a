"""Whether each file pair of `{input} {output} {bf16|fp16}` (sys.argv, threes) is what numpy and ml_dtypes make of it. Prints what differs."""
import json
import struct
import sys

import ml_dtypes
import numpy
from safetensors import safe_open

DTYPES = {"bf16": ("BF16", ml_dtypes.bfloat16), "fp16": ("F16", numpy.float16)}


def tensors_of(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length :]
    return {name: (entry, body[slice(*entry["data_offsets"])]) for name, entry in header.items()}


def compare(before, after, dtype):
    name_of, cast = DTYPES[dtype]
    inputs, outputs = tensors_of(before), tensors_of(after)
    with safe_open(after, framework="numpy") as reader:
        if sorted(reader.keys()) != sorted(inputs):
            yield "the official reader finds other tensors"
    for name, (entry, data) in inputs.items():
        made, found = outputs[name]
        if made["shape"] != entry["shape"] or made["dtype"] != name_of:
            yield f"{name} is {made['dtype']} {made['shape']}"
        expected = numpy.frombuffer(data, "<f4").astype(cast)
        got = numpy.frombuffer(found, "<u2")
        wrong = numpy.flatnonzero((expected.view("<u2") != got) & ~numpy.isnan(expected.astype("<f4")))
        if wrong.size or not numpy.isnan(got[numpy.isnan(expected.astype("<f4"))].view(cast).astype("<f4")).all():
            yield f"{name} differs at {wrong[:5].tolist()} of {expected.size}"


sys.exit("\n".join(text for at in range(1, len(sys.argv), 3) for text in compare(*sys.argv[at : at + 3])) or 0)
