"""`audit export` in chat: a part of the trail as a file for whoever may read it; who took it is recorded."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256

from bot.domain.change import change_number
from bot.domain.command_line import parse
from bot.domain.effect import Question
from bot.domain.entry import EntryProof
from bot.domain.trail_events import ExportPerformed
from bot.ports.slack import File, Message
from bot.ports.trail import FoundEntry, TrailQuery
from bot.render.answer import render_text
from bot.render.audit_formats import FORMATS, refuse_format
from bot.render.evidence import render_skeleton
from bot.usecases.ask_question import Asking, ask_question
from bot.usecases.export_trail import demand_small, exported_entries, wished_export
from handlers.audit_search import refused_reader
from handlers.dependencies import Dependencies
from handlers.freezing import zone_of
from handlers.seen import Seen
from handlers.shapes import Asked

_EMPTY = "No entry of the trail fits, so there is no file. Somebody may have named the wrong change or time."


async def ask_export(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message:
    """Let a job make the file, once the words are read and the person may read the trail.

    Raises:
        InvalidInputError: a word cannot be read; NotFoundError: there is no such change.
    """
    words = parse(typed, options=("format", "last", "from", "to", "change"))
    change = None
    if "change" in words.options:
        async with deps.desk.archive.reading() as look:
            change = await look.change(change_number(words.options["change"]))
    refused = await refused_reader("audit export", asked, deps, change)
    if refused is not None:
        return refused
    form = words.options.get("format", "jsonl").lower()
    refuse_format(form)
    timed = words.options.keys() & {"from", "to"}
    zone = await zone_of(asked.caller.user, deps) if timed else UTC
    query = wished_export(words, now=deps.desk.clock.now(), zone=zone)
    ends = [each.isoformat() if each else "" for each in (query.since, query.until)]
    asking = Asking("export", (form, query.change, *ends), asked.channel, asked.response_url)
    await ask_question(asking, caller=asked.caller, desk=deps.desk)
    return render_skeleton("Collecting entries of the audit trail …", asked.ref)


async def export(question: Question, deps: Dependencies) -> Seen:
    """Answer `audit export`: make the file, which follows once it is recorded who takes it."""
    form, change, *ends = question.words
    since, until = (datetime.fromisoformat(each) if each else None for each in ends)
    async with deps.desk.archive.reading() as look:
        entries = await exported_entries(TrailQuery(change=change, since=since, until=until), look)
        about = await look.change(change_number(change)) if change else None
    body = await asyncio.to_thread(_file, form, entries)
    demand_small(entries=len(entries), size=len(body))
    first, last = (_place(entries[0]), _place(entries[-1])) if entries else ("", "")
    event = ExportPerformed(
        change=change,
        resource=about.arm_id if about else "",
        format=form,
        entries=len(entries),
        first=first,
        last=last,
    )
    if not entries:
        return Seen(render_text(_EMPTY, question.ref), change, body, event=event)
    name = _name(form, change, f"{first}-to-{last}")

    def packed(_recorded: EntryProof, _vkey: str) -> Sequence[File]:
        return (File(name, f"Audit trail, {first} to {last}", body),)

    said = f"{_counted(entries)}, {first} to {last}, as {form}, oldest first"
    words = (
        f"{said}: the file {name} is in your direct messages. People's own words are not in it. "
        f"SHA-256 {sha256(body).hexdigest()}. Who took it is recorded."
    )
    return Seen(render_text(words, question.ref), change, body, packed, event, comment=f"{said}.")


def _file(form: str, entries: Sequence[FoundEntry]) -> bytes:
    return b"".join(FORMATS[form](entries)) if entries else b""


def _place(entry: FoundEntry) -> str:
    return f"{entry.shard}/{entry.seq}"


def _counted(entries: Sequence[FoundEntry]) -> str:
    return "1 entry" if len(entries) == 1 else f"{len(entries):,} entries"


def _name(form: str, change: str, places: str) -> str:
    stem = "-".join(part for part in ("audit", change, places.replace("/", ".")) if part)
    return f"{stem}.csv" if form == "csv" else f"{stem}.{'' if form == 'jsonl' else f'{form}.'}jsonl"
