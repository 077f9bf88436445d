"""A synchronous call in a thread that never holds up the end of the process."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T]) -> T:
    """Return what the call returns, raise what it raises.

    Unlike the loop's own pool, whose threads are waited for at the end, a stop does not wait for an answer of
    Azure: whoever comes next reads first.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(done: Callable[[Any], None], value: object) -> None:
        if not future.done():
            done(value)

    def tell(done: Callable[[Any], None], value: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, done, value)

    def work() -> None:
        try:
            result = call()
        except BaseException as error:
            tell(future.set_exception, error)
        else:
            tell(future.set_result, result)

    Thread(target=work, name="azure-send", daemon=True).start()
    return await future
