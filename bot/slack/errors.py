"""Slack's errors as ours: what a job may try again, and what it may not."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.domain.errors import CountersignError, SlackLimitedError, SlackRefusedError, SlackUnavailableError

TRANSIENT = frozenset(
    {
        "rate_limited",
        "message_limit_exceeded",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
        "accesslimited",
    }
)
_MINUTE = 60
_ADVICE = {
    "not_in_channel": "Invite the app to the channel: /invite @Countersign.",
    "channel_not_found": "Invite the app to the channel, or correct its id in countersign.toml.",
    "is_archived": "The channel is archived: choose another one in countersign.toml.",
    "is_inactive": "The channel of that message is archived: what stands there stays as it is.",
    "posting_to_channel_denied": "The channel is archived: choose another one.",
    "missing_scope": "Reinstall the app with the manifest that `countersign manifest` prints.",
    "restricted_action": "A preference of the workspace forbids it to apps: ask an administrator of Slack.",
    "name_taken": "Another channel has that name; an archived one keeps its name, too.",
    "method_not_supported_for_channel_type": "Invite the app to the channel: /invite @Countersign.",
    "invalid_auth": "Set the bot token of this workspace again.",
    "token_revoked": "Install the app again and set its new bot token.",
    "account_inactive": "Install the app again and set its new bot token.",
    "expired_trigger_id": "Click again: Slack gives three seconds to open a form.",
    "exchanged_trigger_id": "Click again: one click opens one form.",
    "plan_upgrade_required": "This workspace has no user groups: list users in countersign.toml instead.",
    "no_such_subteam": "Correct the user group's id in countersign.toml.",
}


def translated(error: SlackApiError) -> CountersignError:
    """Return what an error answer of Slack means for us."""
    response = error.response
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    answer = getattr(response, "data", None)
    code = str(answer.get("error", "")) if isinstance(answer, dict) else ""
    if status == 429 or code == "ratelimited":
        return SlackLimitedError(
            f"Slack did not do it now ({code or status}).",
            advice="It is tried again.",
            seconds=_wait(getattr(response, "headers", None) or {}),
        )
    if code in TRANSIENT or status >= 500 or not code:
        return SlackUnavailableError(
            f"Slack did not do it now ({code or status or 'no answer'}).", advice="It is tried again."
        )
    return SlackRefusedError(f"Slack refused: {code}.", code=code, advice=_ADVICE.get(code, ""))


def _wait(headers: Mapping[str, str]) -> int:
    """Return how many seconds Slack wants us to wait; a minute where it does not say."""
    said = str(headers.get("Retry-After", "")).strip()
    return int(said) if said.isdigit() else _MINUTE


@asynccontextmanager
async def slack_errors() -> AsyncIterator[None]:
    """Raise our errors in place of Slack's and the network's."""
    try:
        yield
    except SlackApiError as error:
        raise translated(error) from error
    except (aiohttp.ClientError, TimeoutError, OSError, SlackClientError) as error:
        raise SlackUnavailableError(
            f"Slack did not answer ({type(error).__name__}).", advice="It is tried again."
        ) from error
