"""One job of a program in another language: encode a prompt, or make a clip. generate.ts starts it.

A JSON object on standard input: `do` is "encode" or "render", `plan` the load plan. Embeddings are files of plain bytes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
from loader import DTYPES, build_pipeline, encode_prompt, log_memory, make_clip, save_frames


def main() -> None:
    job = json.load(sys.stdin, object_hook=with_attributes)
    {"encode": encode, "render": render}[job.do](job)
    log_memory(f"after {job.do}")


def with_attributes(table: dict) -> SimpleNamespace:
    return SimpleNamespace(**{"class_name" if key == "class" else key: value for key, value in table.items()})


def encode(job: SimpleNamespace) -> None:
    embeds = encode_prompt(job.plan, job.prompt).contiguous()
    Path(job.out).write_bytes(embeds.view(torch.uint8).numpy().tobytes())
    print(json.dumps({"shape": list(embeds.shape)}))


def render(job: SimpleNamespace) -> None:
    embeds, negative = (tensor_of(one) for one in (job.embeds, job.negative))
    pipeline = build_pipeline(job.plan)
    save_frames(make_clip(pipeline, job.plan, embeds, negative, job.image), Path(job.out))


def tensor_of(file: SimpleNamespace) -> torch.Tensor:
    data = bytearray(Path(file.path).read_bytes())
    return torch.frombuffer(data, dtype=DTYPES[file.dtype]).reshape(file.shape)


if __name__ == "__main__":
    main()
