"""Who people are, as Slack says it now: account flags and user groups."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import SlackRefusedError, SlackUnavailableError
from bot.domain.people import Standing
from bot.slack.errors import slack_errors

_ELSEWHERE = "you belong to another workspace"
_WHY_NOT: tuple[tuple[str, str], ...] = (
    ("deleted", "your account is deactivated"),
    ("is_bot", "you are a bot"),
    ("is_workflow_bot", "you are a workflow"),
    ("is_ultra_restricted", "you are a guest in this workspace"),
    ("is_restricted", "you are a guest in this workspace"),
    ("is_stranger", _ELSEWHERE),
    ("is_invited_user", "you have not joined this workspace yet"),
)
_DAY_SECONDS = 86400
_UNKNOWN = frozenset({"user_not_found", "users_not_found", "user_not_visible"})


class SlackWebDirectory:
    """The SlackDirectory port over the Web API. It has no clock: the caller notes when it looked."""

    def __init__(self, client: AsyncWebClient, team: str) -> None:
        self._client = client
        self._team = team

    async def standing(self, user: str) -> Standing:
        """Return a person's account flags; `groups` is empty. Somebody Slack does not know is no member."""
        try:
            async with slack_errors():
                answer = await self._client.users_info(user=user)
        except SlackRefusedError as error:
            if error.code in _UNKNOWN:
                return Standing(user, full_member=False, why_not="Slack does not know you in this workspace")
            raise
        found = answer.get("user")
        if not isinstance(found, dict) or found.get("id") != user:
            raise SlackUnavailableError("Slack's answer names nobody.")
        why_not = _why_not(found) or ("" if self._team in _teams(found) else _ELSEWHERE)
        zone, offset = found.get("tz"), found.get("tz_offset")
        return Standing(
            user,
            full_member=not why_not,
            why_not=why_not,
            tz=zone if isinstance(zone, str) else "",
            tz_offset=offset if isinstance(offset, int) else 0,
        )

    async def members(self, usergroup: str) -> frozenset[str]:
        """Return the user ids of a user group. Raises SlackRefusedError when there is no such group."""
        async with slack_errors():
            answer = await self._client.usergroups_users_list(usergroup=usergroup)
        users = answer.get("users")
        if not isinstance(users, list):
            raise SlackUnavailableError("Slack's answer names no members.")
        return frozenset(user for user in users if isinstance(user, str))

    async def zone(self, user: str) -> tzinfo:
        """Return the time zone a person has in Slack: by name, else by its distance from UTC, else UTC."""
        async with slack_errors():
            answer = await self._client.users_info(user=user)
        found = answer.get("user")
        return _zone(found if isinstance(found, dict) else {})


def _zone(user: Mapping[str, Any]) -> tzinfo:
    name, offset = user.get("tz"), user.get("tz_offset")
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(str(name))
    if not isinstance(offset, int) or abs(offset) >= _DAY_SECONDS:
        return UTC
    return timezone(timedelta(seconds=offset))


def _why_not(user: Mapping[str, Any]) -> str:
    return next((words for flag, words in _WHY_NOT if user.get(flag)), "")


def _teams(user: Mapping[str, Any]) -> list[Any]:
    """Return the workspaces of a user. In a channel shared with another company its people are no strangers."""
    everywhere = user.get("enterprise_user")
    more = everywhere.get("teams") if isinstance(everywhere, Mapping) else None
    return [user.get("team_id"), *(more if isinstance(more, list) else [])]
