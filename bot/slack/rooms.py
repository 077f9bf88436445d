"""The Channels port over the Web API. One rate limit is waited out: these calls are for jobs, not for triggers."""

from collections.abc import Mapping, Sequence
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import SlackRefusedError, SlackUnavailableError
from bot.ports.channels import Channel, Posted
from bot.render.texts import shorten
from bot.slack.attached import attached_files
from bot.slack.channels import OwnChannels
from bot.slack.client import patient
from bot.slack.errors import slack_errors
from bot.slack.said import words_of

_TOPIC = 250
_TITLE = 256
_AT_ONCE = 100
_THERE = frozenset({"already_in_channel", "cant_invite_self"})
_PERSONAL = _THERE | {
    "cant_invite",
    "invitee_cant_see_channel",
    "no_external_invite_permission",
    "no_permission",
    "org_user_not_in_team",
    "ura_max_channels",
    "user_is_restricted",
    "user_not_found",
}
_Found = Mapping[str, Any]


class SlackRooms:
    """Channels of one workspace. `allowed` are those in which another company may read along."""

    def __init__(self, client: AsyncWebClient, allowed: frozenset[str] = frozenset()) -> None:
        self._client = patient(client)
        self._own = OwnChannels(self._client, allowed)

    async def create(self, name: str, *, private: bool) -> Channel:
        """Make a channel and return it; this app is its first member."""
        async with slack_errors():
            answer = await self._client.conversations_create(name=name, is_private=private)
        return _channel(answer.get("channel"))

    async def invite(self, channel: str, users: Sequence[str]) -> Mapping[str, str]:
        """Invite people, a hundred at once, and return who could not be, with Slack's word for it."""
        refused: dict[str, str] = {}
        for start in range(0, len(users), _AT_ONCE):
            refused |= await self._invite(channel, users[start : start + _AT_ONCE])
        return {user: why for user, why in refused.items() if why not in _THERE}

    async def _invite(self, channel: str, users: Sequence[str]) -> Mapping[str, str]:
        try:
            async with slack_errors():
                answer = await self._client.conversations_invite(
                    channel=channel, users=list(users), force=True
                )
        except SlackRefusedError as error:
            if error.code not in _PERSONAL:
                raise
            if len(users) == 1:
                return {users[0]: error.code}
            refused: dict[str, str] = {}
            for user in users:
                refused |= await self._invite(channel, [user])
            return refused
        return {str(each.get("user")): str(each.get("error")) for each in _objects(answer.get("errors"))}

    async def topic(self, channel: str, words: str) -> None:
        """Set the topic, cut to 250 characters."""
        await self._own.refuse_shared(channel)
        async with slack_errors():
            await self._client.conversations_setTopic(channel=channel, topic=shorten(words, _TOPIC))

    async def pin(self, channel: str, ts: str) -> None:
        """Pin a message; one that is pinned already stays so."""
        try:
            async with slack_errors():
                await self._client.pins_add(channel=channel, timestamp=ts)
        except SlackRefusedError as error:
            if error.code != "already_pinned":
                raise

    async def bookmark(self, channel: str, title: str, link: str) -> None:
        """Put a link into the bookmarks bar, unless it is there already."""
        await self._own.refuse_shared(channel)
        async with slack_errors():
            found = (await self._client.bookmarks_list(channel_id=channel)).get("bookmarks")
            if any(each.get("link") == link for each in _objects(found)):
                return
            await self._client.bookmarks_add(
                channel_id=channel, title=shorten(title, _TITLE), type="link", link=link
            )

    async def join(self, channel: str) -> Channel:
        """Enter a public channel that is this company's alone."""
        await self._own.refuse_shared(channel)
        async with slack_errors():
            answer = await self._client.conversations_join(channel=channel)
        return _channel(answer.get("channel"))

    async def look(self, channel: str) -> Channel:
        """Return a channel as it is now."""
        async with slack_errors():
            answer = await self._client.conversations_info(channel=channel)
        return _channel(answer.get("channel"))

    async def message(self, channel: str, ts: str) -> Posted:
        """Return a message, of a thread as well, with the digests of its files."""
        async with slack_errors():
            answer = await self._client.conversations_replies(
                channel=channel, ts=ts, oldest=ts, latest=ts, inclusive=True
            )
        found = next((each for each in _objects(answer.get("messages")) if each.get("ts") == ts), None)
        if found is None:
            raise SlackRefusedError("That message is not there, or no more.", code="message_not_found")
        author = str(found.get("user") or found.get("bot_id") or "")
        files = await attached_files(self._client, _objects(found.get("files")))
        thread = str(found.get("thread_ts") or "")
        return Posted(ts, author, words_of(found), files, "" if thread == ts else thread)


def _objects(found: object) -> Sequence[_Found]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _channel(found: object) -> Channel:
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        raise SlackUnavailableError("Slack's answer names no channel.")
    return Channel(
        found["id"],
        str(found.get("name") or ""),
        is_private=bool(found.get("is_private")),
        is_archived=bool(found.get("is_archived")),
        is_member=bool(found.get("is_member")),
    )
