"""What `audit proof CHG-n` answers: the change's proof pack as a file, with the verdict and how to check it alone."""

from collections.abc import Sequence
from hashlib import sha256

from bot.domain.change import change_number
from bot.domain.effect import Question
from bot.domain.entry import EntryProof
from bot.domain.json import canonical
from bot.domain.proof_check import check_pack
from bot.domain.public_key import PublicKey
from bot.domain.trail_events import ProofPackIssued
from bot.ports.slack import File
from bot.render.proof import render_proof
from handlers.dependencies import Dependencies
from handlers.seen import Seen

WITHHOLD = "--withhold"


async def proof(question: Question, deps: Dependencies) -> Seen:
    """Answer `audit proof CHG-n`: build the pack, check it as a stranger would; the file follows once recorded."""
    number, disclosed = change_number(question.words[0]), WITHHOLD not in question.words
    async with deps.desk.archive.reading() as look:
        change = await look.change(number)
        found = await look.proof_pack(change, disclose=disclosed)
    body = canonical(found.as_json())
    verdict = check_pack(body.decode(), [PublicKey.parse(each) for each in found.vkeys])
    name = f"proof-{change.id}-{verdict.size}.json"
    event = ProofPackIssued(
        change=change.id,
        resource=change.arm_id,
        sha256=sha256(body).hexdigest(),
        entries=sum(len(each.entries) for each in found.bundles),
        holds=verdict.exit == 0,
        disclosed=disclosed,
        shared=question.share,
    )

    def packed(_recorded: EntryProof, _vkey: str) -> Sequence[File]:
        return (File(name, f"Proof of {change.id}", body),)

    message = render_proof(verdict, name=name, vkeys=found.vkeys, share=question.share, ref=question.ref)
    return Seen(message, change.id, body, packed, event, comment=verdict.headline)
