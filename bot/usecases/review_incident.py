"""Review an incident: read everything that is on record of it, with what proves it. It changes nothing."""

import json
from collections.abc import Sequence
from datetime import datetime

from bot.domain.change import Change
from bot.domain.entry import EntryProof
from bot.domain.errors import CountersignError
from bot.domain.incident import Incident, IncidentSnapshot, IncidentState
from bot.domain.incident_review import USUAL, Review, ReviewedChange, ReviewedSnapshot, usual_times
from bot.domain.json import canonical
from bot.domain.kept_snapshot import read_snapshot
from bot.domain.operation import moved_words
from bot.domain.proof_check import check_pack
from bot.domain.public_key import PublicKey
from bot.ports.incidents import IncidentQuery
from bot.ports.reviews import ReviewLook
from bot.ports.trail import FoundEntry, TrailQuery

_MOST = 500
_PAGE = 500


async def review_incident(number: int, *, look: ReviewLook, vkeys: Sequence[str], now: datetime) -> Review:
    """Return the review of an incident, open or resolved; `vkeys` are the trail's public keys.

    Raises:
        NotFoundError: there is no such incident.
        LedgerBrokenError: the trail does not prove its entries.
    """
    incident = await look.incident(number)
    others = await _others(incident, look, now)
    return Review(
        incident,
        now,
        tuple(await look.timeline(number)),
        tuple([await _snapshot(each, look) for each in await look.snapshots(number)]),
        tuple([await _change(await look.change(each), look) for each in await look.changes_of(number)]),
        await _entries(incident, look),
        tuple(vkeys),
        usual_times(others),
        len(others),
    )


async def _others(incident: Incident, look: ReviewLook, now: datetime) -> list[Incident]:
    """Return the other real incidents of the last 90 days that were resolved."""
    asked = IncidentQuery(state=IncidentState.RESOLVED, declared_since=now - USUAL, drills=False, limit=_MOST)
    return [each for each in await look.incidents(asked) if each.number != incident.number]


async def _snapshot(row: IncidentSnapshot, look: ReviewLook) -> ReviewedSnapshot:
    body = await look.evidence(row.sha256) if row.is_taken else None
    return ReviewedSnapshot(row) if body is None else ReviewedSnapshot(row, body, read_snapshot(body))


async def _change(change: Change, look: ReviewLook) -> ReviewedChange:
    plan = change.plan
    proof, verdict, holds = await _proof(change, look)
    return ReviewedChange(
        change.id,
        change.request.kind,
        change.request.type.value,
        change.request.target,
        change.state.value,
        change.request.requester,
        change.request.owner,
        moved_words(plan.before, plan.after) if plan is not None and plan.before and plan.after else "",
        change.executed_at,
        proof,
        verdict,
        holds,
    )


async def _proof(change: Change, look: ReviewLook) -> tuple[bytes, str, bool]:
    """Return the change's proof pack and what its check says; why there is none, where there is none."""
    try:
        pack = await look.proof_pack(change, disclose=False)
    except CountersignError as error:
        return b"", f"{error} {error.advice}".strip(), False
    body = canonical(pack.as_json())
    verdict = check_pack(body.decode(), [PublicKey.parse(each) for each in pack.vkeys])
    return body, verdict.headline, verdict.exit == 0


async def _entries(incident: Incident, look: ReviewLook) -> tuple[EntryProof, ...]:
    """Return the proofs of every entry of the trail that is of this incident, oldest first."""
    found: list[FoundEntry] = []
    after = ""
    while True:
        asked = TrailQuery(type="incident.", since=incident.declared_at, after=after, limit=_PAGE)
        page = await look.search_trail(asked)
        found += [each for each in page.entries if _is_of(each, incident)]
        after = page.next
        if not after:
            break
    ids = [str(json.loads(each.body)["id"]) for each in reversed(found)]
    return tuple([await look.proof_of(each) for each in ids])


def _is_of(entry: FoundEntry, incident: Incident) -> bool:
    told = json.loads(entry.body).get("data", {})
    return isinstance(told, dict) and told.get("incident") == incident.id
