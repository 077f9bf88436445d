"""Acknowledging: a signed `/cs help` through the real bot against bare aiohttp that answers the same bytes."""

import hashlib
import hmac
import sqlite3
import time
from collections.abc import Callable, Sequence
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode, urlsplit

from bench.children import child
from bench.measure import Row, interleaved

ROUNDS = 200
FORM = "application/x-www-form-urlencoded"
PERSON = {"team_id": "T0CONTOSO", "api_app_id": "A0COUNTERSIGN", "user_id": "U0ALICE", "channel_id": "C0OPS"}
_NUMBERS = count(1)


class Caller:
    """One kept connection; a new signed command for each call."""

    def __init__(self, url: str, path: str, secret: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
        self._path = path
        self._secret = secret.encode()

    async def call(self) -> None:
        """Send one command and read the answer."""
        self.sent()

    def sent(self) -> tuple[bytes, str]:
        """Send one command; return the answer's bytes and what they are."""
        body = urlencode({**PERSON, "command": "/cs", "text": "help", "trigger_id": f"{next(_NUMBERS)}.1.a"})
        stamp = str(int(time.time()))
        digest = hmac.new(self._secret, f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": FORM,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={digest}",
        }
        self._connection.request("POST", self._path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != 200 or not content:
            raise RuntimeError(f"the answer was {answer.status}")
        return content, answer.headers["Content-Type"].partition(";")[0]


async def ack() -> Sequence[Row]:
    """Return the time of a whole round trip, and of the two durable commits that are part of it."""
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        async with child("bench.world", folder) as world, child("bench.floor") as floor:
            ours = Caller(world["app"], "/slack/events", world["secret"])
            bare = Caller(floor["url"], "/", world["secret"])
            _teach(floor["url"], *ours.sent())
            twice = _two_commits(Path(folder))

            async def commits() -> None:
                twice()

            times = await interleaved(ROUNDS, ours.call, bare.call, commits, warm=20)
    return (
        Row("signed `/cs help`, round trip", times[0], times[1], "bare aiohttp, same bytes"),
        Row("signed `/cs help`, round trip", times[0], times[2], "two bare SQLite commits"),
    )


def _teach(url: str, content: bytes, media: str) -> None:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("PUT", "/", content, {"Content-Type": media})
    if connection.getresponse().status != 200:
        raise RuntimeError("the floor did not learn its bytes")
    connection.close()


def _two_commits(folder: Path) -> Callable[[], None]:
    """Return what writes a row durably and changes it durably, as claiming and answering a delivery does."""
    database = sqlite3.connect(folder / "floor.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE receipt(key TEXT PRIMARY KEY, answer TEXT)")

    def commits() -> None:
        key = f"payload:{next(_NUMBERS)}"
        database.execute("INSERT INTO receipt VALUES (?, '')", (key,))
        database.execute("UPDATE receipt SET answer = ? WHERE key = ?", ("x" * 2000, key))

    return commits
