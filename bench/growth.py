"""Growing: what a look asks and how long it takes with one deployment on the account, and with five hundred."""

from collections.abc import Sequence
from tempfile import TemporaryDirectory

from aiohttp import ClientSession

from bench.azure import ACCOUNT, READER, REF, Bot, Thing, connected, requests, slow_down
from bench.children import child
from bench.measure import Row, Watch

ROUNDS = 5
MANY = 500
PAGES = {50: "50 a page", MANY: "on one page"}


async def growth() -> Sequence[Row]:
    """Return the times of the four reads and of a whole look, and the calls of each, as the account grows."""
    with TemporaryDirectory(prefix="countersign-bench-") as folder:
        async with child("bench.world", folder) as world:
            url = world["azure"]
            await slow_down(url, 0)
            async with connected(url) as (readers, clock), ClientSession(headers=READER) as session:
                return await _grown(session, url, Bot(readers, clock))


async def _grown(session: ClientSession, url: str, bot: Bot) -> list[Row]:
    things = {"four reads": bot.four, "every section": bot.everything}
    await _populate(session, url, 1, max(PAGES))
    few = {name: await _measured(session, url, thing) for name, thing in things.items()}
    rows = []
    for page, words in PAGES.items():
        await _populate(session, url, MANY, page)
        for name, thing in things.items():
            (before, floor), (calls, times) = few[name], await _measured(session, url, thing)
            title = f"{name}, {MANY} deployments {words}: {calls} calls"
            rows.append(Row(title, times, floor, f"1: {before} calls"))
    return rows


async def _measured(session: ClientSession, url: str, thing: Thing) -> tuple[int, list[float]]:
    """Return how many calls a thing makes, and its times."""
    await thing()
    before, watch = len(await requests(session, url)), Watch()
    for _ in range(ROUNDS):
        with watch.timing():
            await thing()
    return (len(await requests(session, url)) - before) // ROUNDS, watch.times


async def _populate(session: ClientSession, url: str, count: int, page: int) -> None:
    """Let the account have so many deployments, and Azure show so many of them on a page."""
    account = f"{url}/control/deployments/{ACCOUNT.account}"
    listed = await _deployments(session, url)
    for name in [each for each in listed if each != REF.deployment and not each.startswith("synthetic-")]:
        await session.post(f"{account}/{name}", json={"deleted": True})
    await session.post(f"{url}/control/settings", json={"extra_deployments": count - 1, "page_size": page})
    if len(await _deployments(session, url)) != count:
        raise RuntimeError(f"the account does not have {count} deployments")


async def _deployments(session: ClientSession, url: str) -> list[str]:
    async with session.get(f"{url}/control/state") as answer:
        found = (await answer.json())["deployments"]
    return [each["name"] for each in found if f"/accounts/{ACCOUNT.account}/" in each["id"]]
