"""The Bolt app: which listener hears what, and how the app is reached. What they do is in slack_doors.py."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.domain.errors import CountersignError
from handlers.dependencies import Dependencies
from handlers.events.registry import SLACK_EVENTS
from handlers.slack_doors import Doors, Identity

LOG = structlog.get_logger("slack")
ANYTHING = re.compile(".*")


def slack_app(deps: Dependencies, identity: Identity, client: Any, *, auth: str) -> AsyncApp:
    """Return the app with its listeners. Requests were verified before they get here (handlers/web/door.py)."""

    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None,
            team_id=identity.team,
            bot_token=identity.token,
            bot_id=identity.bot_id,
            bot_user_id=identity.bot_user,
        )

    app = AsyncApp(
        client=client,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        raise_error_for_unhandled_request=False,
    )
    doors = Doors(deps, identity, auth)
    app.command(re.compile(r"^/(countersign|cs)$"))(doors.listener(doors.command))
    app.event("app_mention")(doors.listener(doors.mention))
    for event in SLACK_EVENTS:
        app.event(event.type)(doors.listener(doors.event))
    app.action(re.compile(r"^(change|evidence|drift|freeze|incident|trail)\..*|^value$"))(
        doors.listener(doors.action)
    )
    app.view(re.compile(r"^(change|drift|freeze|incident)\..*"))(doors.listener(doors.view))
    app.shortcut(re.compile(r"^shortcut\..*"))(doors.listener(doors.shortcut))
    app.event(ANYTHING)(_acknowledge)
    app.action(ANYTHING)(_acknowledge)
    app.view(ANYTHING)(_acknowledge)
    app.view_closed(ANYTHING)(_acknowledge)
    app.shortcut(ANYTHING)(_acknowledge)
    app.error(_failed)
    return app


async def _acknowledge(ack: Callable[..., Awaitable[Any]]) -> None:
    await ack()


async def _failed(error: Exception) -> BoltResponse:
    """Answer for a door that did not get to its end: what may go better next time is asked for again."""
    if isinstance(error, CountersignError) and not error.retryable:
        LOG.warning("slack.unanswered", error=type(error).__name__)
        return BoltResponse(status=200)
    if isinstance(error, CountersignError):
        LOG.warning("slack.unavailable", error=type(error).__name__)
    else:
        LOG.error("slack.bug", exc_info=error)
    return BoltResponse(status=503)


async def dispatch(
    app: AsyncApp, headers: Mapping[str, str], body: str
) -> tuple[int, Mapping[str, str], str]:
    """Run a verified HTTP request through the app and return status, headers and body."""
    request = AsyncBoltRequest(body=body, headers={name: [value] for name, value in headers.items()})
    response = await app.async_dispatch(request)
    return response.status, response.first_headers_without_set_cookie(), response.body


def socket_connections(app: AsyncApp, app_token: str, count: int = 2) -> list[AsyncSocketModeHandler]:
    """Return Socket Mode connections for the app, not connected yet."""
    return [AsyncSocketModeHandler(app, app_token) for _ in range(count)]
