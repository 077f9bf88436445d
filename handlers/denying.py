"""Writing down who was turned away, at once and then once a minute."""

import asyncio

import structlog

from bot.domain.errors import CountersignError
from bot.domain.event import AuditEvent
from bot.domain.people import Actor, system
from bot.domain.redaction import redact
from bot.domain.trail_events import AuthFailed, CommandDenied, PermissionDenied
from handlers.denials import EVERY, Denied
from handlers.dependencies import Dependencies
from handlers.shapes import Asked, Reached

LOG = structlog.get_logger("denied")
_LONGEST = 200


async def remember_denied(asked: Asked, reached: Reached, why: str, deps: Dependencies) -> None:
    """Append the entry of a refusal, or count it for the next; a refusal is said whether or not that can be."""
    person = asked.caller.person
    kind = "command" if reached.typed else "permission"
    denied = Denied(person.user, person.team, kind, redact(reached.name)[:_LONGEST], why[:_LONGEST])
    if deps.denials.count(denied, deps.desk.clock.now()):
        try:
            async with deps.desk.archive.transaction() as tx:
                await tx.record(_event(denied, 1), by=asked.caller.actor, cause=asked.caller.cause)
        except CountersignError as error:
            LOG.warning("denied.unrecorded", ref=asked.ref, error=type(error).__name__)


async def write_denials(deps: Dependencies) -> None:
    """Append one entry for everybody who was turned away again since the last, and one for unsigned requests."""
    found = deps.denials.due(deps.desk.clock.now())
    unsigned = deps.denials.take_unsigned()
    if not found and not unsigned:
        return
    async with deps.desk.archive.transaction() as tx:
        for denied, attempts in found.items():
            actor = Actor("slack_user", denied.user, denied.team)
            await tx.record(_event(denied, attempts), by=actor, cause=deps.cause("timer"))
        if unsigned:
            event = AuthFailed(attempts=unsigned, seconds=int(EVERY.total_seconds()))
            await tx.record(event, by=system("slack"), cause=deps.cause("timer"))


async def keep_writing_denials(deps: Dependencies) -> None:
    """Write what was counted once a minute, until cancelled."""
    while True:
        await asyncio.sleep(EVERY.total_seconds())
        try:
            await write_denials(deps)
        except CountersignError as error:
            LOG.warning("denied.unrecorded", error=type(error).__name__)


def _event(denied: Denied, attempts: int) -> AuditEvent:
    if denied.kind == "command":
        return CommandDenied(command=denied.what, why=denied.why, attempts=attempts)
    return PermissionDenied(attempt=denied.what, why=denied.why, attempts=attempts)
