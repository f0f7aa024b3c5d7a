"""Makes miniature WAN2.2 models with diffusers itself: random weights, the real classes, the real layout.

    python make_models.py DIR

DIR gets a folder for each model and each shared component, and a models.toml with their real sizes and digests, so that
`wan models ensure` publishes them as it would the released ones. Three models: text to video and image to video with two
experts each, and the one that does both with a single transformer (per-token timesteps, the residual VAE of Wan2.2).
Nothing is downloaded.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from diffusers import (
    AutoencoderKLWan,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanPipeline,
    WanTransformer3DModel,
)
from safetensors.torch import save_file
from transformers import T5TokenizerFast, UMT5Config, UMT5EncoderModel
from transformers.utils import logging

VERSION = "2.2.0"
TEXT_DIM = 512
# Small enough that each transformer comes in several shards, as the released ones do.
SHARD = "400KB"
TEXT_SHARD = "24MB"
LORA_RANK = 4

COMPONENTS = {
    "umt5-mini": "umt5 text encoder, in miniature: one copy for all models",
    "umt5-tokenizer-mini": "its tokenizer",
    "wan21-vae-mini": "Wan2.1 VAE, in miniature: shared by both models with two experts",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=Path)
    target: Path = parser.parse_args().directory
    staging = target.with_name(target.name + ".partial")
    shutil.rmtree(staging, ignore_errors=True)
    make_family(staging)
    shutil.rmtree(target, ignore_errors=True)
    staging.rename(target)
    print(target / "models.toml")
    return 0


def make_family(directory: Path) -> None:
    torch.manual_seed(22)
    logging.disable_progress_bar()
    shared = directory / "components"
    text_encoder().save_pretrained(folder_of(shared, "umt5-mini"), max_shard_size=TEXT_SHARD)
    tokenizer().save_pretrained(folder_of(shared, "umt5-tokenizer-mini"))
    wan21_vae().save_pretrained(folder_of(shared, "wan21-vae-mini"))
    models = directory / "wan22"
    save_two_experts(models / f"t2v-A14B-mini@{VERSION}", WanPipeline, in_channels=16, boundary=0.875)
    save_two_experts(models / f"i2v-A14B-mini@{VERSION}", WanImageToVideoPipeline, in_channels=36, boundary=0.9)
    save_dense(models / f"ti2v-5B-mini@{VERSION}")
    save_loras(directory / "overlays" / "t2v-A14B-mini-fast")
    (directory / "models.toml").write_text(manifest(directory), encoding="utf-8")


def folder_of(shared: Path, name: str) -> Path:
    return shared / f"{name}@{VERSION}"


def text_encoder() -> UMT5EncoderModel:
    config = UMT5Config(
        vocab_size=32128, d_model=TEXT_DIM, d_kv=64, d_ff=1024, num_layers=2, num_heads=8, dropout_rate=0.0
    )
    return UMT5EncoderModel(config).to(torch.bfloat16).eval()


def tokenizer() -> T5TokenizerFast:
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'-"
    words = ["a", "cat", "dog", "sea", "sun", "light", "walks", "on", "the", "in", "of", "camera", "slow", "snow"]
    pieces = [*letters, *(f"\u2581{word}" for word in words)]
    vocab = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    vocab += [(piece, -3.0 - rank / 64) for rank, piece in enumerate(dict.fromkeys(pieces))]
    return T5TokenizerFast(vocab=vocab, extra_ids=0, model_max_length=512)


def wan21_vae() -> AutoencoderKLWan:
    return AutoencoderKLWan(base_dim=8, z_dim=16).eval()


def wan22_vae() -> AutoencoderKLWan:
    """Residual, in patches of 2 x 2 pixels, 48 latent channels: as of TI2V-5B."""
    statistics = {"latents_mean": [0.0] * 48, "latents_std": [1.0] * 48}
    return AutoencoderKLWan(
        base_dim=8,
        decoder_base_dim=8,
        z_dim=48,
        is_residual=True,
        in_channels=12,
        out_channels=12,
        patch_size=2,
        scale_factor_spatial=16,
        scale_factor_temporal=4,
        **statistics,
    ).eval()


def transformer(in_channels: int, out_channels: int) -> WanTransformer3DModel:
    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=4,
        attention_head_dim=24,
        in_channels=in_channels,
        out_channels=out_channels,
        text_dim=TEXT_DIM,
        freq_dim=64,
        ffn_dim=256,
        num_layers=3,
        rope_max_seq_len=128,
    ).eval()


def scheduler(flow_shift: float) -> UniPCMultistepScheduler:
    return UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000, flow_shift=flow_shift
    )


def save_two_experts(directory: Path, pipeline: type, in_channels: int, boundary: float) -> None:
    made = pipeline(
        tokenizer=tokenizer(),
        text_encoder=text_encoder(),
        vae=wan21_vae(),
        scheduler=scheduler(3.0),
        transformer=transformer(in_channels, 16),
        transformer_2=transformer(in_channels, 16),
        boundary_ratio=boundary,
    )
    save_own_parts(made, directory, mounted=("tokenizer", "text_encoder", "vae"))


def save_dense(directory: Path) -> None:
    made = WanPipeline(
        tokenizer=tokenizer(),
        text_encoder=text_encoder(),
        vae=wan22_vae(),
        scheduler=scheduler(5.0),
        transformer=transformer(48, 48),
        expand_timesteps=True,
    )
    save_own_parts(made, directory, mounted=("tokenizer", "text_encoder"))


def save_own_parts(pipeline: WanPipeline, directory: Path, mounted: tuple[str, ...]) -> None:
    """Saves the pipeline as diffusers does, without the parts that all models share."""
    pipeline.save_pretrained(directory, max_shard_size=SHARD)
    for name in (*mounted, "vae"):
        shutil.rmtree(directory / name, ignore_errors=True)
    if "vae" not in mounted:
        pipeline.vae.save_pretrained(directory / "vae")


def save_loras(directory: Path) -> None:
    """A LoRA for each expert: a matrix down to a few channels and one back up, for the queries of each block."""
    directory.mkdir(parents=True)
    width = 4 * 24
    for expert in ("high_noise", "low_noise"):
        tensors = {}
        for block in range(3):
            name = f"transformer.blocks.{block}.attn1.to_q"
            tensors[f"{name}.lora_A.weight"] = torch.randn(LORA_RANK, width) / width**0.5
            tensors[f"{name}.lora_B.weight"] = torch.randn(width, LORA_RANK) / 8
        save_file(tensors, directory / f"{expert}.safetensors")


# ---------------------------------------------------------------- models.toml


def manifest(directory: Path) -> str:
    parts = ["# Made by make_models.py. Sizes and digests are real.", "schema_version = 1"]
    for name, description in COMPONENTS.items():
        table = f'components."{name}@{VERSION}"'
        folder = f"components/{name}@{VERSION}"
        parts.append(f"[{table}]\ndescription = {quoted(description)}")
        parts.append(f"[{table}.sources]\npriority = [{quoted('local://' + folder)}]")
        parts += [file_table(table, directory / folder, path) for path in files_in(directory / folder)]
    parts.append(model("t2v-A14B-mini", directory, T2V))
    parts.append(model("i2v-A14B-mini", directory, I2V))
    parts.append(model("ti2v-5B-mini", directory, TI2V))
    return "\n\n".join(parts) + "\n"


SHARED_MOUNTS = {"text_encoder": "umt5-mini", "tokenizer": "umt5-tokenizer-mini"}
REQUIRED = ["text_encoder", "tokenizer", "transformer", "vae", "scheduler"]
T2V = {
    "description": "text to video with two experts, in miniature",
    "type": "text-to-video",
    "mounts": {**SHARED_MOUNTS, "vae": "wan21-vae-mini"},
    "class": "WanPipeline",
    "required": [*REQUIRED, "transformer_2"],
    "modes": ["t2v"],
    "inputs": {"required_inputs": ["prompt"], "forbidden_inputs": ["image"]},
    "defaults": {"boundary": 0.875, "guidance_scale_2": 3.0, "guidance_scale": 4.0, "vae_stride": [4, 8, 8]},
    "overlay": "t2v-A14B-mini-fast",
}
I2V = {
    "description": "image to video with two experts, in miniature",
    "type": "image-to-video",
    "mounts": {**SHARED_MOUNTS, "vae": "wan21-vae-mini"},
    "class": "WanImageToVideoPipeline",
    "required": [*REQUIRED, "transformer_2"],
    "modes": ["i2v"],
    "inputs": {"required_inputs": ["image"]},
    "defaults": {"boundary": 0.9, "guidance_scale_2": 3.5, "guidance_scale": 3.5, "vae_stride": [4, 8, 8]},
}
TI2V = {
    "description": "text and image to video with one transformer, in miniature",
    "type": "text-image-to-video",
    "mounts": SHARED_MOUNTS,
    "class": "WanPipeline",
    "required": REQUIRED,
    "modes": ["t2v", "i2v", "ti2v"],
    "inputs": {"required_inputs": ["prompt"]},
    "defaults": {"guidance_scale": 5.0, "vae_stride": [4, 16, 16]},
}


def model(name: str, directory: Path, facts: dict) -> str:
    table = f'models."{name}@{VERSION}"'
    folder = f"wan22/{name}@{VERSION}"
    defaults = {"fps": 16, "frames": 9, "steps": 2, "resolution": "128x128", "precision": "bf16", "max_text_length": 512}
    parts = [
        f"[{table}]\n"
        f"description = {quoted(facts['description'])}\n"
        f'version = "{VERSION}"\n'
        f"type = {quoted(facts['type'])}\n"
        'variants = ["fp32", "bf16"]\n'
        'default_variant = "fp32"',
        f"[{table}.mounts]\n" + keys({mount: f"{part}@{VERSION}" for mount, part in facts["mounts"].items()}),
        f"[{table}.pipeline]\n"
        + keys(
            {
                "class": facts["class"],
                "required_components": facts["required"],
                "forbidden_components": ["image_encoder", "image_processor"],
                "modes": facts["modes"],
                **facts["inputs"],
            }
        ),
        f"[{table}.defaults]\n" + keys({**defaults, **facts["defaults"]}),
        f"[{table}.sources]\npriority = [{quoted('local://' + folder)}]",
        *(file_table(table, directory / folder, path) for path in files_in(directory / folder)),
        f"# Made here from the F32 weights, instead of being fetched.\n[{table}.variant.bf16]\n"
        + keys(
            {
                "derive_from": "fp32",
                "dtype": "bf16",
                "derive_components": [part for part in facts["required"] if part.startswith("transformer")],
            }
        ),
    ]
    if "overlay" in facts:
        parts += overlay(f"{table}.overlays.fast", directory, f"overlays/{facts['overlay']}")
    return "\n\n".join(parts)


def overlay(table: str, directory: Path, folder: str) -> list[str]:
    experts = {"high_noise.safetensors": "transformer", "low_noise.safetensors": "transformer_2"}
    return [
        f'[{table}]\ndescription = "a LoRA for each expert"',
        f"[{table}.sources]\npriority = [{quoted('local://' + folder)}]",
        *(
            file_table(table, directory / folder, path) + f"\napplies_to = {quoted(experts[path])}"
            for path in files_in(directory / folder)
        ),
    ]


def files_in(directory: Path) -> list[str]:
    paths = (path for path in directory.rglob("*") if path.is_file())
    return sorted(path.relative_to(directory).as_posix() for path in paths)


def file_table(table: str, directory: Path, path: str) -> str:
    content = (directory / path).read_bytes()
    facts: dict = {"path": path, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    if table.startswith("models.") and ".overlays." not in table and "/" in path:
        facts["component"] = path.split("/")[0]
    if path.endswith(".index.json"):
        facts["shard_index"] = True
    return f"[[{table}.files]]\n{keys(facts)}"


def keys(table: dict) -> str:
    """JSON and TOML agree on strings, numbers, booleans and lists of them."""
    return "\n".join(f"{key} = {json.dumps(value)}" for key, value in table.items())


def quoted(text: str) -> str:
    return json.dumps(text)


if __name__ == "__main__":
    sys.exit(main())
