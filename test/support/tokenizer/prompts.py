"""Prompts in many scripts, and what tokenizers stumble over."""
import random

SENTENCES = [
    "Two anthropomorphic cats in comfy boxing gear and bright gloves fight intensely on a spotlighted stage.",
    "A white cat wearing sunglasses sits on a surfboard; summer beach vacation style, close-up shot highlights the feline's details.",
    "The camera slowly zooms out as the astronaut walks on the surface of the moon, cinematic lighting, 4k, high quality.",
    "色调艳丽，过曝，静态，细节模糊不清，字幕，风格，作品，画作，画面，静止，整体发灰，最差质量，低质量，JPEG压缩残留，丑陋的，残缺的，多余的手指",
    "一只猫在草地上微笑，阳光明媚，镜头缓缓推进。",
    "Кошка гуляет по пляжу на закате, камера медленно отъезжает назад.",
    "قطة تمشي على الشاطئ عند غروب الشمس والكاميرا تتحرك ببطء.",
    "گربه‌ای که عینک آفتابی زده روی موج‌ها می‌رود.",
    "सूर्यास्त के समय एक बिल्ली समुद्र तट पर चल रही है।",
    "夕暮れの浜辺を歩く猫、カメラはゆっくり引いていく。",
    "고양이가 해질녘 해변을 걷고 카메라가 천천히 뒤로 물러난다.",
    "แมวเดินบนชายหาดตอนพระอาทิตย์ตก กล้องค่อยๆ ถอยออก",
    "Un chat se promène à la plage au crépuscule, éclairage cinématographique, façade naïve.",
    "Eine Katze läuft über den Strand; Größe, Übergang, Straße.",
    "Bir kedi günbatımında sahilde yürüyor, İstanbul, ılık ışık.",
    "Μια γάτα περπατά στην παραλία το ηλιοβασίλεμα.",
    "חתול הולך על החוף בשקיעה.",
    "Con mèo đi dạo trên bãi biển lúc hoàng hôn, ánh sáng điện ảnh.",
    "በፀሐይ መጥለቂያ ድመት በባህር ዳርቻ ትራመዳለች።",
    "कविता, ക്ഷ, தமிழ், বাংলা, ગુજરાતી",
]
PIECES = [
    "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "👍🏽", "❤️", "☕", "ﬁne", "½", "①", "㌀", "㍿", "Ⅻ", "℡", "ǅ", "e\u0301", "a\u0323\u0302", "İ", "ß", "ﷺ", "﷽", "~ ～ 〜",
    "…", "—", "“x”", "x\u200by", "x\u200cy", "x\u200dy", "x\u2060y", "x\u00ady", "\ufeffx", "▁x", "_x_", "</s>", "<pad>", "<unk>", "<extra_id_1>", "<extra",
    "𝕳𝖊𝖑𝖑𝖔", "日本語ﾃｷｽﾄ", "각", "각", "´", "¨", "ﬀ", "x̶", "\u0e33", "ก\u0e48\u0e33", "\u200e\u200f", "\ufffd", "\U000e0041", "1,234.56", "http://a.b/c?d=e&f",
    "(((best)))", "{a|b}", "[x:1.2]", "#tag", "@you", "\\n", "'", '"',
]  # fmt: skip
BLOCKS = [(0x21, 0x250), (0x300, 0x600), (0x900, 0xE80), (0x1100, 0x1200), (0x2000, 0x2C00), (0x3000, 0x3400), (0x4E00, 0x4F00), (0xAC00, 0xAD00), (0xF900, 0xFFF0), (0x1F300, 0x1F700)]  # fmt: skip


def prompts(seed, count):
    """The sentences, the pieces, each character of common blocks by itself, and chance."""
    yield from SENTENCES
    yield from PIECES
    yield from ("a%sb" % chr(code) for code in range(0x20, 0x3400))
    yield from (chr(code) for code in range(0xF900, 0xFFFE))
    chance = random.Random(seed)
    words = [word for sentence in SENTENCES for word in sentence.split()]
    for _ in range(count):
        kinds = [
            lambda: chance.choice(words),
            lambda: chance.choice(PIECES),
            lambda: "".join(chr(chance.randrange(*chance.choice(BLOCKS))) for _ in range(chance.randint(1, 6))),
        ]
        yield "".join(chance.choices(kinds, [4, 2, 1])[0]() + chance.choice(["", " ", " ", " "]) for _ in range(chance.randint(1, 30)))
