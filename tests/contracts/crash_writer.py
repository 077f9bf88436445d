"""Writers to be killed: each appends entries as fast as it can and says each one's number and id once it is durable.

usage: python crash_writer.py URL   On standard input: the signing key, then `go` for one more writer (answered with
`writer PID`), `wait` for all of them to be gone (answered with `gone`). They are forked, so that they start at once.
"""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from storage.engine import open_engine
from tests.contracts.audit_house import NOW, entry, ledger_of


def say(line: str) -> None:
    """Say a line at once and whole, whoever else speaks."""
    os.write(1, f"{line}\n".encode())


async def write(url: str, skey: str) -> None:
    """Append until the end."""
    engine, ledger, times = open_engine(url), ledger_of(skey), 0
    while True:
        times += 1
        async with engine.begin() as connection:
            said = [entry(disclosures={"reason": "because"}) for _ in range(1 + times % 3)]
            receipts = await ledger.append(connection, said, now=NOW + timedelta(days=1))
        ledger.committed(connection)
        for each in receipts:
            say(f"{each.seq} {each.id}")


def begin(url: str, skey: str) -> None:
    """Fork a writer; it says why it ends."""
    child = os.fork()
    if child:
        say(f"writer {child}")
        return
    try:
        asyncio.run(write(url, skey))
    except BaseException as error:
        say(f"ended {type(error).__name__}")
    finally:
        os._exit(0)


def gone() -> None:
    """Wait for all writers to be gone."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        say("gone")


def serve(url: str) -> None:
    """Do what standard input says."""
    skey = sys.stdin.readline().strip()
    open_engine(url)  # connects to nothing, but what it imports need not be imported by each child
    for order in iter(sys.stdin.readline, ""):
        if order.strip() == "go":
            begin(url, skey)
        else:
            gone()


if __name__ == "__main__":
    serve(sys.argv[1])
