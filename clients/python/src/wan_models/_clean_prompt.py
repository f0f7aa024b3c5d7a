"""A prompt as the pipelines of Wan2.2 and diffusers give it to their tokenizer."""

from __future__ import annotations

import html
import importlib.util
import re

# \s of the regex module, which they use; that of re takes U+001C to U+001F for white space, too.
_WHITE_SPACE = re.compile("[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")


def clean_prompt(prompt: str) -> str:
    """With ftfy where it is installed, as diffusers: what this interpreter's pipeline would do."""
    plain = html.unescape(html.unescape(_fix_text(prompt))).strip()
    return _WHITE_SPACE.sub(" ", plain).strip()


def _fix_text(text: str) -> str:
    if importlib.util.find_spec("ftfy") is None:
        return text
    ftfy = importlib.import_module("ftfy")
    return str(ftfy.fix_text(text))
