"""Find out whether a deployment does not exist (any more), since when, and who deleted it."""

import asyncio
from datetime import datetime, timedelta

from bot.domain.az_command import activity_list, deployment_show
from bot.domain.deployment import DeploymentRef
from bot.domain.errors import CountersignError, NotFoundError
from bot.domain.evidence import GONE, Fact, SectionResult
from bot.domain.inventory import ActivityEntry
from bot.domain.own_write import change_of, own_writes
from bot.ports.registry import Readers

HISTORY = timedelta(days=89)  # the activity log keeps 90 days
_SECONDS = 5.0


async def find_gone(ref: DeploymentRef, *, readers: Readers, now: datetime) -> SectionResult | None:
    """Return what is known of a deployment that does not exist; None where it does, or nobody can tell."""
    try:
        await readers.azure.deployment(ref)
    except NotFoundError as error:
        return await _gone(ref, error, readers, now)
    except CountersignError:
        return None
    return None


async def _gone(ref: DeploymentRef, error: NotFoundError, readers: Readers, now: datetime) -> SectionResult:
    since = now - HISTORY
    try:
        async with asyncio.timeout(_SECONDS):
            found = await readers.inventory.activity(ref.account, since, now)
            deleted, unknown = next(filter(lambda each: _is_deletion(each, ref), found), None), ""
    except (CountersignError, TimeoutError):
        deleted, unknown = None, "unknown: the activity log could not be read"
    state = "does not exist any more" if deleted else "does not exist"
    said = (
        await _by(deleted, ref, readers)
        if deleted
        else unknown or f"not in {HISTORY.days} days. {error.advice}"
    )
    facts = (
        Fact("State", state, "", deployment_show(ref), now),
        Fact("Deleted", said.strip(), "", activity_list(ref.account, since), now),
    )
    return SectionResult(GONE, "Deployment", facts)


def _is_deletion(entry: ActivityEntry, ref: DeploymentRef) -> bool:
    is_it = entry.resource.lower() == ref.key and entry.operation.lower().endswith("/delete")
    return is_it and entry.status.lower() not in ("failed", "canceled")


async def _by(entry: ActivityEntry, ref: DeploymentRef, readers: Readers) -> str:
    ours = change_of(entry, own_writes(await readers.journal.sent(ref)))
    return f"{entry.at:%d %b %Y %H:%M} UTC by {entry.caller}{f', {ours}' if ours else ''}"
