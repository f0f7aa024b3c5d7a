"""What the tests share. They run the built command: `npm run build` comes first."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import FileServer
from wan_models import Client
from world import NODE, PROJECT, World

# CI, too: it has the command tell its progress by lines, on a terminal as well.
_OWN_VARIABLES = ("WAN_", "MODELS_ROOT", "HF_", "AWS_")


@pytest.fixture(scope="session", autouse=True)
def _built() -> None:
    if not (PROJECT / "dist" / "cli.cjs").exists():
        pytest.exit("dist/cli.cjs is missing: run `npm ci` or `npm run build` first", returncode=3)


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name == "CI" or name.startswith(_OWN_VARIABLES):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def family_manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The miniature WAN2.2 family of the quickstart."""
    data = tmp_path_factory.mktemp("quickstart") / "data"
    make = "const [module, folder] = process.argv.slice(1); await (await import(module)).makeModels(folder);"
    recipe = (PROJECT / "examples" / "quickstart" / "make-models.ts").as_uri()
    subprocess.run([NODE, "--input-type=module", "-e", make, recipe, data], check=True)
    return data / "models.toml"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def server() -> Iterator[FileServer]:
    server = FileServer()
    yield server
    server.stop()


@pytest.fixture
def family(world: World, family_manifest: Path) -> Client:
    """A client on the miniature family, with an empty root."""
    world.manifest = family_manifest
    return world.client()
