"""What `evidence <target>` answers: a pack of four parts as HTML and JSON, with its proof."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.effect import Question
from bot.domain.entry import EntryProof
from bot.domain.evidence import Evidence
from bot.domain.json import canonical
from bot.domain.pack import Pack
from bot.evidence.sections import SECTIONS
from bot.ports.slack import File
from bot.render.answer import render_text
from bot.render.pack_html import render_pack_html
from bot.usecases.look import gather
from handlers.dependencies import Dependencies
from handlers.seen import Seen


async def pack(question: Question, deps: Dependencies) -> Seen:
    """Answer `evidence <target> [--change CHG-n]`: look at everything; the files follow once it is recorded."""
    name, *about = question.words
    ref, now = deps.desk.configuration.find(name), deps.desk.clock.now()
    target = deps.desk.configuration.target_of(ref)
    alias = target.alias if target else ref.deployment
    found = await gather(ref, alias, readers=deps.readers, now=now, sections=SECTIONS)
    seen = replace(found, asked_by=question.user)
    where = "in this channel" if question.share else "in your direct messages"
    gaps = f" {len(seen.gaps)} sections could not be looked at; the pack says why." if seen.gaps else ""
    words = f"The evidence pack of {alias} ({seen.id}) is {where}: security, reliability, cost, performance.{gaps}"

    def packed(proof: EntryProof, vkey: str) -> Sequence[File]:
        return files_of(Pack(seen, proof, vkey, about[0] if about else ""))

    return Seen(render_text(words, question.ref), alias, seen.body, packed)


def files_of(pack: Pack) -> Sequence[File]:
    """Return the pack's two files."""
    stem = f"evidence-{_plain(pack.evidence)}-{pack.evidence.taken_at:%Y%m%d-%H%M}"
    title = f"Evidence of {pack.evidence.alias}, {pack.evidence.taken_at:%Y-%m-%d %H:%M} UTC"
    return (
        File(f"{stem}.html", title, render_pack_html(pack).encode()),
        File(f"{stem}.json", f"{title} (data and proof)", canonical(pack.as_json())),
    )


def _plain(evidence: Evidence) -> str:
    return "".join(char if char.isalnum() or char in "-_" else "-" for char in evidence.alias)[:60]
