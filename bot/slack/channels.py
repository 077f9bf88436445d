"""Whose a channel is, as Slack says it at the moment when something is about to be said there."""

import asyncio

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import SlackRefusedError, SlackUnavailableError
from bot.slack.errors import slack_errors

_SHARED = ("is_ext_shared", "is_pending_ext_shared")


class OwnChannels:
    """Lets nothing be said where another company reads along, or is invited to; `allowed` are the exceptions."""

    def __init__(self, client: AsyncWebClient, allowed: frozenset[str]) -> None:
        self._client = client
        self._allowed = allowed
        self._turn = asyncio.Lock()

    async def refuse_shared(self, channel: str) -> None:
        """Ask Slack whose a channel is; a conversation with one person is nobody else's.

        One asks at a time: Slack answers this fifty times a minute, and who waits in a line is not refused.

        Raises:
            SlackRefusedError: it is shared with another company, or Slack does not let us know.
            SlackUnavailableError: Slack did not say.
        """
        if channel in self._allowed or channel.startswith("D"):
            return
        async with self._turn, slack_errors():
            answer = await self._client.conversations_info(channel=channel)
        found = answer.get("channel")
        if not isinstance(found, dict) or found.get("id") != channel:
            raise SlackUnavailableError("Slack's answer names no channel.")
        if any(found.get(flag) for flag in _SHARED):
            raise SlackRefusedError(
                f"The channel {channel} is shared with another company, so nothing is posted there.",
                code="shared_channel",
                advice="Choose another in countersign.toml, or name it in [workspace] shared_channels.",
            )
