"""The Python side of tests that share an embedding cache: `embeddings.py DIRECTORY VERB ...`, with clients/python/src on PYTHONPATH.

`ids` reads prompts from standard input, one JSON string a line, and prints the name of the entry of each; `put PROMPT` and `get PROMPT` carry
tensors as JSON with bytes in hex; `once PROMPT LOG` notes in LOG that it computed, and prints what it got.
"""

import json
import logging
import sys
import time

from wan_models._embedding_key import sha256_of
from wan_models.embedding_cache import EmbeddingCache, Tensor

logging.basicConfig(level=logging.WARNING)
_, directory, verb, *args = sys.argv
cache = EmbeddingCache("ab" * 32, max_length=16, dtype="bf16", extra={"lora": "none", "by": 'a "quoted" \\ name'}, directory=directory)


def show(tensors):
    return tensors and {name: [tensor.dtype, list(tensor.shape), tensor.data.hex()] for name, tensor in tensors.items()}


def read(text):
    return {name: Tensor(dtype, tuple(shape), bytes.fromhex(data)) for name, (dtype, shape, data) in json.loads(text).items()}


if verb == "ids":
    for line in sys.stdin:
        print(sha256_of(cache._key.text(json.loads(line))))
elif verb == "put":
    cache.put(args[0], read(sys.stdin.read()))
elif verb == "get":
    print(json.dumps(show(cache.get(args[0]))))
elif verb == "once":
    tensors = read(sys.stdin.read())

    def compute():
        with open(args[1], "a") as log:
            log.write("python\n")
        time.sleep(0.3)
        return tensors

    print(json.dumps(show(cache.get_or_compute(args[0], compute))))
