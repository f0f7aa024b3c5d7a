"""Images of the kinds that people have: `make-images.py FOLDER` draws one of each, small; `make-images.py FOLDER SEED COUNT` many of random kinds and sizes."""
import random
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

WIDTH, HEIGHT = 53, 37


def drawn(width, height, channels, seed):
    """Waves, edges and noise: what resampling treats differently."""
    rows, columns = np.mgrid[0:height, 0:width]
    noise = np.random.default_rng(seed).standard_normal((height, width, channels))
    waves = np.stack([np.sin(columns / 7 + c) * np.cos(rows / 5 - c) for c in range(channels)], -1)
    edges = ((columns // 9 + rows // 6) % 2)[..., None] * 60
    return np.clip(90 + 80 * waves + edges + 15 * noise, 0, 255).astype(np.uint8)


def image(mode, width=WIDTH, height=HEIGHT, seed=1):
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}[mode]
    bands = [Image.fromarray(np.ascontiguousarray(drawn(width, height, channels, seed)[..., c])) for c in range(channels)]
    return bands[0] if channels == 1 else Image.merge(mode, bands)


def odd_profile():
    """sRGB with red and green exchanged: whoever converts by it changes everything."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    places = {bytes(profile[at : at + 4]): struct.unpack(">I", profile[at + 4 : at + 8])[0] for at in range(132, 132 + 12 * profile[131], 12)}
    red, green = places[b"rXYZ"], places[b"gXYZ"]
    profile[red : red + 20], profile[green : green + 20] = profile[green : green + 20], profile[red : red + 20]
    return bytes(profile)


def deep_png(path, colour_type, channels):
    """16 bits a channel, which Pillow does not write."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    levels = np.random.default_rng(5).integers(0, 65536, (HEIGHT, WIDTH, channels)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in levels)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, colour_type, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def turned_xmp(orientation):
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="{orientation}"/></rdf:RDF></x:xmpmeta>'
    )


def one_of_each(folder):
    rgb, rgba = image("RGB"), image("RGBA")
    palette = rgb.quantize(32)
    rgb.save(folder / "rgb.png")
    rgba.save(folder / "rgba.png")
    image("L").save(folder / "grey.png")
    image("LA").save(folder / "grey-alpha.png")
    image("L").convert("1").save(folder / "black-white.png")
    palette.save(folder / "palette.png")
    palette.save(folder / "palette-alpha.png", transparency=bytes(range(0, 256, 8)))
    rgb.save(folder / "colour-key.png", transparency=rgb.getpixel((0, 0)))
    rgb.save(folder / "profile.png", icc_profile=odd_profile())
    deep_png(folder / "rgb-16.png", 2, 3)
    deep_png(folder / "rgba-16.png", 6, 4)
    deep_png(folder / "grey-alpha-16.png", 4, 2)
    image("RGB", 29, 140).save(folder / "narrow.png")
    image("RGB", 7, 5).save(folder / "tiny.png")
    rgb.save(folder / "420.jpg", quality=80, subsampling=2)
    rgb.save(folder / "422.jpg", quality=80, subsampling=1)
    rgb.save(folder / "444.jpg", quality=95, subsampling=0)
    rgb.save(folder / "progressive.jpg", progressive=True, icc_profile=odd_profile())
    rgb.save(folder / "turned.jpg", exif=turned(6), quality=90)
    for orientation in (2, 3, 4, 5, 7, 8):
        rgb.save(folder / f"turned-{orientation}.jpg", exif=turned(orientation), quality=50)
    rgb.save(folder / "turned-xmp.jpg", xmp=turned_xmp(6).encode(), quality=50)
    rgb.save(folder / "turned-xmp.webp", xmp=turned_xmp(7).encode())
    as_text = PngImagePlugin.PngInfo()
    as_text.add_itxt("XML:com.adobe.xmp", turned_xmp(8))
    rgb.save(folder / "turned-xmp.png", pnginfo=as_text)
    image("L").save(folder / "grey.jpg")
    rgb.save(folder / "lossy.webp")
    rgba.save(folder / "lossy-alpha.webp")
    rgba.save(folder / "lossless.webp", lossless=True, exact=True)
    rgb.save(folder / "animated.webp", save_all=True, append_images=[image("RGB", seed=2)])


def of_chance(folder, seed, count):
    chance = random.Random(seed)
    for number in range(count):
        mode = chance.choice(["L", "LA", "RGB", "RGB", "RGBA"])
        kind = chance.choice(["png", "webp", "jpg", "jpg"])
        if kind == "jpg":
            mode = mode.rstrip("A") or "L"
        if kind == "webp" and mode.startswith("L"):
            mode = "RGB"
        size = [round(2 ** chance.uniform(3, 10.6)) for _ in range(2)]
        if max(size) > 40 * min(size):
            size[1] = size[0]
        options = {} if kind == "png" else {"quality": chance.randint(10, 100)}
        if kind == "jpg":
            options |= {"subsampling": chance.randint(0, 2), "progressive": chance.random() < 0.3}
            if chance.random() < 0.5:
                options["exif"] = turned(chance.randint(1, 8))
        image(mode, *size, seed=number).save(folder / f"{number:03}-{mode}-{size[0]}x{size[1]}.{kind}", **options)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    if len(sys.argv) > 2:
        of_chance(target, int(sys.argv[2]), int(sys.argv[3]))
    else:
        one_of_each(target)
