"""Loads a WAN model with diffusers as its load plan says: number formats, overlays, VAE tiles, offloading.

`plan` is what `wan_models.load_plan` gives, or the JSON of `wan models load-plan` with attributes (see worker.py).
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from typing import Any

import diffusers
import torch
import transformers
from diffusers.utils import load_image
from safetensors.torch import load_file

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
MAX_TEXT_TOKENS = 512


def encode_prompt(plan: Any, prompt: str) -> torch.Tensor:
    """Loads tokenizer and text encoder, encodes, and lets both go."""
    begun = time.monotonic()
    parts = {name: load_part(plan, name) for name in ("tokenizer", "text_encoder")}
    encoder = diffusers.WanPipeline(vae=None, transformer=None, scheduler=None, **parts).to(device_of(plan))
    with torch.no_grad():
        embeds, _ = encoder.encode_prompt(
            prompt, do_classifier_free_guidance=False, max_sequence_length=MAX_TEXT_TOKENS
        )
    log(f"text encoder: loaded, {prompt!r} encoded, let go, in {time.monotonic() - begun:.1f} s")
    del encoder, parts
    gc.collect()
    return embeds.cpu()


def build_pipeline(plan: Any) -> Any:
    """All but the text encoder: a prompt comes as an embedding."""
    names = [part.name for part in plan.components if part.name in ("transformer", "transformer_2", "vae")]
    parts = {name: load_part(plan, name) for name in names}
    for overlay in plan.overlays:
        for file in overlay.files:
            apply_lora(parts[getattr(file, "applies_to", None) or "transformer"], load_file(file.path), file.weight)
            log(f"overlay: {overlay.name} added to {file.applies_to}, weight {file.weight}")
    pipeline_class = getattr(diffusers, plan.pipeline_class)
    pipeline = pipeline_class.from_pretrained(
        plan.path, text_encoder=None, tokenizer=None, local_files_only=True, use_safetensors=True, **parts
    )
    pipeline.set_progress_bar_config(disable=True)
    place(pipeline, plan)
    return pipeline


def load_part(plan: Any, name: str) -> Any:
    part = next(one for one in plan.components if one.name == name)
    library, class_name = part.class_name.split(".")
    part_class = getattr({"diffusers": diffusers, "transformers": transformers}[library], class_name)
    if name == "tokenizer":
        return part_class.from_pretrained(part.path, local_files_only=True)
    dtype = DTYPES.get(getattr(part, "dtype", None) or "")
    log(f"{name}: {class_name} in {part.dtype}")
    return part_class.from_pretrained(part.path, torch_dtype=dtype, local_files_only=True, use_safetensors=True).eval()


def apply_lora(part: Any, tensors: dict[str, torch.Tensor], weight: float) -> None:
    """Adds the product of each pair of matrices to the weight that it is for."""
    for name, down in tensors.items():
        if not name.endswith(".lora_A.weight"):
            continue
        module = part.get_submodule(name[len("transformer.") : -len(".lora_A.weight")])
        product = tensors[name.replace(".lora_A.", ".lora_B.")].float() @ down.float()
        module.weight.data += weight * product.to(module.weight.dtype)


def place(pipeline: Any, plan: Any) -> None:
    vae = plan.vae
    if vae.tiled:
        pipeline.vae.enable_tiling(vae.tile_size, vae.tile_size, vae.tile_stride, vae.tile_stride)
        log(f"vae: tiles of {vae.tile_size}, one every {vae.tile_stride} pixels")
    strategy = getattr(plan, "strategy", None)
    if not torch.cuda.is_available():
        return
    offload = "none" if strategy is None else strategy.offload
    log(f"offload: {offload}")
    if offload == "none":
        pipeline.to("cuda")
    elif offload == "model":
        pipeline.enable_model_cpu_offload()
    else:
        pipeline.enable_sequential_cpu_offload()


def make_clip(pipeline: Any, plan: Any, embeds: torch.Tensor, negative: torch.Tensor, image: Any = None) -> Any:
    """image: a path; the pipeline itself brings it to the size of the frames. Gives frames, rows, columns and channels, from 0 to 1."""
    request = plan.request
    device = device_of(plan)
    options = {} if image is None else {"image": load_image(str(image))}
    if getattr(request, "guidance_scale_2", None) is not None:
        options["guidance_scale_2"] = request.guidance_scale_2
    begun = time.monotonic()
    frames = pipeline(
        prompt_embeds=embeds.to(device),
        negative_prompt_embeds=negative.to(device),
        width=request.width,
        height=request.height,
        num_frames=request.frames,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance_scale,
        generator=torch.Generator("cpu").manual_seed(0),
        output_type="np",
        **options,
    ).frames[0]
    log(f"clip: {request.mode}, {' x '.join(map(str, frames.shape))} in {time.monotonic() - begun:.1f} s")
    return frames


def save_frames(frames: Any, folder: Any) -> None:
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames):
        Image.fromarray((frame * 255).round().astype("uint8")).save(folder / f"frame-{number:03}.png")
    log(f"frames: {len(frames)} in {folder}")


def device_of(_plan: Any) -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def gpu_bytes() -> int | None:
    """Free on the GPU: the load plan goes by it."""
    return torch.cuda.mem_get_info()[0] if torch.cuda.is_available() else None


def log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def log_memory(when: str) -> None:
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    log(f"memory: {kib / 1024:.0f} MiB at most, {when}")
    if torch.cuda.is_available():
        log(f"GPU memory: {torch.cuda.max_memory_allocated() / 2**20:.0f} MiB at most")
