"""Who the app is in its workspace, as `auth.test` says."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.errors import slack_errors


@dataclass(frozen=True)
class Me:
    """The workspace, the bot user and the bot id of a token."""

    team: str
    user: str
    bot_id: str


async def who_am_i(client: AsyncWebClient) -> Me:
    """Return whose token this is. Raises SlackUnavailableError, SlackRefusedError."""
    async with slack_errors():
        answer = await client.auth_test()
    return Me(str(answer["team_id"]), str(answer["user_id"]), str(answer.get("bot_id") or ""))
