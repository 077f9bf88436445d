"""A crowd at the front door: one command two hundred times in a second is acknowledged, answered, and few calls."""

import asyncio
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlencode

import pytest
from aiohttp import ClientSession, TCPConnector, web

from storage.audit_reader import AuditReader, reading
from storage.audit_verify import verify_log
from tests.journeys.crowd import Replica, Town, a_town, replicas
from tests.journeys.ways import ALICE, on_azure

pytestmark = pytest.mark.alone

MANY = 200
SLACKS_PATIENCE_SECONDS = 3.0
MOST_CALLS = 80
ANSWERED_SECONDS = 90.0
FORM = "application/x-www-form-urlencoded"


@dataclass
class PostBox:
    """Where answers go: who has the whole of it, and what was said instead of it."""

    url: str = ""
    whole: set[str] = field(default_factory=set)
    odd: list[str] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        """Keep one answer."""
        said = await request.text()
        if '"evidence.refresh"' in said:
            self.whole.add(request.match_info["number"])
        elif "still looking" not in said:
            self.odd.append(said)
        return web.Response(text="ok")


@asynccontextmanager
async def a_post_box() -> AsyncIterator[PostBox]:
    """Listen for answers."""
    box, app = PostBox(), web.Application()
    app.router.add_post("/answers/{number}", box.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    box.url = f"http://127.0.0.1:{runner.addresses[0][1]}/answers"
    try:
        yield box
    finally:
        await runner.cleanup()


@dataclass(frozen=True)
class Heard:
    """How one command was acknowledged: the HTTP status, the words, and how long it took."""

    status: int
    words: str
    seconds: float


@dataclass(frozen=True)
class Slack:
    """What sends commands to a door, signed, as Slack does; the answers go to the post box."""

    town: Town
    door: Replica
    box: PostBox
    session: ClientSession
    stamp: str

    async def command(self, text: str, number: str, after: float = 0.0) -> Heard:
        """Send one command, and wait for its acknowledgement."""
        body = urlencode(
            {
                "command": "/cs",
                "text": text,
                "user_id": ALICE,
                "team_id": "T0CONTOSO",
                "channel_id": "C0OPS",
                "api_app_id": "A0COUNTERSIGN",
                "trigger_id": f"{number}.crowd",
                "response_url": f"{self.box.url}/{number}",
            }
        ).encode()
        signed = b"v0:" + self.stamp.encode() + b":" + body
        made = hmac.new(self.town.secret.encode(), signed, sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": self.stamp, "X-Slack-Signature": f"v0={made}"}
        await asyncio.sleep(after)
        loop = asyncio.get_running_loop()
        began = loop.time()
        url = f"{self.door.address}/slack/events"
        async with self.session.post(url, data=body, headers={**headers, "Content-Type": FORM}) as answer:
            words = await answer.text()
        return Heard(answer.status, words, loop.time() - began)


@asynccontextmanager
async def slack(town: Town, door: Replica, box: PostBox) -> AsyncIterator[Slack]:
    """Give a Slack with as many connections as it needs; the directory has seen who asks."""
    stamp = str(int((await town.people.now()).timestamp()))
    async with ClientSession(connector=TCPConnector(limit=MANY)) as session:
        sender = Slack(town, door, box, session, stamp)
        assert (await sender.command("whoami", "first")).status == 200
        yield sender


def read_entries(town: Town) -> Counter[str]:
    """Return how often each type of entry is in the trail."""
    with reading(town.url) as connection:
        reader = AuditReader(connection)
        chunks = reader.entries(reader.shards()[-1], columns=False)
        return Counter(json.loads(body)["type"] for chunk in chunks for _, body, _ in chunk)


@pytest.mark.threat(26)
@pytest.mark.asvs("2.4.1")
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
async def test_two_hundred_identical_commands_in_a_second_are_acknowledged_answered_and_few_calls(
    request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    url: str = request.getfixturevalue("sqlite_url" if database == "sqlite" else "postgres_url")
    async with a_town(tmp_path, url) as town, replicas(town, 1) as (door,), a_post_box() as box:
        async with slack(town, door, box) as sender:
            asked = (sender.command("show triage-prod", str(each), each / MANY) for each in range(MANY))
            heard = await asyncio.gather(*asked)
        late = [each for each in heard if "Looking at the show" not in each.words]
        assert late == [], f"{len(late)} of {MANY} were not acknowledged, such as {late[0]}"
        assert max(each.seconds for each in heard) < SLACKS_PATIENCE_SECONDS
        async with asyncio.timeout(ANSWERED_SECONDS):
            while len(box.whole) < MANY:  # noqa: ASYNC110  (what is waited for comes by HTTP)
                await asyncio.sleep(0.1)
        assert box.odd == []
        found = await on_azure(town.people, "GET", "/control/requests", None)
        calls = Counter(each["path"].rpartition("/")[2] for each in found["requests"])
        assert 0 < calls.total() <= MOST_CALLS, calls
        assert read_entries(town)["evidence.read"] == MANY
        report = verify_log(town.url, [town.vkey], deep=True)
        assert report.ok, report.findings
