"""The four reads of evidence: the bot against Azure's own command line, at one server, in one run."""

import asyncio
import shlex
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from aiohttp import ClientSession

from bench.azure import ACCOUNT, READER, REF, ForgettingClock, connected, requests, slow_down
from bench.children import child
from bench.measure import Row, Watch, interleaved
from bot.domain.az_command import deployment_list, deployment_show, metrics_list, usage_list
from bot.domain.evidence import Window
from bot.ports.registry import Readers
from bot.usecases.look import gather
from tests.peers.azure_cli import Az, fetch, sign_in
from tests.peers.installing import MissingError

ROUNDS = 5
LOOKS = 40
DELAYS_MS = (0, 100)
MANY = 500
METRIC = "TokenTransaction"
BUCKET, HOUR = timedelta(minutes=5), timedelta(hours=1)
Thing = Callable[[], Awaitable[object]]


async def evidence_az() -> Sequence[Row]:
    """Return the times of the four reads by bot and by `az`, and how the bot's grow; none without azure-cli."""
    try:
        python = await asyncio.to_thread(fetch)
    except MissingError as missing:
        print(f"evidence-az: skipped: {missing}", file=sys.stderr)
        return ()
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        place = Path(folder)
        async with child("bench.azure_both", folder) as azure:
            az = await sign_in(python, azure["covered"], Path(azure["authority"]), place)
            rows = [row for delay in DELAYS_MS for row in await _beside(az, azure["clear"], delay)]
            return [*rows, *await _growth(azure["clear"])]


@dataclass(frozen=True)
class _Bot:
    """The bot, warm: connected, signed in, and with nothing remembered of an earlier look."""

    readers: Readers
    clock: ForgettingClock

    async def four(self) -> None:
        """Do the four reads at once."""
        self.clock.leap()
        azure, metrics = self.readers.azure, self.readers.metrics
        await asyncio.gather(
            azure.deployments(ACCOUNT),
            azure.deployment(REF),
            azure.quota(ACCOUNT),
            metrics.series(REF, METRIC, _last_hour(), interval=BUCKET),
        )

    async def one(self) -> None:
        """Do one read."""
        await self.readers.azure.deployment(REF)

    async def everything(self) -> None:
        """Look at every section there is."""
        self.clock.leap()
        await gather(REF, "triage-prod", readers=self.readers, now=datetime.now(UTC))


async def _beside(az: Az, url: str, delay: int) -> list[Row]:
    """Return both beside each other: `az` is slow enough that a few rounds tell."""
    await slow_down(url, delay)
    commands = _commands()

    async def in_sequence() -> None:
        for words in commands:
            await az.run(*words)

    async def at_once() -> None:
        await asyncio.gather(*(az.run(*words) for words in commands))

    async with connected(url) as (readers, clock), ClientSession(headers=READER) as session:
        bot = _Bot(readers, clock)
        bare = await _bare(session, url, bot.four)
        ours, sequence, parallel = await interleaved(ROUNDS, bot.four, in_sequence, at_once, warm=1)
        fast, one, same = await interleaved(LOOKS, bot.four, bot.one, bare)
    name, by_az = f"four reads, Azure {delay} ms", f"`az` {{}}, Azure {delay} ms"
    own = [each - median(one) for each in fast]
    return [
        Row(by_az.format("× 4 in sequence"), sequence, ours, "bot, warm"),
        Row(by_az.format("× 4 at once"), parallel, ours, "bot, warm"),
        Row(name, fast, one, "one GET by the bot"),
        Row(name, fast, same, "the same four, bare and at once"),
        Row(f"{name}: above one GET", own, one, "one GET by the bot"),
    ]


def _commands() -> list[list[str]]:
    of_card = (
        deployment_list(ACCOUNT),
        deployment_show(REF),
        usage_list(ACCOUNT),
        metrics_list(REF, METRIC, _last_hour(), "PT5M"),
    )
    return [shlex.split(command)[1:] for command in of_card]


async def _bare(session: ClientSession, url: str, look: Thing) -> Thing:
    """Return what sends the same GETs as one look, at once and without reading their answers."""
    before = len(await requests(session, url))
    await look()
    asked = (await requests(session, url))[before:]
    if len(asked) != 4:
        raise RuntimeError(f"the bot made {len(asked)} calls, not the four it is timed for")

    async def get(path: str, query: dict[str, str]) -> None:
        async with session.get(url + path, params=query) as answer:
            answer.raise_for_status()
            await answer.read()

    async def all_of_them() -> None:
        await asyncio.gather(*(get(each["path"], each["query"]) for each in asked))

    return all_of_them


async def _growth(url: str) -> list[Row]:
    """Return the reads with one deployment on the account and with many, and how many calls each makes."""
    await slow_down(url, 0)
    async with connected(url) as (readers, clock), ClientSession(headers=READER) as session:
        bot = _Bot(readers, clock)
        things = {"four reads": bot.four, "every section": bot.everything}
        few = {name: await _measured(session, url, thing, 1) for name, thing in things.items()}
        many = {name: await _measured(session, url, thing, MANY) for name, thing in things.items()}
    rows = []
    for name, (calls, times) in many.items():
        before, floor = few[name]
        rows.append(Row(f"{name}, {MANY} deployments: {calls} calls", times, floor, f"1: {before} calls"))
    return rows


async def _measured(session: ClientSession, url: str, thing: Thing, count: int) -> tuple[int, list[float]]:
    """Return how many calls a thing makes with so many deployments on the account, and its times."""
    account = f"{url}/control/deployments/{ACCOUNT.account}"
    listed = await _deployments(session, url)
    for name in [each for each in listed if each != REF.deployment and not each.startswith("synthetic-")]:
        await session.post(f"{account}/{name}", json={"deleted": True})
    await session.post(f"{url}/control/settings", json={"extra_deployments": count - 1})
    if len(await _deployments(session, url)) != count:
        raise RuntimeError(f"the account does not have {count} deployments")
    await thing()
    before, watch = len(await requests(session, url)), Watch()
    for _ in range(ROUNDS):
        with watch.timing():
            await thing()
    return (len(await requests(session, url)) - before) // ROUNDS, watch.times


async def _deployments(session: ClientSession, url: str) -> list[str]:
    async with session.get(f"{url}/control/state") as answer:
        found = (await answer.json())["deployments"]
    return [each["name"] for each in found if f"/accounts/{ACCOUNT.account}/" in each["id"]]


def _last_hour() -> Window:
    now = datetime.now(UTC)
    end = now - (now - datetime.min.replace(tzinfo=UTC)) % BUCKET
    return Window(end - HOUR, end)
