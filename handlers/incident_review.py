"""The post-incident review as one ZIP: in chat for whoever may read evidence, on the command line as a file."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from bot.domain.command_line import parse
from bot.domain.effect import Question
from bot.domain.entry import EntryProof
from bot.domain.incident import Incident, incident_number
from bot.domain.incident_review import Review
from bot.domain.trail_events import ExportPerformed
from bot.ports.reviews import ReviewLook
from bot.ports.slack import File, Message
from bot.render.answer import render_text
from bot.render.evidence import render_skeleton
from bot.render.review_files import review_files
from bot.render.review_parts import review_charts
from bot.render.texts import count
from bot.slack.picture import pictures
from bot.usecases.ask_question import Asking, ask_question
from bot.usecases.review_incident import review_incident
from handlers.audit_search import refused_reader
from handlers.dependencies import Dependencies
from handlers.incident_loading import meant
from handlers.seen import Seen
from handlers.shapes import Asked
from handlers.zipped import zipped


async def ask_review(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message:
    """Let a job make the review of the incident that is named, or whose channel this is.

    Where channels are private it is for those who work on it, and for whoever may read the trail.

    Raises:
        InvalidInputError: no incident is meant; NotFoundError: there is none of that number.
    """
    words = parse(typed, flags=("share",))
    number, _ = await meant(words.arguments, asked, deps)
    async with deps.desk.archive.reading() as look:
        incident = await look.incident(number)
    if deps.desk.configuration.incidents.private and not _is_in_it(incident, asked):
        refused = await refused_reader("incident export", asked, deps)
        if refused is not None:
            return refused
    asking = Asking("review", (incident.id,), asked.channel, asked.response_url, words.flag("share"))
    await ask_question(asking, caller=asked.caller, desk=deps.desk)
    return render_skeleton(f"Collecting what is on record of {incident.id} …", asked.ref)


def _is_in_it(incident: Incident, asked: Asked) -> bool:
    """Return whether somebody works on an incident whose channel is private, or asks in that channel."""
    named = {incident.lead, incident.declared_by, *incident.roles.values()}
    return asked.caller.user in named or bool(asked.channel and asked.channel == incident.channel)


async def made_review(
    number: int, *, reading: AbstractAsyncContextManager[ReviewLook], vkeys: Sequence[str], now: datetime
) -> tuple[Review, bytes]:
    """Return a review and its ZIP, drawn after the reading has ended; raise as `review_incident`."""
    async with reading as look:
        review = await review_incident(number, look=look, vkeys=vkeys, now=now)
    charts = review_charts(review)
    drawn = {chart.title: file.content for chart, file in zip(charts, await pictures(charts), strict=True)}
    return review, await asyncio.to_thread(lambda: zipped(review_files(review, drawn)))


def review_name(review: Review) -> str:
    """Return the name of the ZIP."""
    return f"review-{review.incident.id}-{review.made_at:%Y%m%d-%H%M}.zip"


def exported(review: Review) -> ExportPerformed:
    """Return the entry that says who took a review."""
    places = [str(each.seq) for each in review.entries]
    first, last = (places[0], places[-1]) if places else ("", "")
    return ExportPerformed(
        format=f"review of {review.incident.id}", entries=len(places), first=first, last=last
    )


async def review(question: Question, deps: Dependencies) -> Seen:
    """Answer `incident export INC-n`: make the ZIP, which follows once it is recorded who takes it."""
    number, now = incident_number(question.words[0]), deps.desk.clock.now()
    reading = deps.desk.archive.reading()
    found, content = await made_review(number, reading=reading, vkeys=(deps.vkey,), now=now)
    incident = found.incident

    def packed(_recorded: EntryProof, _vkey: str) -> Sequence[File]:
        title = f"Post-incident review of {incident.id}"
        return (File(review_name(found), title, content),)

    state = "" if incident.resolved_at else " It is still open: make it again when it is resolved."
    where = "in this channel" if question.share else "in your direct messages"
    parts = f"{count(len(found.snapshots), 'snapshot')}, {count(len(found.changes), 'linked change')}"
    words = (
        f"The post-incident review of {incident.id} is {where}: Markdown, HTML and JSON, {parts}, "
        f"{len(found.timeline)} lines of the timeline, and the proofs of {len(found.entries)} entries.{state}"
    )
    comment = f"Post-incident review of {incident.id}; `review.html` is where to begin."
    return Seen(render_text(words, question.ref), incident.id, content, packed, exported(found), comment)
