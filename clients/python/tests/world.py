"""Models in a world of their own: a manifest, sources that are real servers, an empty MODELS_ROOT, and the built command."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Union

from server import FileServer
from wan_models import Client

PROJECT = Path(__file__).resolve().parents[3]
NODE = PROJECT / "node_modules" / ".bin" / ("node.cmd" if os.name == "nt" else "node")
WAN = [str(NODE), str(PROJECT / "bin" / "wan.js")]
TINY = "t2v-tiny@1.0.0"

Toml = Union[str, int, bool, Sequence[str]]


class World:
    """Of one test."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.root = directory / "models"
        self.manifest = directory / "models.toml"
        self.env = {
            "HOME": str(directory),
            "XDG_CONFIG_HOME": str(directory / ".config"),
            "WAN_PIECE_BYTES": "262144",
            "WAN_RETRY_ATTEMPTS": "0",
            "WAN_SAFETY_MARGIN": "0",
        }

    def client(self, **env: str) -> Client:
        return Client(command=WAN, root=self.root, manifest=self.manifest, cwd=self.directory, env={**self.env, **env})

    def write(self, files: Mapping[str, bytes], source: str, **keys: Toml) -> None:
        """The manifest of one model, TINY."""
        table = f'models."{TINY}"'
        lines = ["schema_version = 1", f"[{table}]", 'description = "for tests"', 'version = "1.0.0"', 'variants = ["fp16"]']
        lines += [f"{key} = {json.dumps(value)}" for key, value in {"default_variant": "fp16", **keys}.items()]
        for path, content in files.items():
            digest = hashlib.sha256(content).hexdigest()
            lines += [f"[[{table}.files]]", f'path = "{path}"', f"size = {len(content)}", f'sha256 = "{digest}"']
        lines += [f"[{table}.sources]", f'priority = ["{source}"]']
        self.manifest.write_text("\n".join(lines) + "\n")

    def serve(self, server: FileServer, files: Mapping[str, bytes], **keys: Toml) -> None:
        server.files.update({f"/{path}": content for path, content in files.items()})
        self.write(files, server.url, **keys)

    def begin_with(self, source: str) -> None:
        """One more source, asked before the others."""
        self.manifest.write_text(self.manifest.read_text().replace("priority = [", f'priority = ["{source}", '))

    def wan(self, *words: str) -> dict[str, Any]:
        """Another command on the same root: its document."""
        run = subprocess.run(
            [*WAN, *words, f"--root={self.root}", f"--manifest={self.manifest}", "--json"],
            cwd=self.directory,
            env={**os.environ, **self.env},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        document: dict[str, Any] = json.loads(run.stdout)
        return document

    def python_env(self) -> dict[str, str]:
        """Of a Python process that finds command, root and manifest by itself."""
        return {
            **os.environ,
            **self.env,
            "WAN_MODELS_COMMAND": " ".join(WAN),
            "MODELS_ROOT": str(self.root),
            "WAN_MODELS_MANIFEST": str(self.manifest),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        }

    def start_python(self, code: str, **options: Any) -> subprocess.Popen[str]:
        """Ctrl-C is heeded also where the tests run in the background of a shell, which ignores it for them."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        given: dict[str, Any] = {**pipes, **options}
        heeded = f"import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n{code}"
        return subprocess.Popen([sys.executable, "-c", heeded], cwd=self.directory, env=self.python_env(), encoding="utf-8", **given)
