"""`python -m bench [name…]`: run the measurements (all, or those named) and print them as one table."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter

from bench.ack import ack
from bench.append import append
from bench.decide import decide
from bench.evidence import evidence
from bench.evidence_az import evidence_az
from bench.help import help_
from bench.measure import Row
from bench.verify import verify

ALL: Mapping[str, Callable[[], Awaitable[Sequence[Row]]]] = {
    "ack": ack,
    "append": append,
    "decide": decide,
    "evidence": evidence,
    "verify": verify,
    "help": help_,
}
# Against programs of others, which are fetched: only by name.
BESIDE: Mapping[str, Callable[[], Awaitable[Sequence[Row]]]] = {"evidence-az": evidence_az}
KNOWN = {**ALL, **BESIDE}
HEAD = ("what", "ours: median / p99", "floor: median / p99", "ratio", "samples")
MOST_SECONDS = 300.0


async def _run(names: Sequence[str]) -> None:
    rows: list[tuple[str, ...]] = []
    async with asyncio.timeout(_most(names)):
        for name in names:
            started = perf_counter()
            rows += [row.cells() for row in await KNOWN[name]()]
            print(f"{name}: {perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    for cells in (HEAD, tuple("---" for _ in HEAD), *rows):
        print("| " + " | ".join(cells) + " |")


def _most(names: Sequence[str]) -> float:
    """Return how long these may take: whoever names a slow one waits for it."""
    return MOST_SECONDS if ALL.keys() >= set(names) else 1.5 * MOST_SECONDS


def main() -> int:
    """Read the names and measure."""
    line = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    line.add_argument("name", nargs="*", help=", ".join(KNOWN))
    names = line.parse_args().name or list(ALL)
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        line.error(f"there is no measurement {', '.join(unknown)}; there are {', '.join(KNOWN)}")
    try:
        asyncio.run(_run(names))
    except TimeoutError:
        print(f"bench: stopped after {_most(names):.0f} s", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
