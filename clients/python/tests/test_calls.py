"""Every call, on the miniature WAN2.2 family."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import wan_models
from server import FileServer
from wan_models import Client, CommandNotFound, EnsureResult, ModelState, Progress, VerifyResult
from wan_models.errors import InvalidConfig, InvalidInput, ModelNotFound
from world import PROJECT, TINY, WAN, World

T2V, TI2V = "t2v-A14B-mini@2.2.0", "ti2v-5B-mini@2.2.0"


def test_get_wan_paths_gives_the_complete_directory_fetched_first(family: Client, world: World) -> None:
    directory = family.get_wan_paths(TI2V)
    assert isinstance(directory, Path)
    assert directory == world.root / "wan22" / TI2V
    assert directory.is_absolute()
    index = json.loads((directory / "model_index.json").read_text())
    assert index["_class_name"] == "WanPipeline"
    for component in (name for name, value in index.items() if isinstance(value, list) and value[0]):
        assert (directory / component).is_dir(), component
    assert family.status(TI2V).state is ModelState.COMPLETE


def test_ensure_says_what_was_done_and_then_that_nothing_was(family: Client) -> None:
    first = family.ensure(TI2V)
    assert isinstance(first, EnsureResult)
    assert first.fetched_bytes == first.total_bytes > 20_000_000
    assert first.proof == "manifest-sha256"
    assert {file.origin for file in first.files} == {"fetched"}
    again = family.ensure(TI2V)
    assert (again.fetched_bytes, again.path) == (0, first.path)


def test_ensure_says_which_sources_failed_and_were_left_for_others(world: World, server: FileServer) -> None:
    world.serve(server, {"a.bin": b"a" * 1000, "b.bin": b"b" * 2000})
    world.begin_with(f"{server.url}/gone")
    (trouble,) = world.client().ensure(TINY).troubles
    assert (trouble.source, trouble.code, trouble.reason, trouble.times) == (f"{server.url}/gone", "SOURCE_UNAVAILABLE", "not_found", 2)
    assert "404" in trouble.message
    assert world.client().ensure(TINY).troubles == ()


def test_a_variant_an_overlay_and_a_selection_are_what_is_asked_for(family: Client) -> None:
    assert family.get_wan_paths(TI2V, variant="bf16").name == f"{TI2V}@bf16"
    overlaid = family.get_wan_paths(T2V, overlay="lightning-4steps")
    assert (overlaid / "overlays.json").is_file()
    assert family.path(T2V, overlay=["lightning-4steps"]) == overlaid
    part = family.ensure("i2v-A14B-mini@2.2.0", include=["*.json"])
    assert {Path(file.path).suffix for file in part.files} == {".json"}


def test_status_tells_what_is_here_and_changes_nothing(family: Client, world: World) -> None:
    before = family.status(TI2V)
    assert (before.state, before.complete, before.bytes_held) == (ModelState.NOT_PRESENT, False, 0)
    assert before.bytes_needed == before.total_bytes
    assert not world.root.exists()
    directory = family.get_wan_paths(TI2V)
    (directory / "model_index.json").unlink()
    after = family.status(TI2V)
    assert (after.state, after.missing_files) == (ModelState.PARTIAL, ("model_index.json",))


def test_verify_gives_wrong_bytes_as_a_result(family: Client) -> None:
    directory = family.get_wan_paths(TI2V)
    good = family.verify(TI2V)
    assert isinstance(good, VerifyResult)
    assert (good.ok, good.faulty_files) == (True, ())
    target = directory / "model_index.json"
    content = target.read_bytes()
    target.unlink()
    target.write_bytes(content.replace(b"Wan", b"Nan"))
    bad = family.verify(TI2V)
    assert not bad.ok
    assert [(file.path, file.fault) for file in bad.faulty_files] == [("model_index.json", "digest")]
    with pytest.raises(ModelNotFound):
        family.verify("no-such@1.0.0")


def test_list_models_gives_what_the_manifest_defines(family: Client) -> None:
    models = family.list_models()
    assert [model.model_id for model in models] == [T2V, "i2v-A14B-mini@2.2.0", TI2V]
    assert models[0].overlays == ("lightning-4steps",)
    assert models[2].variants == ("fp32", "bf16")


def test_path_is_where_the_model_would_be(family: Client, world: World) -> None:
    assert family.path(TI2V, variant="bf16") == world.root / "wan22" / f"{TI2V}@bf16"
    assert not world.root.exists()


def test_load_plan_tells_a_loader_all_it_needs(family: Client) -> None:
    plan = family.load_plan(TI2V, ensure=True, prompt="a cat", width=832, height=480, frames=25, gpu="24G")
    assert (plan.complete, plan.library, plan.pipeline_class) == (True, "diffusers", "WanPipeline")
    assert plan.component("vae").class_name == "diffusers.AutoencoderKLWan"
    assert plan.component("vae").path == plan.path / "vae"
    assert (plan.request.frames, plan.strategy and plan.strategy.fits) == (25, "yes")
    with pytest.raises(KeyError):
        plan.component("image_encoder")


def test_the_memory_of_a_gpu_may_be_bytes(family: Client) -> None:
    family.get_wan_paths(TI2V)

    def fits(gpu: object) -> object:
        plan = family.load_plan(TI2V, gpu=gpu)  # type: ignore[arg-type]
        return plan.strategy and plan.strategy.fits

    assert [fits(24 * 2**30), fits("24G"), fits(2**20)] == ["yes", "yes", None]


def test_a_request_that_cannot_be_met_is_refused_before_anything_moves(family: Client, world: World) -> None:
    with pytest.raises(InvalidInput) as caught:
        family.load_plan(T2V, ensure=True, image=True, frames=80)
    assert "81" in str(caught.value)
    assert not world.root.exists()


def test_progress_never_goes_down_and_ends_at_all_of_it(world: World, server: FileServer) -> None:
    server.bytes_per_second = 3_000_000
    world.serve(server, {"a.bin": bytes(range(256)) * 8000, "b.bin": b"b" * 1_000_000})
    told: list[Progress] = []
    events: list[str] = []
    result = world.client().ensure(TINY, on_progress=told.append, on_event=lambda event: events.append(event["type"]))
    done = [progress.done_bytes for progress in told]
    assert done == sorted(done)
    assert len({progress.done_bytes for progress in told}) > 2, told
    assert (told[-1].phase, told[-1].done_bytes, told[-1].fraction) == ("finished", result.total_bytes, 1.0)
    assert {progress.model for progress in told} == {TINY}
    assert {"ensure.started", "file.finished", "ensure.finished"} <= set(events)
    told.clear()
    world.client().get_wan_paths(TINY, on_progress=told.append)
    assert told == [Progress("finished", result.total_bytes, result.total_bytes, 0.0, TINY)]


def test_verify_tells_how_far_it_is(family: Client) -> None:
    family.get_wan_paths(TI2V)
    told: list[Progress] = []
    result = family.verify(TI2V, on_progress=told.append)
    assert told[-1].phase == "verifying"
    assert told[-1].done_bytes == result.bytes_read


def test_progress_goes_to_sys_stderr_where_that_is_no_terminals(world: World, server: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    world.serve(server, {"a.bin": b"a" * 300_000})
    shown, hidden = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", shown)
    world.client().get_wan_paths(TINY)
    first, *_, last = shown.getvalue().splitlines()
    assert first.startswith(f"{TINY}: transferring, 0.0 of 0.3 MiB")
    assert last.startswith(f"{TINY}: finished, 0.3 of 0.3 MiB (100%)")
    monkeypatch.setattr(sys, "stderr", hidden)
    world.client().get_wan_paths(TINY, force=True, show_progress=False)
    assert hidden.getvalue() == ""


def test_an_unknown_keyword_is_a_mistake_of_the_caller(family: Client) -> None:
    with pytest.raises(TypeError, match=r"get_wan_paths\(\) got an unexpected keyword argument 'varient'"):
        family.get_wan_paths(TI2V, varient="bf16")  # type: ignore[call-arg]


def test_the_functions_of_the_package_are_configured_as_the_command_is(
    world: World, family_manifest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.manifest = family_manifest
    for name, value in world.python_env().items():
        monkeypatch.setenv(name, value)
    assert wan_models.path(TI2V) == world.root / "wan22" / TI2V
    assert wan_models.status(TI2V).state is ModelState.NOT_PRESENT
    monkeypatch.delenv("MODELS_ROOT")
    monkeypatch.chdir(world.directory)
    with pytest.raises(InvalidConfig, match="MODELS_ROOT"):
        wan_models.status(TI2V)


def test_the_command_is_what_is_given_then_the_variable_then_the_path(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_folder = world.directory / "bin"
    bin_folder.mkdir()
    (bin_folder / "wan").write_text(f'#!/bin/sh\nexec {" ".join(WAN)} "$@"\n')
    (bin_folder / "wan").chmod(0o755)
    world.write({"a.bin": b"a"}, "local://nowhere")
    keys = {"root": world.root, "manifest": world.manifest, "cwd": world.directory}
    monkeypatch.setenv("PATH", str(bin_folder), prepend=":")
    assert Client(**keys).list_models()[0].model_id == TINY  # type: ignore[arg-type]
    monkeypatch.setenv("WAN_MODELS_COMMAND", "no-such-program --x")
    with pytest.raises(CommandNotFound, match=r"no program 'no-such-program --x' \(WAN_MODELS_COMMAND\)") as caught:
        Client(**keys).list_models()  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.reason, caught.value.exit_status) == ("INVALID_CONFIG", "command_not_found", 2)
    assert 'WAN_MODELS_COMMAND="/path/to/node /path/to/wan-models/bin/wan.js"' in caught.value.hint
    assert Client(command=WAN, **keys).list_models()[0].model_id == TINY  # type: ignore[arg-type]


def test_the_version_is_that_of_the_command() -> None:
    ours = next(line for line in (PROJECT / "clients/python/pyproject.toml").read_text().splitlines() if line.startswith("version"))
    assert ours == f'version = "{json.loads((PROJECT / "package.json").read_text())["version"]}"'
