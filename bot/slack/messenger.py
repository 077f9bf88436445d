"""Speaking in Slack: every message is checked before it leaves, and falls back to the classic tier once."""

import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.errors import SlackRefusedError, SlackUnavailableError
from bot.ports.slack import Block, File, Message
from bot.render.chart_blocks import undrawn
from bot.render.classic import classic
from bot.render.lint import check_message, check_view
from bot.render.texts import is_user
from bot.slack.channels import OwnChannels
from bot.slack.client import DEADLINE_SECONDS, is_slack_url, patient
from bot.slack.errors import slack_errors
from bot.slack.picture import pictures
from bot.slack.upload import upload_files

_Call = Callable[[Message], Awaitable[str]]
_Sent = tuple[str, Message]
_REFUSED = re.compile(r'"error"\s*:\s*"([a-z_]{2,60})"|^([a-z]+_url)$')
_NO_UNFURL = {"unfurl_links": False, "unfurl_media": False}


class SlackMessenger:
    """The Messenger port over the Web API. One rate limit is waited out, except where a trigger runs out.

    `allowed` are the channels in which another company may read along.
    """

    def __init__(
        self, client: AsyncWebClient, hosts: frozenset[str], allowed: frozenset[str] = frozenset()
    ) -> None:
        self._client = client
        self._patient = patient(client)
        self._hosts = hosts
        self._channels = OwnChannels(self._patient, allowed)

    async def post(self, channel: str, message: Message) -> str:
        """Post an ordinary message and return its ts; charts it could not show follow in its thread."""
        return await self._post(channel, message, None)

    async def reply(self, channel: str, thread_ts: str, message: Message) -> str:
        """Post in the thread of a message and return the reply's ts."""
        return await self._post(channel, message, thread_ts)

    async def refuse_shared(self, channel: str) -> None:
        """Raise SlackRefusedError where another company reads along and the policy file does not want that."""
        await self._channels.refuse_shared(channel)

    async def _post(self, channel: str, message: Message, thread_ts: str | None) -> str:
        async def send(tier: Message) -> str:
            await self.refuse_shared(channel)
            answer = await self._patient.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts,
                text=tier.text,
                blocks=list(tier.blocks) or None,
                metadata=_metadata(tier),
                unfurl_links=False,
                unfurl_media=False,
            )
            return _text(answer, "ts")

        ts, shown = await _in_tiers(message, send)
        await self._pictures(channel, ts, shown)
        return ts

    async def _pictures(self, channel: str, ts: str, shown: Message) -> None:
        """Share the charts that no block shows; a message without them still has their numbers."""
        charts = undrawn(shown)
        if charts:
            with suppress(SlackRefusedError, SlackUnavailableError):
                await self.upload(channel, await pictures(charts), thread_ts=ts)

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Edit one of our messages in place."""

        async def send(tier: Message) -> str:
            answer = await self._patient.chat_update(
                channel=channel,
                ts=ts,
                text=tier.text,
                blocks=list(tier.blocks) or None,
                metadata=_metadata(tier),
            )
            return _text(answer, "ts")

        await _in_tiers(message, send)

    async def ephemeral(self, channel: str, user: str, message: Message) -> None:
        """Show a message to one person in a channel."""

        async def send(tier: Message) -> str:
            blocks = list(tier.blocks) or None
            answer = await self._patient.chat_postEphemeral(
                channel=channel, user=user, text=tier.text, blocks=blocks
            )
            return _text(answer, "message_ts")

        await _in_tiers(message, send)

    async def direct(self, user: str, message: Message) -> str:
        """Send a direct message and return its ts."""
        return await self.post(await self.conversation(user), message)

    async def link(self, channel: str, ts: str) -> str:
        """Return the address of a message."""
        async with slack_errors():
            answer = await self._patient.chat_getPermalink(channel=channel, message_ts=ts)
        return _text(answer, "permalink")

    async def conversation(self, user: str) -> str:
        """Return the channel of the direct messages with a person."""
        async with slack_errors():
            opened = await self._patient.conversations_open(users=user)
        channel = opened.get("channel")
        if not isinstance(channel, dict) or not isinstance(channel.get("id"), str):
            raise SlackUnavailableError("Slack opened no direct message.")
        return str(channel["id"])

    async def upload(
        self, channel: str, files: Sequence[File], *, comment: str = "", thread_ts: str = ""
    ) -> Sequence[str]:
        """Share files in a channel, or with a person by user id, under one comment; return their ids."""
        place = await self.conversation(channel) if is_user(channel) else channel
        await self.refuse_shared(place)
        return await upload_files(self._patient, place, files, comment=comment, thread_ts=thread_ts)

    async def respond(self, response_url: str, message: Message, *, replace: bool) -> None:
        """Answer a command through its response_url, replacing what stands there if asked."""
        if not is_slack_url(response_url, self._hosts):
            raise SlackRefusedError("That response_url is not Slack's.", code="invalid_response_url")

        async def send(tier: Message) -> str:
            body = {
                "text": tier.text,
                "replace_original": replace,
                "response_type": "ephemeral",
                **_NO_UNFURL,
            }
            await self._respond(response_url, body | ({"blocks": list(tier.blocks)} if tier.blocks else {}))
            return ""

        await _in_tiers(message, send)

    async def _respond(self, url: str, body: dict[str, Any]) -> None:
        session = self._client.session
        if session is None:
            raise SlackUnavailableError("The connection to Slack is not open.")
        deadline = aiohttp.ClientTimeout(total=DEADLINE_SECONDS)
        async with session.post(
            url, json=body, allow_redirects=False, timeout=deadline, proxy=self._client.proxy
        ) as answer:
            said = (await answer.text(errors="replace"))[:200]
        if answer.status == 429 or answer.status >= 500:
            raise SlackUnavailableError(f"Slack did not take the answer now ({answer.status}).")
        refused = _REFUSED.search(said)
        if answer.status != 200 or refused:
            code = (refused[1] or refused[2]) if refused else f"http_{answer.status}"
            raise SlackRefusedError(f"Slack refused the answer: {code}.", code=code)

    async def open_view(self, trigger_id: str, view: Block) -> str:
        """Open a modal within the 3 s of its trigger and return the view id."""
        _checked_view(view)
        async with slack_errors():
            answer = await self._client.views_open(trigger_id=trigger_id, view=view)
        opened = answer.get("view")
        return str(opened["id"]) if isinstance(opened, dict) and "id" in opened else ""

    async def update_view(self, view_id: str, view: Block) -> None:
        """Replace an open modal."""
        _checked_view(view)
        async with slack_errors():
            await self._patient.views_update(view_id=view_id, view=view)

    async def publish_home(self, user: str, view: Block) -> None:
        """Show a person their Home tab."""
        _checked_view(view)
        async with slack_errors():
            await self._patient.views_publish(user_id=user, view=view)


def _metadata(message: Message) -> dict[str, Any] | None:
    return None if message.metadata is None else dict(message.metadata)


async def _in_tiers(message: Message, send: _Call) -> _Sent:
    """Return what sending gave, and the tier that Slack took."""
    _checked_message(message)
    try:
        async with slack_errors():
            return await send(message), message
    except SlackRefusedError as error:
        older = classic(message)
        if error.code not in ("invalid_blocks", "invalid_blocks_format") or older is None:
            raise
    async with slack_errors():
        return await send(older), older


def _checked_message(message: Message) -> None:
    try:
        check_message(message)
    except ValueError as error:
        raise _unfit(error) from error


def _checked_view(view: Block) -> None:
    try:
        check_view(view)
    except ValueError as error:
        raise _unfit(error) from error


def _unfit(error: ValueError) -> SlackRefusedError:
    return SlackRefusedError(f"This message would be refused by Slack: {error}.", code="invalid_blocks")


def _text(answer: AsyncSlackResponse, key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str):
        raise SlackUnavailableError(f"Slack's answer has no {key}.")
    return value
