"""Prompts, and what upstream, ftfy and html make of them: `clean-prompts.py SEED COUNT` prints JSON lines [prompt, cleaned, unescaped, fixed]."""
import html
import json
import random
import sys
from html.entities import html5

import ftfy
import regex
from ftfy.chardata import CHARMAP_ENCODINGS

PIECES = (
    "a cat walks on the beach &amp; &lt;b&gt; < > &notit; &EACUTE; &SZLIG; &#x80; &#11; &#128512; &#xD800; “quoted” ‘x’ ﬁne ＬＯＵＤ　ﾀ "
    "ŉ Ĳ 猫在草地上，微笑。 😀 \x1b[31m \x00 \ufeff \u2028 \r\n \n \t \x85 \xa0 \x1c é e\u0301 naïve façade à Ã Â œuf √© √± вЂ” ГўВЂВ¦a β€™ "
    "ā€œ ØªØ Ã la Ã quele \xc0\n"
).split(" ")
HIGH = sorted({character for name in CHARMAP_ENCODINGS for character in bytes(range(128, 256)).decode(name)})
BYTES = bytes([0xED, 0xA0, 0xAF, 0x80, 0xB0, 0xBF, 0xC0, 0x0A, 0x41, 0xE2, 0x82, 0xAC, 0xC3, 0x20, 0x1A, 0xF0, 0x9F, 0x98])
BLOCKS = [(0x20, 0x250), (0x300, 0x500), (0x2000, 0x2100), (0x3000, 0x3100), (0xFF00, 0xFFF0)]
NAMES = list(html5)


def prompt_clean(text):
    """The calls of Wan2.2's wan/modules/tokenizers.py, and of diffusers' WAN pipelines."""
    text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    return regex.sub(r"\s+", " ", text).strip()


def garbled(chance, text):
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        try:
            text = text.encode().decode(chance.choice(CHARMAP_ENCODINGS))
        except UnicodeError:
            return text
        if chance.random() < 0.2:
            text = text.replace("\xa0", " ")
        if chance.random() < 0.1:
            text = "".join("\ufffd" if chance.random() < 0.1 else character for character in text)
        if chance.random() < 0.1:
            text = text.replace("\x81", "?")
    return text


def reference(chance):
    name = chance.choice(NAMES)
    number = chance.choice([str(chance.randrange(0x120000)), "x%x" % chance.randrange(0x200), str(chance.randrange(300))])
    return "&" + chance.choice([name, name[: chance.randint(1, 40)], name.upper(), "#" + number]) + chance.choice(["", ";", "x", "amp;"])


def piece(chance):
    return chance.choice(
        [
            lambda: chance.choice(PIECES),
            lambda: garbled(chance, chance.choice(PIECES) + chance.choice(PIECES)),
            lambda: "".join(chance.choices(HIGH, k=chance.randint(1, 6))),
            lambda: reference(chance),
            lambda: "".join(chr(chance.randrange(*chance.choice(BLOCKS))) for _ in range(5)),
            lambda: bytes(chance.choices(BYTES, k=chance.randint(1, 8))).decode("latin-1"),
        ]
    )() + chance.choice(["", " ", "  ", "\n", "\t "])


def prompts(seed, count):
    """Each character by itself, each name of HTML, and chance."""
    yield from ("a%sb" % chr(code) for code in range(0x3100) if not 0xD800 <= code < 0xE000)
    yield from ("&%sx &%s" % (name, name.upper()) for name in NAMES)
    chance = random.Random(seed)
    for _ in range(count):
        yield "".join(piece(chance) for _ in range(chance.randint(1, 8)))


for prompt in prompts(int(sys.argv[1]), int(sys.argv[2])):
    print(json.dumps([prompt, prompt_clean(prompt), html.unescape(prompt), ftfy.fix_text(prompt)]))
