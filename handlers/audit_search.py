"""`audit search`: a page of entries for whoever may read the trail, and the pages before and after it."""

from dataclasses import replace
from datetime import UTC

from bot.domain.auditing import may_read_trail
from bot.domain.change import Change
from bot.domain.command_line import split
from bot.domain.policy import Refused
from bot.domain.request_events import EvidenceRead
from bot.domain.trail_words import read_wish
from bot.ports.slack import Message
from bot.render.answer import render_refused
from bot.render.trail import TrailPlace, render_trail
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.search_trail import query_of
from handlers.denying import remember_denied
from handlers.dependencies import Dependencies
from handlers.freezing import zone_of
from handlers.shapes import Asked, Reached

PAGE = 10
ALIAS = "the audit trail"


async def refused_reader(
    what: str, asked: Asked, deps: Dependencies, change: Change | None = None
) -> Message | None:
    """Return the refusal of somebody who may not read the trail, remembered; None for those who may."""
    named = set() if change is None else {change.request.requester, change.request.owner}
    people = await find_people({asked.caller.user, *named}, desk=deps.desk, max_age=FOR_A_DECISION)
    verdict = may_read_trail(people[asked.caller.user], deps.desk.configuration, people, change)
    if not isinstance(verdict, Refused):
        return None
    await remember_denied(asked, Reached(what, looks=True, typed=True), verdict.reason, deps)
    return render_refused(verdict, asked.ref)


async def search_trail(place: TrailPlace, asked: Asked, deps: Dependencies) -> Message:
    """Answer with a page of what the words find, once it is recorded who looked.

    Raises:
        InvalidInputError: a word cannot be read.
        AuditRefusedError: the look cannot be recorded; then nothing is shown.
    """
    refused = await refused_reader("audit search", asked, deps)
    if refused is not None:
        return refused
    wish = read_wish(split(place.words), me=asked.caller.user)
    zone = await zone_of(asked.caller.user, deps) if wish.start or wish.end else UTC
    query = query_of(wish, deps.desk.configuration, now=deps.desk.clock.now(), zone=zone)
    async with deps.desk.archive.transaction() as tx:
        seen = EvidenceRead(command=f"audit search {wish.words()}".strip(), alias=ALIAS)
        await tx.record(seen, by=asked.caller.actor, cause=asked.caller.cause)
    async with deps.desk.archive.reading() as look:
        page = await look.search_trail(replace(query, after=place.after, limit=PAGE))
    return render_trail(page, TrailPlace(wish.words(), place.pages), asked.ref)
