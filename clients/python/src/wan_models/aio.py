"""The calls under asyncio: ``path = await aio.run(get_wan_paths, "t2v-A14B@2.2.0")``."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Callable, TypeVar

from .cancel import Cancel

T = TypeVar("T")


async def run(function: Callable[..., T], *args: Any, **options: Any) -> T:
    """As ``asyncio.to_thread``; but cancelling the task ends the call, keeps what is held, and waits until it has ended.

    Callbacks are called in the thread of the call, not in that of the loop.
    """
    cancel = Cancel()
    has_begun = threading.Event()

    def within() -> T:
        has_begun.set()
        with cancel.scope():
            return function(*args, **options)

    call = asyncio.ensure_future(asyncio.to_thread(within))
    try:
        await asyncio.wait([call])
    except asyncio.CancelledError:
        cancel.cancel()
        if not has_begun.is_set():
            call.cancel()  # it was waiting for a thread
        await asyncio.wait([call])
        call.cancelled() or call.exception()  # however it ended: who cancels a task is told that it was cancelled
        raise
    return call.result()


@asynccontextmanager
async def entered(manager: AbstractContextManager[T]) -> AsyncIterator[T]:
    """``async with aio.entered(lease("t2v-A14B@2.2.0")) as held:``; both its ends run beside the loop."""
    held = await run(manager.__enter__)
    try:
        yield held
    finally:
        await asyncio.to_thread(manager.__exit__, None, None, None)
