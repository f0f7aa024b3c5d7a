"""What the README says to write works, as it stands, on the miniature family."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from served import Served
from world import PROJECT, World

README = (PROJECT / "clients" / "python" / "README.md").read_text()
BLOCKS = re.findall(r"^```python run\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_a_block_of_the_readme_runs(block: str, world: World, family_manifest: Path) -> None:
    world.manifest = family_manifest
    program = world.start_python(block)
    out, error = program.communicate(timeout=120)
    assert (program.returncode, "Traceback" in error) == (0, False), error
    assert out


def test_the_block_for_a_service_runs(world: World, family_manifest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world.manifest = family_manifest
    (block,) = re.findall(r"^```python run service\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    served = Served(world)
    monkeypatch.setenv("WAN_SERVICE_TOKEN", served.token)
    program = world.start_python(block.replace("http://127.0.0.1:8005", served.url))
    out, error = program.communicate(timeout=120)
    served.kill()
    assert (program.returncode, error) == (0, "")
    assert out.endswith(f"{world.root / 'wan22' / 'ti2v-5B-mini@2.2.0'} WanPipeline\n")


def test_the_three_lines_for_diffusers_name_a_model_that_the_shipped_manifest_has(world: World) -> None:
    """Its directory is what `from_pretrained` reads: model_index.json names the pipeline, and a folder of each component is planned."""
    found = re.search(r'^pipe = WanPipeline\.from_pretrained\(get_wan_paths\("([^"]+)"\)\)$', README, re.MULTILINE)
    assert found is not None
    world.manifest = PROJECT / "config" / "models.toml"
    plan = world.client().load_plan(found[1])
    assert (plan.library, plan.pipeline_class) == ("diffusers", "WanPipeline")
    assert plan.path.is_absolute()
    for component in plan.components:
        assert component.path == plan.path / component.name
