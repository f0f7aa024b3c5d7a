"""The calls under asyncio: ``path = await aio.run(get_wan_paths, "t2v-A14B@2.2.0")``."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Callable, TypeVar

from .cancel import Cancel
from .errors import Cancelled

T = TypeVar("T")


async def run(function: Callable[..., T], *args: Any, **options: Any) -> T:
    """As ``asyncio.to_thread``; but cancelling the task ends the call, keeps what is held, and waits until it has ended.

    Callbacks are called in the thread of the call, not in that of the loop.
    """
    cancel = Cancel()

    def within() -> T:
        with cancel.scope():
            return function(*args, **options)

    call = asyncio.ensure_future(asyncio.to_thread(within))
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        cancel.cancel()
        with contextlib.suppress(Cancelled):
            await call
        raise
