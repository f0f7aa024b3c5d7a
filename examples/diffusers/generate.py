"""From a name in the manifest to frames: what is not here is fetched, the load plan is followed, and a prompt is encoded once.

    python generate.py t2v-A14B-mini@2.2.0 --prompt "a cat walks on the sea" --out frames

A second clip with the same prompt takes the embedding from the cache, and never loads the text encoder.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from loader import (
    MAX_TEXT_TOKENS,
    build_pipeline,
    encode_prompt,
    gpu_bytes,
    log,
    log_memory,
    make_clip,
    save_frames,
)
from wan_models import lease, load_plan
from wan_models.embedding_cache import EmbeddingCache


def main() -> None:
    options = parse()
    with lease(options.model, variant=options.variant, overlay=options.overlay):  # fetched where it is not here; nobody removes it meanwhile
        plan = load_plan(
            options.model,
            variant=options.variant,
            overlay=options.overlay,
            prompt=options.prompt,
            image=options.image is not None,
            frames=options.frames,
            gpu=gpu_bytes(),
        )
        for warning in plan.warnings:
            log(f"note: {warning}")
        embeds, negative = (embedding(plan, prompt) for prompt in (options.prompt, options.negative_prompt))
        log_memory("with the prompt as an embedding")
        pipeline = build_pipeline(plan)
        save_frames(make_clip(pipeline, plan, embeds, negative, options.image), options.out)
    log_memory("at the end")


def embedding(plan, prompt: str):
    """From the cache; else computed, by one process for all who want the same."""
    dtype = plan.component("text_encoder").dtype
    cache = EmbeddingCache(plan.text_encoder_digest, max_length=MAX_TEXT_TOKENS, dtype=dtype).torch()
    computed = []
    embeds = cache.get_or_compute(prompt, lambda: computed.append(1) or encode_prompt(plan, prompt))
    if not computed:
        log(f"text embedding: {prompt!r} from the cache, the text encoder is not loaded")
    return embeds


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", help="name@version of the manifest")
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--negative-prompt", default="")
    parser.add_argument("--image", type=Path, help="to begin with: image to video")
    parser.add_argument("--variant")
    parser.add_argument("--overlay", action="append")
    parser.add_argument("--frames", type=int)
    parser.add_argument("--out", type=Path, default=Path("frames"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
