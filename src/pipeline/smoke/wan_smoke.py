"""Loads a WAN model with the diffusers of this interpreter and runs a few denoising steps. `wan models smoke` runs it.

It speaks JSON, one object a line:

    out  {"event": "ready", ...}    versions and device of this interpreter
    in   the job                    what to load, in which number formats, and which clips to make
    out  {"event": "stage", ...}    what it is about to do
    out  {"event": "loaded", ...}   once the pipeline stands
    out  {"event": "clip", ...}     for each clip: times, and what came out
    out  {"event": "done", ...}     the last line, with the peaks of memory; or else
    out  {"event": "failed", "kind": ..., "message": ..., ...}

Whatever else is printed, by whomever, goes to standard error. The end of standard input means that whoever started this is
gone: then this process group ends, and its working folder is removed.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import queue
import shutil
import signal
import sys
import threading
import time
import traceback

MINIMUM_PYTHON = (3, 9)
PROMPT = "a cat walks on the sea, slow camera"
DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
MAX_TEXT = 2000


class SmokeFailure(Exception):
    """What is wrong, in a word for programs and a sentence for people."""

    def __init__(self, kind: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.kind = kind
        self.details = details


def main() -> int:
    channel = Channel()
    jobs: queue.Queue[dict] = queue.Queue()
    threading.Thread(target=read_jobs, args=(jobs,), daemon=True).start()
    give_way_to_others()
    try:
        channel.send("ready", **describe_machine())
        run(jobs.get(), channel)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent has to hear of it
        failure = failure_of(error)
        traceback.print_exc()
        channel.send("failed", kind=failure.kind, message=str(failure)[:MAX_TEXT], **failure.details)
    return 0


class Channel:
    """The first standard output; from now on what is printed goes to standard error."""

    def __init__(self) -> None:
        self._file = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
        os.dup2(2, 1)

    def send(self, event: str, **facts: object) -> None:
        self._file.write(json.dumps({"event": event, **facts}, allow_nan=False) + "\n")
        self._file.flush()


def read_jobs(jobs: queue.Queue[dict]) -> None:
    rest = b""
    while chunk := os.read(0, 65536):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            jobs.put(json.loads(line))
    end_all()


def end_all() -> None:
    """Nobody waits for a result any more."""
    folder = os.environ.get("WAN_SMOKE_FOLDER")
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def give_way_to_others() -> None:
    """Where memory runs out, the kernel is to end this test and no program that does real work."""
    try:
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")
    except OSError:
        pass  # not Linux, or not allowed: then the test is one program among others


# ---------------------------------------------------------------- the machine


def describe_machine() -> dict:
    if sys.version_info < MINIMUM_PYTHON:
        wanted = ".".join(map(str, MINIMUM_PYTHON))
        raise SmokeFailure("python_too_old", f"Python {platform.python_version()} is too old: {wanted} is the first that does")
    versions = {name: package(name).__version__ for name in ("torch", "diffusers", "transformers")}
    for name in ("WanPipeline", "AutoencoderKLWan"):
        if not hasattr(package("diffusers"), name):
            raise SmokeFailure(
                "package_broken", f"diffusers {versions['diffusers']} has no {name}: it is too old for WAN", package="diffusers"
            )
    return {
        "python": {"executable": sys.executable, "version": platform.python_version()},
        "versions": versions,
        "gpus": gpus(),
        "cuda_problem": cuda_problem(),
    }


def package(name: str):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or name
        raise SmokeFailure("package_missing", f"there is no {missing} in this Python", package=missing.split(".")[0]) from error
    except Exception as error:
        raise SmokeFailure("package_broken", f"{name} cannot be imported: {error}", package=name) from error


def gpus() -> list[dict]:
    torch = package("torch")
    if not torch.cuda.is_available():
        return []
    found = []
    for number in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(number)
        found.append({"name": torch.cuda.get_device_name(number), "total_bytes": total, "free_bytes": free})
    return found


def cuda_problem() -> str | None:
    """Why there is no CUDA; None where there is."""
    torch = package("torch")
    if torch.cuda.is_available():
        return None
    if torch.version.cuda is None:
        return "this torch was built without CUDA"
    try:
        torch.cuda.init()
    except Exception as error:
        return str(error)[:MAX_TEXT]
    return "torch finds no GPU"


# ---------------------------------------------------------------- the test


def run(job: dict, channel: Channel) -> None:
    torch = package("torch")
    torch.manual_seed(0)
    if job["device"] == "cuda":
        torch.cuda.reset_peak_memory_stats()
    pipelines = Pipelines(job, channel)
    for clip in job["clips"]:
        channel.send("stage", stage="denoising", mode=clip["mode"])
        channel.send("clip", **make_clip(pipelines.of(clip["pipeline_class"]), clip, job))
    channel.send("done", memory=memory_peaks(job["device"]))


class Pipelines:
    """The weights are loaded once; pipelines of other classes share them."""

    def __init__(self, job: dict, channel: Channel) -> None:
        self._job = job
        self._pipelines: dict[str, object] = {}
        seconds = {}
        self._parts = {}
        for component in job["components"]:
            name = component["name"]
            part_class = class_of(component)
            if not issubclass(part_class, package("torch").nn.Module):
                continue  # a tokenizer, a scheduler: the pipeline brings them
            channel.send("stage", stage="loading", component=name)
            begun = time.monotonic()
            self._parts[name] = load_part(component, part_class)
            seconds[name] = time.monotonic() - begun
        channel.send("stage", stage="checking")
        begun = time.monotonic()
        for name, part in self._parts.items():
            require_finite(name, part)
        check_seconds = time.monotonic() - begun
        channel.send("stage", stage="assembling")
        begun = time.monotonic()
        self.of(job["clips"][0]["pipeline_class"])
        seconds["pipeline"] = time.monotonic() - begun
        channel.send("loaded", load_seconds=sum(seconds.values()), check_seconds=check_seconds, components=seconds)

    def of(self, class_name: str):
        if class_name not in self._pipelines:
            self._pipelines[class_name] = self._assemble(class_name)
        return self._pipelines[class_name]

    def _assemble(self, class_name: str):
        pipeline_class = getattr(package("diffusers"), class_name, None)
        if pipeline_class is None:
            raise SmokeFailure("package_broken", f"diffusers has no {class_name}: it is too old for this model", package="diffusers")
        options = {"local_files_only": True, "use_safetensors": True, **self._parts}
        pipeline = loaded(lambda: pipeline_class.from_pretrained(self._job["directory"], **options), "the pipeline")
        pipeline.set_progress_bar_config(disable=True)
        place(pipeline, self._job, is_first=not self._pipelines)
        return pipeline


def class_of(component: dict) -> type:
    library, class_name = component["class"].rsplit(".", 1)
    found = getattr(package(library), class_name, None)
    if found is None:
        name = component["name"]
        raise SmokeFailure("package_broken", f"{library} has no {class_name}, which {name} is: it is too old for this model", package=library)
    return found


def load_part(component: dict, part_class: type):
    torch = package("torch")
    name = component["name"]
    dtype = getattr(torch, DTYPES[component["dtype"]]) if component.get("dtype") in DTYPES else None
    if not os.path.isfile(os.path.join(component["path"], "config.json")):
        raise SmokeFailure("component_missing", f"{name}: {component['path']} has no config.json", component=name)
    # Pickles are code; what is not in safetensors is not loaded.
    options = {"torch_dtype": dtype, "output_loading_info": True, "local_files_only": True, "use_safetensors": True}
    part, info = loaded(lambda: part_class.from_pretrained(component["path"], **options), name)
    # Of shards, diffusers tells nothing: what none of them has stays without data, on the device "meta".
    unset = [tensor_name for tensor_name, tensor in tensors_of(part) if tensor.device.type == "meta"]
    missing = sorted({*(info.get("missing_keys") or []), *unset})
    if missing:
        raise SmokeFailure(
            "tensors_missing",
            f"{name}: {len(missing)} tensors that it needs are in none of its files: {', '.join(missing[:3])}",
            component=name,
            tensors=missing[:20],
        )
    return part.eval()


def loaded(load, name: str):
    try:
        return load()
    except MemoryError:
        raise
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise load_failure(error, name) from error
    except Exception as error:
        # safetensors has an error class of its own, which is no subclass of those.
        if type(error).__name__ == "SafetensorError":
            raise load_failure(error, name) from error
        raise


def load_failure(error: Exception, name: str) -> Exception:
    text = str(error)
    if memory_kind(error) is not None:
        return error
    is_missing = isinstance(error, OSError) and ("no file named" in text or "does not appear to have a file named" in text)
    kind = "component_missing" if is_missing else "load_failed"
    return SmokeFailure(kind, f"{name}: {type(error).__name__}: {text}", component=name)


def tensors_of(part) -> list:
    return [*part.named_parameters(), *part.named_buffers()]


def require_finite(name: str, part) -> None:
    torch = package("torch")
    for tensor_name, tensor in tensors_of(part):
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise SmokeFailure(
                "weights_not_finite", f"{name}: {tensor_name} holds NaN or infinite numbers", component=name, tensor=tensor_name
            )


def place(pipeline, job: dict, is_first: bool) -> None:
    """Puts the parts where the load plan wants them."""
    tiles = job["vae"]
    if tiles["tiled"]:
        size, stride = tiles["tile_size"], tiles["tile_stride"]
        pipeline.vae.enable_tiling(
            tile_sample_min_height=size,
            tile_sample_min_width=size,
            tile_sample_stride_height=stride,
            tile_sample_stride_width=stride,
        )
    if job["device"] == "cpu":
        return
    if job["offload"] == "none":
        pipeline.to("cuda")
    elif job["offload"] == "model":
        pipeline.enable_model_cpu_offload()
    elif is_first:
        offload_layers(pipeline)


def offload_layers(pipeline) -> None:
    torch = package("torch")
    places = {"onload_device": torch.device("cuda"), "offload_device": torch.device("cpu")}
    hooks = importlib.import_module("diffusers.hooks")
    for name in ("transformer", "transformer_2", "text_encoder"):
        part = getattr(pipeline, name, None)
        if part is not None:
            hooks.apply_group_offloading(part, offload_type="block_level", num_blocks_per_group=1, use_stream=True, **places)
    pipeline.vae.to("cuda")


# ---------------------------------------------------------------- one clip


class Steps:
    """When each step ended, and which transformers were at work."""

    def __init__(self, pipeline, device: str) -> None:
        self._device = device
        self.ends: list[float] = []
        self.first_begin: float | None = None
        self.experts: list[str] = []
        self._hooks = [
            part.register_forward_pre_hook(self._noter(name))
            for name in ("transformer", "transformer_2")
            if (part := getattr(pipeline, name, None)) is not None
        ]

    def _noter(self, name: str):
        def note(*_: object) -> None:
            if self.first_begin is None:
                self.first_begin = self.now()
            if name not in self.experts:
                self.experts.append(name)

        return note

    def at_end(self, _pipeline: object, _step: int, _timestep: object, _tensors: dict) -> dict:
        self.ends.append(self.now())
        return {}

    def now(self) -> float:
        if self._device == "cuda":
            package("torch").cuda.synchronize()
        return time.monotonic()

    def remove(self) -> None:
        for hook in self._hooks:
            hook.remove()


def make_clip(pipeline, clip: dict, job: dict) -> dict:
    torch = package("torch")
    steps = Steps(pipeline, job["device"])
    options = {
        "prompt": PROMPT,
        "height": clip["height"],
        "width": clip["width"],
        "num_frames": clip["frames"],
        "num_inference_steps": clip["steps"],
        "generator": torch.Generator("cpu").manual_seed(0),
        "callback_on_step_end": steps.at_end,
        "output_type": "np",
        **{name: clip[name] for name in ("guidance_scale", "guidance_scale_2") if name in clip},
    }
    if clip["mode"] == "i2v":
        options["image"] = first_image(clip["width"], clip["height"])
    begun = steps.now()
    try:
        frames = pipeline(**options).frames[0]
    finally:
        steps.remove()
    ended = steps.now()
    begins = [steps.first_begin or begun, *steps.ends]
    return {
        "mode": clip["mode"],
        "pipeline_class": type(pipeline).__name__,
        "experts": steps.experts,
        "encode_seconds": begins[0] - begun,
        "step_seconds": [end - begin for begin, end in zip(begins, steps.ends)],
        "decode_seconds": ended - begins[-1],
        "output": check_output(frames, clip["mode"]),
    }


def first_image(width: int, height: int):
    """A colour in each direction: no two corners are alike."""
    image_class = package("PIL.Image")
    red = image_class.linear_gradient("L").resize((width, height))
    return image_class.merge("RGB", (red, red.transpose(image_class.Transpose.ROTATE_180), image_class.new("L", (width, height), 90)))


def check_output(frames, mode: str) -> dict:
    numpy = package("numpy")
    if not bool(numpy.isfinite(frames).all()):
        share = float((~numpy.isfinite(frames)).mean())
        raise SmokeFailure("output_not_finite", f"{mode}: {share:.0%} of the pixels that came out are no finite numbers", mode=mode)
    facts = {"shape": list(frames.shape), "min": float(frames.min()), "max": float(frames.max()), "std": float(frames.std())}
    if facts["max"] == facts["min"]:
        raise SmokeFailure("output_constant", f"{mode}: every pixel that came out is {facts['min']:.3f}", mode=mode)
    return facts


def memory_peaks(device: str) -> dict:
    peaks = {"host_peak_rss_bytes": peak_rss_bytes()}
    if device == "cuda":
        torch = package("torch")
        peaks["gpu_peak_allocated_bytes"] = torch.cuda.max_memory_allocated()
        peaks["gpu_peak_reserved_bytes"] = torch.cuda.max_memory_reserved()
    return {name: value for name, value in peaks.items() if value is not None}


def peak_rss_bytes() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


# ---------------------------------------------------------------- failures


def failure_of(error: BaseException) -> SmokeFailure:
    if isinstance(error, SmokeFailure):
        return error
    text = f"{type(error).__name__}: {error}"
    kind = memory_kind(error)
    if kind is None and (isinstance(error, ImportError) or "name 'ftfy' is not defined" in text):
        kind = "package_missing"  # diffusers looks for some packages only when it comes to them
    if kind is None:
        kind = "device_failed" if "CUDA error" in text or "cuDNN" in text or "CUBLAS" in text else "run_failed"
    return SmokeFailure(kind, text)


def memory_kind(error: BaseException) -> str | None:
    text = str(error)
    if type(error).__name__ == "OutOfMemoryError" or "CUDA out of memory" in text:
        return "gpu_memory"
    if isinstance(error, MemoryError) or "DefaultCPUAllocator" in text or "Cannot allocate memory" in text:
        return "host_memory"
    return None


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    # Unloading gigabytes tells nobody anything, and the thread that reads from the parent never ends.
    os._exit(status)
