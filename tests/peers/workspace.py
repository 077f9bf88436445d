"""The workspace of a running local-slack, seen and used as its people would in its browser page."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

Json = dict[str, Any]
PATIENCE_SECONDS = 20.0


@dataclass
class Workspace:
    """The workspace as its browser page sees it, kept current by the page's own feed."""

    control: aiohttp.ClientSession
    feed: aiohttp.ClientWebSocketResponse
    messages: dict[str, list[Json]] = field(default_factory=dict)
    modals: list[Json] = field(default_factory=list)
    errors: list[Json] = field(default_factory=list)
    homes: dict[str, Json] = field(default_factory=dict)
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self) -> None:
        """Take in the feed until it closes."""
        async for frame in self.feed:
            self._take(json.loads(frame.data))
            self.moved.set()

    def _take(self, event: Json) -> None:
        match event["t"]:
            case "init":
                self.messages, self.modals = event["state"]["messages"], event["state"]["modalStack"]
            case "message":
                self.messages.setdefault(event["message"]["channel"], []).append(event["message"])
            case "message_update":
                new = event["message"]
                known = self.messages[new["channel"]]
                self.messages[new["channel"]] = [new if old["ts"] == new["ts"] else old for old in known]
            case "view":
                self.modals = event["stack"]
            case "view_errors":
                self.errors.append(event["errors"])
            case "home":
                self.homes[event["user"]] = event["view"]

    async def until(self, what: str, look: Callable[[], Json | None]) -> Json:
        """Wait until something can be seen in the workspace, and return it."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while (found := look()) is None:
                    self.moved.clear()
                    await self.moved.wait()
        except TimeoutError:
            shown = json.dumps({"modals": self.modals, "messages": self.messages}, indent=1)[-6000:]
            raise AssertionError(f"Never seen: {what}. The workspace then:\n{shown}") from None
        return found

    async def modal(self, callback: str, *, without: str = "") -> Json:
        """Return the open modal once it has this callback id and no longer these words."""

        def look() -> Json | None:
            top = self.modals[-1] if self.modals else None
            fits = top is not None and top["callback_id"] == callback
            return top if fits and not (without and without in json.dumps(top, ensure_ascii=False)) else None

        return await self.until(f"the modal {callback}", look)

    async def no_modal(self) -> None:
        """Wait until no modal is open."""
        await self.until("no modal", lambda: None if self.modals else {})

    async def message(self, start: str, channel: str, *, only_for: str | None = None) -> Json:
        """Return the message whose text starts so, seen by everyone or only by one person."""

        def look() -> Json | None:
            fits = (one for one in self.messages.get(channel, []) if one["text"].startswith(start))
            return next((one for one in fits if one.get("ephemeral_to") == only_for), None)

        return await self.until(f"a message that starts {start!r}", look)

    async def command(self, user: str, channel: str, command: str, text: str) -> None:
        """Type a slash command."""
        await self._post("command", user=user, channel=channel, command=command, text=text)

    async def click(self, user: str, card: Json, action_id: str) -> None:
        """Press a button of a message."""
        action = next(one for one in buttons(card) if one["action_id"] == action_id)
        await self._post("interact", user=user, channel=card["channel"], messageTs=card["ts"], action=action)

    async def submit(self, user: str, view: Json, typed: Mapping[str, str]) -> None:
        """Press the open modal's submit button, with what stands in its fields and what is typed."""
        await self.feed.send_json({"t": "view_submit", "user": user, "values": filled(view, typed)})

    async def close(self, user: str) -> None:
        """Close the open modal."""
        await self.feed.send_json({"t": "view_close", "user": user})
        await self.no_modal()

    async def open_home(self, user: str) -> Json:
        """Open the app's Home tab and return what it shows."""
        await self._post("open-home", user=user)
        return await self.until("a Home tab", lambda: self.homes.get(user))

    async def traffic(self) -> list[Json]:
        """Return what went to and came from the app, oldest first."""
        async with self.control.get("/_control/log") as answer:
            return list((await answer.json())["log"])

    async def _post(self, path: str, **body: object) -> None:
        async with self.control.post(f"/_control/{path}", json=body) as answer:
            assert (await answer.json())["ok"], await answer.text()


@asynccontextmanager
async def visiting(address: str) -> AsyncIterator[Workspace]:
    """Open the workspace's page, as a browser would."""
    async with aiohttp.ClientSession(address) as control, control.ws_connect("/ui") as feed:
        workspace = Workspace(control, feed)
        following = asyncio.create_task(workspace.follow())
        try:
            yield workspace
        finally:
            await feed.close()
            await following


def buttons(card: Json) -> list[Json]:
    """Return the buttons of a message as its page sends them: with the block they stand in."""
    rows = (block for block in card.get("blocks", []) if block["type"] == "actions")
    return [{**one, "block_id": row.get("block_id")} for row in rows for one in row["elements"]]


def filled(view: Json, typed: Mapping[str, str]) -> Json:
    """Return a modal's `state.values`: what is typed, else what the field starts with."""
    inputs = (block for block in view["blocks"] if block["type"] == "input")
    return {
        block["block_id"]: {
            block["element"]["action_id"]: _state(block["element"], typed.get(block["block_id"]))
        }
        for block in inputs
    }


def _state(element: Json, typed: str | None) -> Json:
    kind = element["type"]
    if kind in ("static_select", "radio_buttons"):
        offered = {option["value"]: option for option in element["options"]}
        chosen = element.get("initial_option") if typed is None else offered[typed]
        return {"type": kind, "selected_option": chosen}
    if kind == "users_select":
        return {"type": kind, "selected_user": typed or element.get("initial_user")}
    if kind == "checkboxes":
        return {"type": kind, "selected_options": element.get("initial_options", [])}
    return {"type": kind, "value": element.get("initial_value") if typed is None else typed or None}
