"""`python -m bench [name…]`: run the measurements (all, or those named) and print them as one table."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import perf_counter

from bench.ack import ack
from bench.append import append
from bench.audit import audit
from bench.decide import decide
from bench.evidence import evidence
from bench.evidence_az import evidence_az
from bench.growth import growth
from bench.help import help_
from bench.idle import idle
from bench.measure import Row
from bench.pack import pack
from bench.period import period
from bench.verify import verify

ALL: Mapping[str, Callable[[], Awaitable[Sequence[Row]]]] = {
    "ack": ack,
    "append": append,
    "decide": decide,
    "evidence": evidence,
    "evidence-az": evidence_az,
    "growth": growth,
    "idle": idle,
    "pack": pack,
    "period": period,
    "verify": verify,
    "help": help_,
}
AUDIT = "audit"
HEAD = ("what", "ours: median / p99", "floor: median / p99", "ratio", "samples")
MOST_SECONDS = 600.0
MOST_SECONDS_OF_AUDIT = 1800.0


async def _run(names: Sequence[str], entries: int) -> None:
    rows: list[tuple[str, ...]] = []
    try:
        async with asyncio.timeout(MOST_SECONDS + (MOST_SECONDS_OF_AUDIT if AUDIT in names else 0)):
            for name in names:
                started = perf_counter()
                measured = audit(entries) if name == AUDIT else ALL[name]()
                rows += [row.cells() for row in await measured]
                took, load = perf_counter() - started, os.getloadavg()[0]
                print(f"{name}: {took:.0f} s, load {load:.1f}", file=sys.stderr, flush=True)
    finally:
        for cells in (HEAD, tuple("---" for _ in HEAD), *rows):
            print("| " + " | ".join(cells) + " |")


def main() -> int:
    """Read the names and measure."""
    line = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    line.add_argument("name", nargs="*", help=f"{', '.join(ALL)}, or {AUDIT}, which is only done when named")
    line.add_argument("--entries", type=int, default=1_000_000, help=f"of the long trail of {AUDIT}")
    given = line.parse_args()
    names = given.name or list(ALL)
    unknown = [name for name in names if name not in (*ALL, AUDIT)]
    if unknown:
        line.error(f"there is no measurement {', '.join(unknown)}; there are {', '.join(ALL)} and {AUDIT}")
    try:
        asyncio.run(_run(names, given.entries))
    except TimeoutError:
        print("bench: stopped, it took too long", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
