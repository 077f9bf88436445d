"""The four reads of evidence: the bot against Azure's own command line, at one server, in one run."""

import asyncio
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from aiohttp import ClientSession

from bench.azure import ACCOUNT, METRIC, READER, REF, Bot, Thing, connected, last_hour, requests, slow_down
from bench.children import child
from bench.measure import Row, Watch, interleaved
from bot.domain.az_command import deployment_list, deployment_show, metrics_list, usage_list
from tests.peers.azure_cli import Az, fetch, sign_in
from tests.peers.installing import MissingError

ROUNDS = 7
LOOKS = 40
DELAYS_MS = (0, 100)


async def evidence_az() -> Sequence[Row]:
    """Return the times of the four reads by bot and by `az`; none without azure-cli, and it is said."""
    try:
        python = await asyncio.to_thread(fetch)
    except MissingError as missing:
        print(f"evidence-az: skipped: {missing}", file=sys.stderr)
        return ()
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        place = Path(folder)
        async with child("bench.azure_both", folder) as azure:
            az = await sign_in(python, azure["covered"], Path(azure["authority"]), place)
            url = azure["clear"]
            async with connected(url) as (readers, clock), ClientSession(headers=READER) as session:
                bot = Bot(readers, clock)
                rows = await _beside(_CommandLine(az, session, url), bot)
                return [
                    *rows,
                    *[row for delay in DELAYS_MS for row in await _alone(session, url, bot, delay)],
                ]


@dataclass
class _CommandLine:
    """`az`, signed in: each of its commands makes one request, for its token and its cloud are on its disk."""

    az: Az
    session: ClientSession
    url: str
    seconds: list[float] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)

    async def in_sequence(self) -> None:
        """Run the four commands one after the other."""
        before, used = len(await requests(self.session, self.url)), _used()
        for words in _commands():
            await self.az.run(*words)
        self.seconds.append((_used() - used) / 4)
        self.loads.append(os.getloadavg()[0])
        made = len(await requests(self.session, self.url)) - before
        if made != 4:
            raise RuntimeError(f"az made {made} requests, not the four that are slowed down")

    async def at_once(self) -> None:
        """Run the four commands at once."""
        await asyncio.gather(*(self.az.run(*words) for words in _commands()))

    def told(self, times: Sequence[float]) -> str:
        """Say what a command takes, and how busy the machine was meanwhile."""
        return (
            f"evidence-az: one `az` command in sequence: {median(times) / 4:.0f} ms, of which "
            f"{median(self.seconds) * 1000:.0f} ms are processor time; "
            f"load {min(self.loads):.1f} to {max(self.loads):.1f} on {os.cpu_count()} cores"
        )


async def _beside(line: _CommandLine, bot: Bot) -> list[Row]:
    """Return both beside each other; all delays in each round, or a busier minute would hide what they add."""
    things = {"four": bot.four, "× 4 in sequence": line.in_sequence, "× 4 at once": line.at_once}
    watches = {(delay, name): Watch() for delay in DELAYS_MS for name in things}
    await line.in_sequence()
    for _ in range(ROUNDS):
        for delay in DELAYS_MS:
            await slow_down(line.url, delay)
            for name, thing in things.items():
                with watches[delay, name].timing():
                    await thing()
    times = {key: watch.times for key, watch in watches.items()}
    rows = [
        Row(f"`az` {name}, Azure {delay} ms", times[delay, name], times[delay, "four"], "bot, warm")
        for delay in DELAYS_MS
        for name in list(things)[1:]
    ]
    quick, slow = (times[delay, "× 4 in sequence"] for delay in DELAYS_MS)
    added = [late - early for early, late in zip(quick, slow, strict=True)]
    print(line.told(quick), file=sys.stderr)
    return [
        *rows,
        Row("`az` × 4 in sequence: what 100 ms add", added, [400.0] * ROUNDS, "four requests' delay"),
    ]


async def _alone(session: ClientSession, url: str, bot: Bot, delay: int) -> list[Row]:
    """Return the bot's four reads against one of them, the bare four, and itself asked again."""
    await slow_down(url, delay)
    await bot.four()
    before = len(await requests(session, url))
    await bot.again()
    calls = len(await requests(session, url)) - before
    bare = await _bare(session, url, bot.four)
    fast, one, same, again = await interleaved(LOOKS, bot.four, bot.one, bare, bot.again)
    name = f"four reads, Azure {delay} ms"
    own = [each - median(one) for each in fast]
    return [
        Row(name, fast, one, "one GET by the bot"),
        Row(name, fast, same, "the same four, bare and at once"),
        Row(f"{name}: above one GET", own, one, "one GET by the bot"),
        Row(f"{name}: asked again, {calls} calls, {4 - calls} from memory", again, fast, "asked first"),
    ]


def _commands() -> list[list[str]]:
    of_card = (
        deployment_list(ACCOUNT),
        deployment_show(REF),
        usage_list(ACCOUNT),
        metrics_list(REF, METRIC, last_hour(), "PT5M"),
    )
    return [shlex.split(command)[1:] for command in of_card]


def _used() -> float:
    """Return the processor seconds of the child processes that have ended."""
    spent = os.times()
    return spent.children_user + spent.children_system


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
