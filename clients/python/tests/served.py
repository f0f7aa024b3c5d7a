"""A real `wan serve` on the world of a test, with a token; it can be killed and started again on the same port."""

from __future__ import annotations

import os
import re
import subprocess
import time
from typing import Optional

from wan_models import Client
from world import WAN, World


class Served:
    def __init__(self, world: World) -> None:
        self._world = world
        self.log = world.directory / "serve.log"
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._port = 0
        self.url = ""
        self.token = self.make_token("write")
        self.start()

    def make_token(self, scope: str) -> str:
        token: str = self._world.wan("auth", "token", "create", scope, f"--scope={scope}")["data"]["token"]
        return token

    def start(self) -> None:
        words = [*WAN, "serve", f"--port={self._port}", f"--root={self._world.root}", f"--manifest={self._world.manifest}"]
        env = {**os.environ, **self._world.env}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(words, cwd=self._world.directory, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        found = re.search(r"listening.*http://127\.0\.0\.1:(\d+)|http://127\.0\.0\.1:(\d+).*listening", self._said())
        assert found is not None, self.log.read_text()
        self._port = int(found[1] or found[2])
        self.url = f"http://127.0.0.1:{self._port}"

    def _said(self) -> str:
        assert self._process is not None
        while self._process.poll() is None and "listening" not in self.log.read_text():
            time.sleep(0.05)
        return self.log.read_text()

    def kill(self) -> None:
        """As a crash: nothing is put in order."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def client(self, token: Optional[str] = None) -> Client:
        return Client(service=self.url, token=token or self.token)
