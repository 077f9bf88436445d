"""What `evidence <target>` answers: a pack of four parts as HTML and JSON, with its proof."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.change import change_number
from bot.domain.effect import Question
from bot.domain.entry import EntryProof
from bot.domain.evidence import Evidence
from bot.domain.json import canonical
from bot.domain.pack import ChangeRecord, Pack
from bot.evidence.sections import SECTIONS
from bot.ports.slack import File
from bot.render.answer import render_text
from bot.render.pack_html import render_pack_html
from bot.render.texts import count
from bot.usecases.describe_change import describe_change
from bot.usecases.look import gather
from handlers.dependencies import Dependencies
from handlers.seen import Seen


async def pack(question: Question, deps: Dependencies) -> Seen:
    """Answer `evidence <target> [--change CHG-n]`: look at everything; the files follow once it is recorded."""
    name, *about = question.words[:2]
    ref, now = deps.desk.configuration.find(name), deps.desk.clock.now()
    target = deps.desk.configuration.target_of(ref)
    alias = target.alias if target else ref.deployment
    found = await gather(ref, alias, readers=deps.readers, now=now, sections=SECTIONS)
    seen = replace(found, asked_by=question.user)
    change = await _record(about[0], seen, deps) if about else None
    where = "in this channel" if question.share else "in your direct messages"
    gaps = (
        f" {count(len(seen.gaps), 'section')} could not be looked at; the pack says why." if seen.gaps else ""
    )
    of = f"{alias} for {change.id}" if change else alias
    beside = f", and the record of {change.id}" if change else ""
    parts = f"security, reliability, cost, performance{beside}"
    words = f"The evidence pack of {of} ({seen.id}) is {where}: {parts}.{gaps}"

    def packed(proof: EntryProof, vkey: str) -> Sequence[File]:
        return files_of(Pack(seen, proof, vkey, change))

    return Seen(render_text(words, question.ref), of, change.body if change else seen.body, packed)


async def _record(change: str, seen: Evidence, deps: Dependencies) -> ChangeRecord:
    """Return the change's record, which names the snapshot, and keep that, too."""
    async with deps.desk.archive.transaction() as tx:
        named = await tx.keep_evidence(seen.body, kind="evidence", now=seen.taken_at)
        return await describe_change(change_number(change), seen.ref.key, named, tx=tx)


def files_of(pack: Pack) -> Sequence[File]:
    """Return the pack's two files."""
    change = f"-{pack.change.id}" if pack.change else ""
    stem = f"evidence-{_plain(pack.evidence)}{change}-{pack.evidence.taken_at:%Y%m%d-%H%M}"
    title = f"Evidence of {pack.evidence.alias}, {pack.evidence.taken_at:%Y-%m-%d %H:%M} UTC"
    return (
        File(f"{stem}.html", title, render_pack_html(pack).encode()),
        File(f"{stem}.json", f"{title} (data and proof)", canonical(pack.as_json())),
    )


def _plain(evidence: Evidence) -> str:
    return "".join(char if char.isalnum() or char in "-_" else "-" for char in evidence.alias)[:60]
