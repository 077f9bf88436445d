"""Ways through a running house: a request, a decision, an apply, an attestation, and what is left behind."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aiohttp import ClientSession

from handlers.cli.demo import Plan, demo_world
from storage.audit_findings import VerifyReport
from storage.audit_reader import AuditReader, reading
from storage.audit_verify import verify_log
from tests.journeys.conftest import House, logged_to
from tests.journeys.people import Json, People, has_block, words_of

ALICE, BOB, CAROL, DAN, OWNER, GUEST = "U0ALICE", "U0BOB", "U0CAROL", "U0DAN", "U0OWNER", "U0GUS"
PROD, TEST = "aoai-contoso-weu", "aoai-contoso-test-swc"
TRIAGE = "support-triage-ft"
WINDOW_SECONDS = 31 * 60
FACTS = {
    "owner": OWNER,
    "ticket": "OPS-2231",
    "reason": "The morning peak is throttled.",
    "expected_cost": "+ $0 fixed; tokens as used",
    "validation_signal": "HTTP 429 below 1 %",
    "rollback_plan": "Set the capacity back to what it was.",
}


@asynccontextmanager
async def a_house(
    folder: Path,
    url: str,
    transport: Literal["http", "socket"] = "http",
    more_toml: str = "",
    *,
    alerts: bool = False,
    rate_limits: Literal["off", "strict"] = "off",
) -> AsyncIterator[House]:
    """Give a running house whose configuration says more than the demo's; `strict` limits are Slack's own."""
    log = folder / "countersign.log"
    with logged_to(log):
        plan = Plan(
            folder,
            transport=transport,
            database_url=url,
            rate_limits=rate_limits,
            more_toml=more_toml,
            alerts=alerts,
        )
        async with demo_world(plan) as world, ClientSession() as session:
            people = People(session, world.slack, world.azure)
            yield House(world, people, log, url.partition(":")[0], transport)


@dataclass(frozen=True)
class Entry:
    """One audit entry, as a reader of the trail sees it."""

    type: str
    actor: str
    data: Mapping[str, Any]


def entries(house: House, change: str = "") -> list[Entry]:
    """Return the entries of a change (or all), oldest first."""
    found = []
    with reading(house.world.settings.database_url) as connection:
        reader = AuditReader(connection)
        for shard in reader.shards():
            for chunk in reader.entries(shard, columns=False):
                found += [json.loads(body) for _, body, _ in chunk]
    return [
        Entry(each["type"], each["actor"]["id"], each["data"])
        for each in found
        if change in ("", each["subject"].get("change"))
    ]


def tags(house: House, change: str = "CHG-1") -> list[str]:
    """Return the types of a change's entries, oldest first."""
    return [entry.type for entry in entries(house, change)]


def trail(house: House) -> VerifyReport:
    """Return what verifying the whole trail finds, with every signature and piece of evidence."""
    return verify_log(house.world.settings.database_url, [house.world.vkey], deep=True)


class Azure:
    """The hand behind the simulated Azure."""

    def __init__(self, house: House) -> None:
        self._people = house.people

    async def get(self, path: str) -> Json:
        """Return what Azure's control says."""
        return await on_azure(self._people, "GET", path, None)

    async def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """Tell Azure's control something."""
        return await on_azure(self._people, "POST", path, body)

    async def fault(self, kind: str, method: str = "PATCH", path: str = "", times: int | None = 1) -> None:
        """Plan a misbehaviour for the next requests that fit."""
        await self.post("/control/faults", {"kind": kind, "method": method, "path": path, "times": times})

    async def heal(self) -> None:
        """Forget every planned misbehaviour."""
        await on_azure(self._people, "DELETE", "/control/faults", None)

    async def behind(self, deployment: str = TRIAGE, account: str = PROD, **changes: Any) -> None:
        """Change a live deployment as somebody else would."""
        await self.post(f"/control/deployments/{account}/{deployment}", changes)

    async def writes(self) -> list[Json]:
        """Return every mutation that was accepted."""
        found: list[Json] = (await self.get("/control/writes"))["writes"]
        return found

    async def requests(self, *methods: str) -> list[Json]:
        """Return every request that came in, of these methods."""
        found: list[Json] = (await self.get("/control/requests"))["requests"]
        return [each for each in found if not methods or each["method"] in methods]

    async def capacity(self, deployment: str = TRIAGE) -> int:
        """Return the capacity that is live."""
        found = (await self.get("/control/state"))["deployments"]
        return next(int(each["sku"]["capacity"]) for each in found if each["name"] == deployment)


async def on_azure(people: People, method: str, path: str, body: Mapping[str, Any] | None) -> Json:
    """Return what the simulated Azure answers."""
    async with ClientSession() as session, session.request(method, people.azure + path, json=body) as answer:
        assert answer.status == 200, await answer.text()
        found: Json = await answer.json()
        return found


async def calls(house: House, *methods: str) -> list[Json]:
    """Return every Slack call of the app, of these methods."""
    found: list[Json] = (await house.people.get("/control/calls"))["calls"]
    return [each for each in found if not methods or each["method"] in methods]


async def open_form(house: House, user: str = ALICE, target: str = "triage-prod", words: str = "") -> Json:
    """Open the request form and return it once it shows what is live."""
    said = await house.people.say(user, f"/cs change request {words or f'scale {target}'}")
    assert said["ok"], said
    return await house.people.view(user, lambda view: is_form(view) and "Live now" in words_of(view))


def is_form(view: Json) -> bool:
    """Return whether this is the request form, not its skeleton or a notice."""
    return view.get("callback_id") == "change.request" and has_block(view, "capacity")


async def ask(house: House, capacity: int = 150, user: str = ALICE, **over: str) -> Json:
    """Fill the request form in and submit it; returns Slack's answer."""
    form = await open_form(house, user, over.pop("target", "triage-prod"))
    return await house.people.submit(user, form, {**FACTS, "capacity": str(capacity), **over})


async def requested(house: House, change: str = "CHG-1", **form: Any) -> Json:
    """Ask for a change and return its card, waiting for approval."""
    answer = await ask(house, **form)
    assert answer["ok"], answer
    return await house.people.card(BOB, change, "pending_approval")


async def press(house: House, user: str, card: Json, button: str) -> Json:
    """Press a button of a message as it looks now: it may be edited while a finger is on its way."""
    pressed: Json = {"error": "no_such_element"}
    for _ in range(5):
        newest = [item for item in await house.people.messages(user) if item["ts"] == card["ts"]]
        pressed = await house.people.click(user, newest[0], button)
        if pressed.get("error") != "no_such_element":
            break
    return pressed


async def review(house: House, user: str, card: Json, button: str = "change.approve") -> Json:
    """Press Approve… or Reject… and return the review modal with the live state read."""
    pressed = await press(house, user, card, button)
    assert pressed["ok"], pressed
    return await house.people.view(
        user, lambda view: view["callback_id"] == "change.decide" and "Reading the live" not in words_of(view)
    )


async def vote(house: House, user: str, card: Json, choice: str = "approve", reason: str = "") -> Json:
    """Decide with two clicks; returns Slack's answer to the submit."""
    modal = await review(house, user, card)
    return await house.people.submit(
        user, modal, {"decision": choice, **({"reason": reason} if reason else {})}
    )


async def confirm(house: House, user: str, card: Json, verb: str, **values: str) -> Json:
    """Press a button of the card and confirm in its modal; returns Slack's answer to the submit."""
    pressed = await press(house, user, card, f"change.{verb}")
    assert pressed["ok"], pressed
    modal = await house.people.view(user, f"change.{verb}.confirm")
    return await house.people.submit(user, modal, values)


async def approved(house: House, change: str = "CHG-1", by: tuple[str, ...] = (BOB,), **form: Any) -> Json:
    """Ask for a change, have it approved, and return its card."""
    card = await requested(house, change, **form)
    for user in by:
        answer = await vote(house, user, card)
        assert (answer["ok"], answer.get("view")) == (True, None), answer
    return await house.people.card(BOB, change, "approved")


async def applied(house: House, change: str = "CHG-1", user: str = ALICE, **form: Any) -> Json:
    """Ask, approve, apply, and return the card while the window runs."""
    card = await approved(house, change, **form)
    assert (await confirm(house, user, card, "apply"))["ok"]
    return await house.people.card(BOB, change, "verifying")


async def attested(house: House, change: str = "CHG-1", owner: str = OWNER) -> Json:
    """Let the window end, have the owner attest, and return the closed card."""
    await house.people.advance(WINDOW_SECONDS)
    card = await house.people.card(owner, change, "awaiting_attestation")
    assert (await press(house, owner, card, "change.attest"))["ok"]
    return await house.people.card(owner, change, "closed")


async def told(house: House, user: str, words: str) -> Json:
    """Return the message that only this person was shown and that holds these words, waiting for it."""
    return await house.people.message(
        user, lambda item: item["ephemeral_to"] == user and words in words_of(item)
    )
