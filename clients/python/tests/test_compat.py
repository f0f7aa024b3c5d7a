"""Code for the earlier orchestrator runs, and is told what to call instead."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from wan_models import WanError, errors
from wan_models.compat import ModelEnsurer, ModelStatus, ModelStatusInfo, get_wan_paths
from world import World

TI2V = "ti2v-5B-mini@2.2.0"


@pytest.fixture
def configured(world: World, family_manifest: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world.manifest = family_manifest
    for name, value in world.python_env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(world.directory)
    return world


@pytest.fixture
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@pytest.mark.usefixtures("quiet")
def test_the_call_shapes_of_before_work(configured: World) -> None:
    ensurer = ModelEnsurer.from_config()
    before = ensurer.status(TI2V)
    assert isinstance(before, ModelStatusInfo)
    assert (before.status, before.state, before.local_path) == (ModelStatus.NOT_PRESENT, "NOT_PRESENT", None)
    assert "model_index.json" in before.missing_files
    assert ensurer.estimate_download_size(TI2V) == before.bytes_needed > 20_000_000

    told: list[tuple[int, int]] = []
    path = ensurer.ensure(TI2V, variant=None, progress_callback=lambda done, total: told.append((done, total)))
    assert path == str(configured.root / "wan22" / TI2V)
    assert told[-1][0] == told[-1][1] > 20_000_000
    assert get_wan_paths(TI2V) == path
    assert get_wan_paths(TI2V, "bf16") == f"{path}@bf16"
    after = ensurer.status(TI2V)
    assert (after.status, after.local_path, after.missing_files, after.bytes_needed) == (ModelStatus.COMPLETE, path, [], 0)

    good = ensurer.verify_integrity(TI2V)
    assert (good.success, good.verified, good.failed_files, good.missing_files, good.errors) == (True, True, [], [], [])
    assert len(good.verified_files) == 20
    (Path(path) / "model_index.json").unlink()
    bad = ensurer.verify_integrity(TI2V)
    assert (bad.success, bad.missing_files, bad.error_message) == (False, ["model_index.json"], "model_index.json: missing")
    assert ensurer.ensure(TI2V, force_redownload=False) == path


@pytest.mark.usefixtures("configured")
def test_each_call_warns_where_it_is_made_and_says_what_to_call() -> None:
    with pytest.warns(DeprecationWarning, match=r"use wan_models\.Client") as told:
        ensurer = ModelEnsurer.from_config()
    assert told[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=r"use wan_models\.status") as told:
        ensurer.status(TI2V)
    assert told[0].filename == __file__
    with pytest.warns(DeprecationWarning, match=r"use wan_models\.status\(\.\.\.\)\.bytes_needed") as told:
        ensurer.estimate_download_size(TI2V)
    assert told[0].filename == __file__


@pytest.mark.usefixtures("configured")
def test_exceptions_by_their_earlier_names_catch_what_is_raised() -> None:
    from wan_models import compat

    with pytest.warns(DeprecationWarning, match=r"use wan_models\.errors\.ModelNotFound"):
        model_not_found_error = compat.ModelNotFoundError
    assert model_not_found_error is errors.ModelNotFound
    with pytest.warns(DeprecationWarning, match="use"):
        assert compat.ModelOrchestratorError is WanError
    with pytest.warns(DeprecationWarning, match="use"), pytest.raises(model_not_found_error):
        get_wan_paths("no-such@1.0.0")
    with pytest.raises(AttributeError, match="no attribute 'NoSuchError'"):
        _ = compat.NoSuchError
