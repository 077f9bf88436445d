"""The stage: people act, wait until they see the answer, and what they saw is checked."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sandbox.story.reading import buttons, change_of, inputs
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
        self.tells.deed(channel, user, [("types ", "dim"), (text, "bold")])
        answer = await self.slack.post("/ui/say", user=user, channel=channel, text=text)
        if not answer["ok"]:
            raise MissedError("the app to answer within Slack's three seconds", str(answer))

    async def presses(self, user: str, card: Json, action: str) -> None:
        """Press a button of a message, and agree to the question Slack asks first where there is one."""
        element = self._button(card, action)[1]
        await self._look(user)
        label = [(f"[{element['text']['text']}]", "primary")]
        of = change_of(card)[0]
        self.tells.deed(
            card["channel"], user, [("presses ", "dim"), *label, (f"  on {of}" if of else "", "dim")]
        )
        if "confirm" in element:
            self.tells.dialog(element["confirm"])

        async def press() -> tuple[Json, str]:
            """Press it where it is now: an edit of the card may have put another in its place."""
            state = await self.slack.state(user)
            newest = next(each for each in _messages(state) if each["ts"] == card["ts"])
            block_id, found = self._button(newest, action)
            place = {"channel": card["channel"], "ts": card["ts"], "block_id": block_id, "action_id": action}
            answer = await self.slack.post("/ui/action", user=user, **place, value=found.get("value"))
            if not answer["ok"] and answer["error"] != "no_such_element":
                raise MissedError("the app to answer a click within Slack's three seconds", str(answer))
            return (answer if answer["ok"] else None), str(answer)

        await self._until(f"the button {action} to be there", press)

    @staticmethod
    def _button(card: Json, action: str) -> tuple[str, Json]:
        found = buttons(card)
        if action not in found:
            raise MissedError(f"a button {action} on the card", ", ".join(found) or "no button")
        return found[action]

    async def reacts(self, user: str, message: Json, name: str) -> None:
        """Add a reaction to a message."""
        self.tells.deed(message["channel"], user, [("reacts with ", "dim"), (f":{name}:", "bold")])
        place = {"channel": message["channel"], "ts": message["ts"]}
        answer = await self.slack.post("/ui/react", user=user, **place, name=name)
        if not answer["ok"]:
            raise MissedError("the reaction to be taken", str(answer))

    async def said(self, user: str, channel: str, words: str) -> Json:
        """Return what a person wrote in a channel."""
        found = (await self.slack.state(user))["messages"].get(channel, [])
        return next(each for each in reversed(found) if words in each["text"])

    async def submits(self, user: str, view: Json, typed: Mapping[str, str], *, tells: bool = True) -> Json:
        """Fill in and submit a modal; the answer as Slack's client gets it."""
        await self._look(user)
        fields = inputs(view)
        values = {
            fields[n]["block_id"]: {fields[n]["element"]["action_id"]: text} for n, text in typed.items()
        }
        does = "fills in and presses " if typed else "presses "
        self.tells.deed(OPS, user, [(does, "dim"), (f"[{view['submit']['text']}]", "primary")])
        if tells:
            self.tells.filled(
                [(fields[n]["label"]["text"], _shown(fields[n], text)) for n, text in typed.items()]
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

    async def message(self, user: str, expected: str, fits: Callable[[Json], bool]) -> Json:
        """Wait until a message of the app fits, the newest first, whenever it was written."""

        async def look() -> tuple[Json, str]:
            found = [each for each in _messages(await self.slack.state(user)) if each["app"]]
            found.sort(key=lambda each: -float(each["ts"]))
            seen = " | ".join(each["text"][:120] for each in found[:4])
            return next((each for each in found if fits(each)), None), seen

        return await self._until(expected, look)

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


def _shown(block: Json, text: str) -> str:
    """What a person reads in an input: the words of an option, the mention of somebody."""
    element = block["element"]
    if element["type"] == "users_select":
        return f"<@{text}>"
    option = next((each for each in element.get("options", []) if each["value"] == text), None)
    return str(option["text"]["text"]) if option else text or "(left empty)"


def _gist(view: Json) -> str:
    sections = [
        b["text"]["text"] for b in (view or {}).get("blocks", []) if b["type"] == "section" and b.get("text")
    ]
    return " ".join(sections)[:300]
