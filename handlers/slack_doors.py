"""The listeners' bodies: parse, refuse strangers, run one door, answer once per delivery."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from bot.domain.errors import AuditBusyError, CountersignError, SlackRefusedError, SlackUnavailableError
from bot.ports.slack import Message
from bot.render.answer import render_bug, render_error
from bot.render.notice import render_notice_view
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.actions.registry import ACTIONS
from handlers.auditing import pressed, refused_auditor, remember_look, typed
from handlers.commands.registry import run_command
from handlers.denying import remember_denied
from handlers.dependencies import Dependencies
from handlers.events.registry import SLACK_EVENTS
from handlers.shapes import Asked, FieldErrors, Reached, Replace, ViewAnswer
from handlers.shortcuts.registry import SHORTCUTS
from handlers.slack_payloads import (
    asked_of,
    click_of,
    delivery_key,
    foreign,
    happening_of,
    label_of,
    submission_of,
)
from handlers.strangers import refuse_stranger, remember_stranger
from handlers.views.registry import VIEWS
from storage.waiting import in_a_hurry, patience

LOG = structlog.get_logger("slack")
COPY_LOOKS, COPY_WAIT_SECONDS = 20, 0.1
Body = Mapping[str, Any]
Answer = dict[str, Any]
Door = Callable[[Body, Asked], Awaitable[Answer]]


@dataclass(frozen=True)
class Identity:
    """What the app is in its workspace: its token and its own bot user, as `auth.test` said."""

    token: str
    bot_id: str
    bot_user: str
    team: str


class Doors:
    """The listeners' bodies: each turns a payload into an answer, once per delivery."""

    def __init__(self, deps: Dependencies, identity: Identity, auth: str) -> None:
        self._deps = deps
        self._identity = identity
        self._auth = auth

    def listener(self, door: Door) -> Callable[..., Awaitable[None]]:
        """Return a Bolt listener that runs a door once per delivery and acknowledges with its answer."""

        async def listen(body: dict[str, Any], ack: Callable[..., Awaitable[Any]]) -> None:
            with in_a_hurry():
                answer = await self._once(body, door)
            await ack(**answer)

        return listen

    async def command(self, body: Body, asked: Asked) -> Answer:
        """Answer a slash command, to the person who typed it."""
        text = str(body.get("text") or "")
        message = await self._command(text, asked)
        return {} if message is None else _said(message)

    async def mention(self, body: Body, asked: Asked) -> Answer:
        """Answer a mention with a message only its author sees."""
        text = str(body["event"].get("text") or "")
        words = text.replace(f"<@{self._identity.bot_user}>", " ", 1)
        await self._show(await self._command(words, asked), asked)
        return {}

    async def _command(self, text: str, asked: Asked) -> Message | None:
        return await self._answered(lambda: run_command(text, asked, self._deps), asked, typed(text))

    async def event(self, body: Body, asked: Asked) -> Answer:
        """Run an event's door."""
        event = body["event"]
        door = next(found for found in SLACK_EVENTS if found.type == event["type"])
        await door.run(happening_of(body, asked, self._identity.bot_user), self._deps)
        return {}

    async def action(self, body: Body, asked: Asked) -> Answer:
        """Run a click's door; what it says is shown to the clicker only."""
        click = click_of(body, body["actions"][0], asked)
        action = next((found for found in ACTIONS if found.action_id == click.action_id), None)
        if action is not None:
            run = action.run
            answer = self._answered(
                lambda: run(click, self._deps), asked, pressed(click.action_id, label_of(body))
            )
            await self._show(await answer, asked)
        return {}

    async def view(self, body: Body, asked: Asked) -> Answer:
        """Run a modal's door; its answer stays in the modal."""
        submission = submission_of(body, asked)
        view = next((found for found in VIEWS if found.callback_id == submission.callback_id), None)
        if view is None:
            return {}
        answer: list[ViewAnswer] = []

        async def run() -> Message | None:
            answer.append(await view.run(submission, self._deps))
            return None

        problem = await self._answered(run, asked, pressed(submission.callback_id, label_of(body)))
        if problem is not None:
            return _view_answer(Replace(render_notice_view("Not done", problem.text, asked.ref)), {})
        return _view_answer(answer[0], submission.blocks)

    async def shortcut(self, body: Body, asked: Asked) -> Answer:
        """Run a shortcut's door; what went wrong is told where it was used, or in a direct message."""
        door = next((found for found in SHORTCUTS if found.callback_id == body["callback_id"]), None)
        if door is None:
            return {}
        run = door.run

        async def opened() -> Message | None:
            await run(asked, self._deps)
            return None

        await self._show(await self._answered(opened, asked, pressed(door.callback_id)), asked)
        return {}

    async def _once(self, body: Body, door: Door) -> Answer:
        asked = asked_of(body, self._deps.desk, source="slack", auth=self._auth)
        stranger = foreign(body, self._deps.desk)
        if stranger is not None:
            LOG.warning("slack.foreign", ref=asked.ref, why=stranger.why)
            await remember_stranger(asked, f"Not allowed: {stranger.why}", self._deps)
            reached = typed(str(body.get("text") or "")) if "command" in body else pressed(asked.attempt)
            await remember_denied(asked, reached, stranger.why, self._deps)
            return {"text": f"Not allowed: {stranger.why}"} if "command" in body else {}
        archive, key = self._deps.desk.archive, delivery_key(body)
        try:
            stored = await self._claimed(key)
        except AuditBusyError as error:
            return await self._told_busy(body, asked, error)
        if stored is not None:
            return dict(json.loads(stored))
        structlog.contextvars.bind_contextvars(ref=asked.ref)
        try:
            answer = await door(body, asked)
        except BaseException:
            with suppress(AuditBusyError, TimeoutError):  # it is free by itself soon
                await asyncio.wait_for(archive.release(key), patience())
            raise
        try:
            await asyncio.wait_for(archive.answered(key, json.dumps(answer)), patience())
        except (AuditBusyError, TimeoutError):
            LOG.warning("slack.unremembered", ref=asked.ref)  # acknowledged all the same, so no copy comes
        return answer

    async def _told_busy(self, body: Body, asked: Asked, error: AuditBusyError) -> Answer:
        """Tell a person that the database takes nothing, so that nothing was done; an event Slack sends again."""
        if "event" in body:
            raise error
        LOG.warning("slack.busy", ref=asked.ref)
        message = render_error(error, asked.ref)
        if "command" in body:
            return _said(message)
        if "view" in body and "actions" not in body:
            return _view_answer(Replace(render_notice_view("Not done", message.text, asked.ref)), {})
        await self._show(message, asked)
        return {}

    async def _claimed(self, key: str) -> str | None:
        """Return None when it is ours to run, else its answer; a copy of an unanswered one must come again."""
        clock, archive = self._deps.desk.clock, self._deps.desk.archive
        stored = await archive.receive(key, clock.now())
        for _ in range(COPY_LOOKS):
            if stored != "":
                break
            await asyncio.sleep(COPY_WAIT_SECONDS)
            stored = await archive.receive(key, clock.now())
        if stored == "":
            raise SlackUnavailableError("The first copy of this delivery is not answered yet.")
        return stored

    async def _answered(
        self, run: Callable[[], Awaitable[Message | None]], asked: Asked, reached: Reached
    ) -> Message | None:
        """Run a door for a member of the workspace; whatever goes wrong becomes words with a reference."""
        try:
            people = await find_people({asked.caller.user}, desk=self._deps.desk, max_age=FOR_A_DECISION)
            standing = people[asked.caller.user]
            if not standing.full_member:
                return await refuse_stranger(standing, asked, self._deps, reached)
            refused = await refused_auditor(standing, reached, asked, self._deps)
            if refused is not None:
                return refused
            await remember_look(standing, reached, asked, self._deps)
            return await run()
        except CountersignError as error:
            LOG.info("slack.refused", ref=asked.ref, error=type(error).__name__)
            return render_error(error, asked.ref)
        except Exception:
            LOG.exception("slack.bug", ref=asked.ref)
            return render_bug(asked.ref)

    async def _show(self, message: Message | None, asked: Asked) -> None:
        if message is None:
            return
        if asked.channel:
            with suppress(SlackRefusedError):  # a message shortcut can be used where the app is not
                await self._deps.messenger.ephemeral(asked.channel, asked.caller.user, message)
                return
        await self._deps.messenger.direct(asked.caller.user, message)


def _said(message: Message) -> Answer:
    return {
        "response_type": "ephemeral",
        "text": message.text,
        "blocks": list(message.blocks),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _view_answer(answer: ViewAnswer, blocks: Mapping[str, str]) -> Answer:
    match answer:
        case None:
            return {}
        case FieldErrors(by_block):
            errors = {blocks.get(name, name): words for name, words in by_block.items()}
            return {"response_action": "errors", "errors": errors}
        case Replace(view):
            return {"response_action": "update", "view": view}
