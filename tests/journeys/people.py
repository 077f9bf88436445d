"""People of the pretended workspace, as a test acts for them: say, click, submit, wait, move the clock."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from aiohttp import ClientSession

Json = dict[str, Any]
PATIENCE_SECONDS = 20.0
LOOK_SECONDS = 0.05


class People:
    """What anybody can do in the simulated Slack, and what they see there."""

    def __init__(self, session: ClientSession, slack: str, azure: str) -> None:
        self._session = session
        self.slack = slack
        self.azure = azure

    async def get(self, path: str) -> Any:
        """Return what the simulated Slack answers to a GET."""
        async with self._session.get(self.slack + path) as answer:
            return await answer.json()

    async def post(self, path: str, body: Mapping[str, Any]) -> Json:
        """Return what the simulated Slack answers to a POST."""
        async with self._session.post(self.slack + path, json=dict(body)) as answer:
            found: Json = await answer.json()
            return found

    async def download(self, url: str) -> str:
        """Return what a shared file holds."""
        return (await self.fetch(url)).decode()

    async def fetch(self, url: str) -> bytes:
        """Return the bytes of a shared file."""
        async with self._session.get(url) as answer:
            assert answer.status == 200
            return await answer.read()

    async def state(self, user: str) -> Json:
        """Return everything this person sees."""
        found: Json = await self.get(f"/ui/state?as={user}")
        return found

    async def say(self, user: str, text: str, channel: str = "C0OPS", thread_ts: str | None = None) -> Json:
        """Type a command, a mention or a message; returns once the app has acknowledged."""
        body = {"user": user, "channel": channel, "text": text, "thread_ts": thread_ts}
        return await self.post("/ui/say", body)

    async def click(self, user: str, place: Json, action_id: str, **state: Any) -> Json:
        """Press a button (or use another element) of a message or of an open view."""
        block_id, element = _element(place, action_id)
        where = (
            {"channel": place["channel"], "ts": place["ts"]} if "ts" in place else {"view_id": place["id"]}
        )
        told = {"value": element["value"]} if "value" in element else {}
        body = {"user": user, **where, "block_id": block_id, "action_id": action_id, **told, **state}
        return await self.post("/ui/action", body)

    async def submit(self, user: str, view: Json, values: Mapping[str, Any]) -> Json:
        """Submit a modal; values by plain block name, whatever revision the block ids carry."""
        filled: dict[str, dict[str, Any]] = {}
        for block in view["blocks"]:
            name = str(block.get("block_id", "")).partition(":")[0]
            if name in values and block["type"] == "input":
                filled[block["block_id"]] = {block["element"]["action_id"]: values[name]}
        missing = set(values) - {block_id.partition(":")[0] for block_id in filled}
        assert not missing, f"the form has no {sorted(missing)}"
        return await self.post("/ui/submit", {"user": user, "view_id": view["id"], "values": filled})

    async def close(self, user: str, view: Json) -> Json:
        """Close a modal without submitting it."""
        return await self.post("/ui/close", {"user": user, "view_id": view["id"]})

    async def advance(self, seconds: float) -> None:
        """Move everybody's clock forward."""
        async with self._session.post(f"{self.slack}/clock", json={"advance_seconds": seconds}) as answer:
            assert answer.status == 200
        await asyncio.sleep(
            0.7
        )  # the app hears of it a moment later, and until then refuses what is signed ahead

    async def now(self) -> datetime:
        """Return everybody's time."""
        return datetime.fromisoformat((await self.get("/clock"))["now"])

    async def messages(self, user: str) -> list[Json]:
        """Return every message this person sees, oldest first."""
        found = (await self.state(user))["messages"].values()
        return sorted((item for channel in found for item in channel), key=lambda item: float(item["ts"]))

    async def message(
        self, user: str, wanted: Callable[[Json], bool] | str, seconds: float = PATIENCE_SECONDS
    ) -> Json:
        """Return the newest message that fits (or holds these words), waiting for it."""
        fits = (lambda item: wanted in words_of(item)) if isinstance(wanted, str) else wanted

        async def look() -> Json | None:
            return next((item for item in reversed(await self.messages(user)) if fits(item)), None)

        return await self._wait(look, seconds, f"no message {wanted!r} for {user}")

    async def card(self, user: str, change: str, state: str = "", seconds: float = PATIENCE_SECONDS) -> Json:
        """Return the card of a change, waiting until it says this state."""

        def fits(item: Json) -> bool:
            payload = (item.get("metadata") or {}).get("event_payload", {})
            return payload.get("id") == change and state in ("", payload.get("state"))

        return await self.message(user, fits, seconds)

    async def view(
        self, user: str, wanted: Callable[[Json], bool] | str, seconds: float = PATIENCE_SECONDS
    ) -> Json:
        """Return this person's open modal once it fits (or has this callback id)."""
        fits = (lambda view: view.get("callback_id") == wanted) if isinstance(wanted, str) else wanted

        async def look() -> Json | None:
            view = (await self.state(user))["view"]
            return view if view and fits(view) else None

        return await self._wait(look, seconds, f"no view {wanted!r} for {user}")

    async def _wait(self, look: Callable[[], Any], seconds: float, problem: str) -> Json:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while True:
            found: Json | None = await look()
            if found is not None:
                return found
            assert loop.time() < end, problem
            await asyncio.sleep(LOOK_SECONDS)


def words_of(place: Json) -> str:
    """Return all text of a message or view, to look for words in."""
    return json.dumps([place.get("text"), place.get("title"), place.get("blocks")], ensure_ascii=False)


def has_block(view: Json, name: str) -> bool:
    """Return whether a view has the block of this plain name."""
    return any(str(block.get("block_id", "")).partition(":")[0] == name for block in view["blocks"])


def _element(place: Json, action_id: str) -> tuple[str, Json]:
    for block in place["blocks"]:
        for element in _elements(block):
            if element.get("action_id") == action_id:
                return str(block["block_id"]), element
    raise AssertionError(f"there is no {action_id} here: {words_of(place)[:400]}")


def _elements(block: Json) -> Iterator[Json]:
    yield from block.get("elements", [])
    for name in ("accessory", "element"):
        if isinstance(block.get(name), dict):
            yield block[name]
