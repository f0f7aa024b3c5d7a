"""
Prompts, and how many tokens Hugging Face's tokenizers make of them: `count-tokens.py FILE SEED COUNT` prints JSON lines
[prompt, as diffusers cleans it, number of tokens of that with the end token].
"""
import json
import sys

from diffusers.pipelines.wan.pipeline_wan import prompt_clean
from transformers import PreTrainedTokenizerFast

from prompts import prompts

path, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
tokenizer = PreTrainedTokenizerFast(tokenizer_file=path, eos_token="</s>", pad_token="<pad>", unk_token="<unk>")
for prompt in prompts(seed, count):
    clean = prompt_clean(prompt)
    print(json.dumps([prompt, clean, len(tokenizer(clean, add_special_tokens=True).input_ids)]))
