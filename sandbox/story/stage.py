"""The stage: people act, wait until they see the answer, and what they saw is checked."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sandbox.story.reading import buttons, change_of, inputs
from sandbox.story.spans import Line
from sandbox.story.transcript import Transcript
from sandbox.story.world import Azure, Slack

Json = Any
OPS = "C0OPS"
PATIENCE = 20.0
LOOK_AGAIN = 0.12


class MissedError(Exception):
    """Something that had to happen did not: what was waited for, and what was there instead."""

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}; saw {seen}")
        self.expected = expected
        self.seen = seen


class Stage:
    """What the scenes are played on."""

    def __init__(self, slack: Slack, azure: Azure, transcript: Transcript) -> None:
        self.slack = slack
        self.azure = azure
        self.tells = transcript
        self.held = 0
        self.missed = 0
        self._known: dict[str, set[str]] = {}

    # people act

    async def types(self, user: str, text: str, channel: str = OPS) -> None:
        """Write in a channel."""
        await self._look(user)
        self.tells.deed(channel, user, [("types    ", "dim"), (text, "bold")])
        await self._demand("/ui/say", user=user, channel=channel, text=text)

    async def presses(self, user: str, card: Json, action: str, *, agree: bool = False) -> None:
        """Press a button of a message; with `agree` also the button of the question Slack asks first."""
        await self._look(user)
        found = buttons(card).get(action)
        if found is None:
            raise MissedError(f"a button {action} on the card", ", ".join(buttons(card)) or "no button")
        block_id, element = found
        label = [(f"[{element['text']['text']}]", "primary")]
        of = change_of(card)[0]
        self.tells.deed(
            card["channel"], user, [("presses  ", "dim"), *label, (f"  on {of}" if of else "", "dim")]
        )
        if agree:
            self.tells.dialog(element["confirm"])
        await self._demand(
            "/ui/action",
            user=user,
            channel=card["channel"],
            ts=card["ts"],
            block_id=block_id,
            action_id=action,
            value=element.get("value"),
        )

    async def submits(self, user: str, view: Json, typed: Mapping[str, str], *, tells: bool = True) -> Json:
        """Fill in and submit a modal; the answer as Slack's client gets it."""
        await self._look(user)
        fields = inputs(view)
        values = {
            fields[n]["block_id"]: {fields[n]["element"]["action_id"]: text} for n, text in typed.items()
        }
        label: Line = [("submits  ", "dim"), (f"[{view['submit']['text']}]", "primary")]
        self.tells.deed(OPS, user, label)
        if tells:
            self.tells.filled(
                [(fields[n]["label"]["text"], text or "(left empty)") for n, text in typed.items()]
            )
        answer = await self.slack.post("/ui/submit", user=user, view_id=view["id"], values=values)
        if not answer["ok"] and "errors" not in answer:
            raise MissedError("an answer to the form", str(answer))
        return answer

    async def closes(self, user: str) -> None:
        """Close whatever modal is open."""
        view = (await self._look(user))["view"]
        if view is not None:
            await self.slack.post("/ui/close", user=user, view_id=view["id"], clear=True)

    async def later(self, minutes: int, user: str) -> None:
        """Let time pass, for both simulators and the app; what this person sees from then on is new."""
        await self._look(user)
        await self.slack.post("/clock", advance_seconds=60 * minutes)
        self.tells.now = datetime.fromisoformat((await self.slack.state(user))["clock"]["now"])
        self.tells.happens(f"{minutes} minutes pass")

    async def _demand(self, path: str, **body: Json) -> None:
        answer = await self.slack.post(path, **body)
        if not answer.get("ok"):
            raise MissedError(f"the app to answer within Slack's three seconds ({path})", str(answer))

    # people see

    async def _look(self, user: str) -> Json:
        """What a person sees now; what comes later is new."""
        state = await self.slack.state(user)
        self.tells.now = datetime.fromisoformat(state["clock"]["now"])
        self._known[user] = {each["ts"] for each in _messages(state)}
        return state

    async def sees(self, user: str, expected: str, fits: Callable[[Json], bool]) -> Json:
        """Wait for a new message of the app that fits, and show it."""

        async def look() -> tuple[Json, str]:
            fresh = [
                each
                for each in _messages(await self.slack.state(user))
                if each["app"] and each["ts"] not in self._known[user]
            ]
            return next((each for each in fresh if fits(each)), None), " | ".join(e["text"] for e in fresh)

        message = await self._until(expected, look)
        self.tells.message(message)
        return message

    async def modal(
        self, user: str, expected: str, fits: Callable[[Json], bool], *, show: bool = True
    ) -> Json:
        """Wait for a modal that fits, and show it."""

        async def look() -> tuple[Json, str]:
            view = (await self.slack.state(user))["view"]
            title = view["title"]["text"] if view else "no modal"
            return (view if view and fits(view) else None), f"{title}: {_gist(view)}"

        view = await self._until(expected, look)
        if show:
            self.tells.modal(view)
        return view

    async def card(self, user: str, change: str, state: str) -> Json:
        """Wait until the card of a change shows a state."""

        async def look() -> tuple[Json, str]:
            cards = [each for each in _messages(await self.slack.state(user)) if change_of(each)[0] == change]
            seen = ", ".join(f"{change} {change_of(each)[1]}" for each in cards)
            return next((each for each in cards if change_of(each)[1] == state), None), seen or "no card"

        return await self._until(f"the card of {change} to say {state.replace('_', ' ')}", look)

    async def _until(self, expected: str, look: Callable[[], Awaitable[tuple[Json, str]]]) -> Json:
        end = time.monotonic() + PATIENCE
        while True:
            found, seen = await look()
            if found is not None:
                return found
            if time.monotonic() > end:
                raise MissedError(expected, seen)
            await asyncio.sleep(LOOK_AGAIN)

    # and it is proved

    def proves(self, what: str, held: object, *, seen: str = "") -> None:
        """Check something that people saw."""
        if held:
            self.held += 1
            self.tells.proved(what)
        else:
            self.missed += 1
            self.tells.failed("This does not hold", what, seen)

    @contextmanager
    def scene(self, number: int, title: str, tells: str) -> Iterator[None]:
        """One scene; what it waited for in vain is told, and the story ends there."""
        self.tells.scene(number, title, tells)
        try:
            yield
        except MissedError as missed:
            self.missed += 1
            self.tells.failed("This did not happen", missed.expected, missed.seen)
            raise


def _messages(state: Json) -> list[Json]:
    return [each for channel in state["messages"].values() for each in channel]


def _gist(view: Json) -> str:
    sections = [
        b["text"]["text"] for b in (view or {}).get("blocks", []) if b["type"] == "section" and b.get("text")
    ]
    return " ".join(sections)[:300]
