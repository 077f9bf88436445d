"""Starting: `countersign --help` against a Python that does nothing."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Sequence
from pathlib import Path

from bench.measure import Row, interleaved

ROUNDS = 9


async def help_() -> Sequence[Row]:
    """Return the wall time of the help."""
    program = str(Path(sys.executable).with_name("countersign"))

    async def ours() -> None:
        await _run(program, "--help")

    async def bare() -> None:
        await _run(sys.executable, "-c", "pass")

    times = await interleaved(ROUNDS, ours, bare, warm=1)
    return (Row("`countersign --help`", times[0], times[1], "`python -c pass`"),)


async def _run(*words: str) -> None:
    process = await asyncio.create_subprocess_exec(*words, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
    if await process.wait() != 0:
        raise RuntimeError(f"{words} failed")
