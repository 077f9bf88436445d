"""Child processes of a measurement: each says in one JSON line where it is, and ends when its input closes."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

START_SECONDS = 60.0
STOP_SECONDS = 10.0


@asynccontextmanager
async def child(module: str, *words: str) -> AsyncIterator[Mapping[str, str]]:
    """Run `python -m module words…` and give what it says of itself.

    Raises:
        RuntimeError: it ended before it said anything.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *words, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            line = await process.stdout.readline() if process.stdout else b""
        if not line:
            raise RuntimeError(f"{module} did not start")
        yield json.loads(line)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def until_input_closes() -> None:
    """Wait until whoever started this process lets go of it."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def tell(**said: str) -> None:
    """Say where this process is."""
    print(json.dumps(said), flush=True)
