"""A writer to be killed: appends entries as fast as it can, and says each one's number and id once it is durable.

usage: python crash_writer.py URL   with the signing key on standard input; it ends by being killed, or when the
database goes away.
"""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bot.domain.errors import CountersignError
from storage.engine import open_engine
from tests.contracts.audit_house import NOW, entry, ledger_of


async def write(url: str, skey: str) -> None:
    """Append until the end."""
    engine, ledger, second = open_engine(url), ledger_of(skey), 0
    while True:
        second += 1
        async with engine.begin() as connection:
            said = [entry(disclosures={"reason": "because"}) for _ in range(1 + second % 3)]
            receipts = await ledger.append(connection, said, now=NOW + timedelta(days=1, seconds=second))
        ledger.committed(connection)
        for each in receipts:
            sys.stdout.write(f"{each.seq} {each.id}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    try:
        asyncio.run(write(sys.argv[1], sys.stdin.readline().strip()))
    except (CountersignError, OSError) as gone:
        sys.exit(f"{gone}")
