"""Which service is meant: what was given, else what the environment says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Optional

from .service_http import TOKEN_VARIABLE, URL_VARIABLE
from .service_transport import ServiceTransport


class Service:
    """The token is in no repr."""

    def __init__(self, url: Optional[str], token: Optional[str], env: Optional[Mapping[str, str]]) -> None:
        self._url, self._token, self._env = url, token, dict(env or {})

    def transport(self) -> Optional[ServiceTransport]:
        """None where no service is meant. Raise InvalidConfig for a URL or token that cannot be one."""
        env = {**os.environ, **self._env}
        url = self._url or env.get(URL_VARIABLE)
        return ServiceTransport(url, self._token or env.get(TOKEN_VARIABLE)) if url else None
