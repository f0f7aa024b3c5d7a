"""Makes a copy of a miniature family (examples/diffusers/make_models.py) with one model that is wrong in one way, and a manifest that pins it so.

    python break-model.py FAMILY KIND DIR

The wrong model is t2v-A14B-mini, but for a VAE without weights: that is ti2v-5B-mini's.
"""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "diffusers"))

import torch
from make_models import manifest
from safetensors.torch import load_file, save_file

SHARD = "diffusion_pytorch_model-00003-of-00006.safetensors"


def change(file: Path, edit) -> None:
    tensors = load_file(file)
    edit(tensors)
    save_file(tensors, file, metadata={"format": "pt"})


def put_nan(tensors: dict) -> None:
    name = next(name for name in sorted(tensors) if name.endswith("to_q.weight"))
    tensors[name].view(-1)[7] = float("nan")


def cast_all(dtype: torch.dtype):
    return lambda tensors: tensors.update({name: tensor.to(dtype) for name, tensor in tensors.items()})


def break_model(family: Path, kind: str) -> None:
    model = family / "wan22" / "t2v-A14B-mini@2.2.0"
    expert = model / "transformer_2"
    if kind == "truncated":
        with open(expert / SHARD, "r+b") as file:
            file.truncate((expert / SHARD).stat().st_size - 1000)
    elif kind == "nan":
        change(expert / SHARD, put_nan)
    elif kind in ("int8", "float16"):
        for file in expert.glob("*.safetensors"):
            change(file, cast_all(getattr(torch, kind)))
    elif kind == "no-tensor":
        change(expert / SHARD, lambda tensors: tensors.pop(sorted(tensors)[0]))
    elif kind == "no-component":
        shutil.rmtree(expert)  # model_index.json still names it
    elif kind == "no-vae-weights":
        (family / "wan22" / "ti2v-5B-mini@2.2.0" / "vae" / "diffusion_pytorch_model.safetensors").unlink()
    else:
        raise SystemExit(f"unknown kind: {kind}")


source, wrong, target = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
shutil.copytree(source, target)
break_model(target, wrong)
text = manifest(target)
if wrong == "no-component":
    text = text.replace(', "transformer_2"', "").replace('applies_to = "transformer_2"', 'applies_to = "transformer"')
(target / "models.toml").write_text(text, encoding="utf-8")
