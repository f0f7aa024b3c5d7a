"""
Tensors of images by Pillow, torch and diffusers. Each line of standard input is a request
{"image": PATH, "rule": "wan-i2v|wan-ti2v|diffusers", "stride": 8|16, "area": PIXELS or "width": and "height":, "out": PATH?};
each line of the output is {"shape": [1, 3, height, width], "sha256": of the float32 values, "cpu": what torch computed with}. `out` gets the values.
With {"source": [width, height], "stride": …, "area": …} instead, a line is what frames of such an image have: {rule: [width, height]}, null where upstream fails.
"""
import hashlib
import json
import math
import sys

import numpy as np
import torch
from diffusers.utils import load_image
from diffusers.video_processor import VideoProcessor
from PIL import Image

PATCH = 2
# Mean and deviation that bring [0, 1] to [-1, 1].
HALF = 0.5


def float_tensor(image):
    """As torchvision's to_tensor, which is not needed for anything else here."""
    levels = torch.from_numpy(np.array(image, copy=True)).permute(2, 0, 1).contiguous()
    return levels.to(torch.float32).div(255).sub_(HALF).div_(HALF)


def wan_i2v(request):
    """WanI2V of Wan-AI/Wan2.2: wan/image2video.py."""
    image = Image.open(request["image"]).convert("RGB")
    width, height = wan_i2v_size(image.width, image.height, request["stride"], request["area"])
    return torch.nn.functional.interpolate(float_tensor(image)[None], size=(height, width), mode="bicubic")


def wan_i2v_size(width, height, stride, area):
    aspect = height / width
    return tuple(round(np.sqrt(pixels) // stride // PATCH * PATCH) * stride for pixels in (area / aspect, area * aspect))


def wan_ti2v_size(width, height, stride, area):
    """The two ways to round, and the one that keeps the shape better: wan/utils/utils.py."""
    multiple = stride * PATCH
    ratio = width / height
    wide = (area * ratio) ** 0.5
    first = int(wide // multiple * multiple)
    by_width = (first, int(area / first // multiple * multiple))
    second = int(area / wide // multiple * multiple)
    by_height = (int(area / second // multiple * multiple), second)
    off = [max(ratio / (w / h), (w / h) / ratio) for w, h in (by_width, by_height)]
    return by_width if off[0] < off[1] else by_height


def wan_ti2v(request):
    """WanTI2V of Wan-AI/Wan2.2: wan/textimage2video.py."""
    image = Image.open(request["image"]).convert("RGB")
    width, height = wan_ti2v_size(image.width, image.height, request["stride"], request["area"])
    scale = max(width / image.width, height / image.height)
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.LANCZOS)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return float_tensor(image.crop((left, top, left + width, top + height)))[None]


def diffusers(request):
    """load_image, then the VideoProcessor as WanImageToVideoPipeline has it."""
    image = load_image(request["image"])
    width, height = request.get("width"), request.get("height")
    if width is None:
        width, height = diffusers_size(image.width, image.height, request["stride"], request["area"])
    return VideoProcessor(vae_scale_factor=request["stride"]).preprocess(image, height=height, width=width)


def diffusers_size(width, height, stride, area):
    """Of the model cards."""
    multiple, aspect = stride * PATCH, height / width
    return tuple(round(math.sqrt(pixels)) // multiple * multiple for pixels in (area / aspect, area * aspect))


RULES = {"wan-i2v": wan_i2v, "wan-ti2v": wan_ti2v, "diffusers": diffusers}
SIZES = {"wan-i2v": wan_i2v_size, "wan-ti2v": wan_ti2v_size, "diffusers": diffusers_size}


def size_or_none(size, *facts):
    try:
        width, height = size(*facts)
    except ZeroDivisionError:
        return None
    return [width, height] if width * height > 0 else None


def answer(job):
    if "source" in job:
        return {rule: size_or_none(size, *job["source"], job["stride"], job["area"]) for rule, size in SIZES.items()}
    tensor = RULES[job["rule"]](job)
    assert tensor.dtype == torch.float32
    values = tensor.contiguous().numpy().tobytes()
    if job.get("out"):
        with open(job["out"], "wb") as file:
            file.write(values)
    digest = hashlib.sha256(values).hexdigest()
    return {"shape": list(tensor.shape), "sha256": digest, "cpu": torch.backends.cpu.get_cpu_capability()}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
