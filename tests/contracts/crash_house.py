"""Writers that are killed, and what must hold of the trail they leave: nothing acknowledged lost, no gap, no fork."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE, Popen

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from bot.domain.note import Signer
from storage.audit_schema import prefix
from storage.audit_verify import verify_log
from storage.engine import open_engine
from tests.architecture.house import ROOT
from tests.contracts.audit_house import NOW, ORIGIN, House, installed, ledger_of

WRITER = Path(__file__).with_name("crash_writer.py")
SKEY, VKEY = Signer.generate(ORIGIN)


@dataclass
class Writers:
    """The program that forks writers, and everything they have said."""

    url: str
    program: Popen[str]
    acknowledged: dict[str, int] = field(default_factory=dict)
    pids: list[int] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def go(self) -> None:
        """Start one more writer."""
        self._order("go")

    def heard(self, more: int) -> None:
        """Listen until so many more entries were acknowledged."""
        wanted = len(self.acknowledged) + more
        while len(self.acknowledged) < wanted:
            self._hear()

    def buried(self) -> None:
        """Listen until every writer is gone."""
        self._order("wait")
        while self._hear() != "gone":
            pass
        self.pids.clear()

    def _order(self, order: str) -> None:
        assert self.program.stdin is not None
        self.program.stdin.write(f"{order}\n")
        self.program.stdin.flush()

    def _hear(self) -> str:
        assert self.program.stdout is not None
        line = self.program.stdout.readline()
        assert line, "the program that forks writers is gone"
        first, _, second = line.strip().partition(" ")
        if first == "writer":
            self.pids.append(int(second))
        elif first == "ended":
            self.ended.append(second)
        elif first != "gone":
            self.acknowledged[second] = int(first)
        return first


@contextmanager
def writers(url: str, skey: str) -> Iterator[Writers]:
    """Give writers for a trail that is open."""
    with Popen([sys.executable, str(WRITER), url], cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True) as program:
        made = Writers(url, program)
        made._order(skey)
        try:
            yield made
        finally:
            program.kill()


async def opened(url: str) -> None:
    """Install the trail in an empty database and open it."""
    engine = open_engine(url)
    try:
        await installed(engine)
        house = House(engine, url, SKEY, VKEY, ledger_of(SKEY))
        async with engine.begin() as connection:
            await house.ledger.open_log(connection, NOW)
    finally:
        await engine.dispose()


def stored(url: str) -> dict[str, int]:
    """Return the number of every entry by its id."""
    lite = url.startswith("sqlite")
    parsed = make_url(url) if lite else make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(parsed, poolclass=NullPool)
    with engine.connect() as connection:
        sql = f"SELECT id, seq FROM {prefix(connection.dialect.name)}audit_entry"
        found = {row[0]: row[1] for row in connection.execute(text(sql))}
    engine.dispose()
    return found


def demand_whole(said: Writers, *, thoroughly: bool) -> int:
    """Raise unless all that was acknowledged is where it was said to be, and no number is missing; return the size.

    `thoroughly`: the trail must hold, too: leaves, links, tiles, signed checkpoints.
    """
    found = stored(said.url)
    lost = {each: seq for each, seq in said.acknowledged.items() if found.get(each) != seq}
    assert lost == {}
    assert sorted(found.values()) == list(range(len(found)))
    if thoroughly:
        report = verify_log(said.url, [VKEY], deep=True)
        assert (report.findings, report.size) == ((), len(found))
    return len(found)
