"""Describe a change as it is on record: plan, states with their times, votes, evidence and baselines."""

from bot.domain.baseline import Baseline
from bot.domain.change import Change, Vote
from bot.domain.entry import EntryProof
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json, canonical
from bot.domain.pack import ChangeRecord
from bot.domain.trigger import trigger_words
from bot.ports.archive import Transaction

FORMAT = "countersign.changerecord/1"
_BASELINES = 500
_OUTCOME = (
    "verdict",
    "missed",
    "signal",
    "before",
    "after",
    "usage",
    "cost",
    "figures",
    "breach",
    "attested",
    "waived",
)


async def describe_change(number: int, arm_id: str, snapshot: str, *, tx: Transaction) -> ChangeRecord:
    """Return what is on record of a change of a deployment, beside the digest of a look at it now.

    Raises:
        NotFoundError: there is no such change.
        InvalidInputError: it is a change of another deployment.
        LedgerBrokenError: the trail does not prove its entries.
    """
    change = await tx.change(number)
    if change.arm_id.lower() != arm_id.lower():
        raise InvalidInputError(
            f"{change.id} is a change of {change.request.target}, not of this deployment.",
            advice=f"Write `evidence {change.request.target} --change {change.id}`.",
        )
    entries = tuple(await tx.trail_of(change))
    baselines = [each for each in await tx.baselines(change.arm_id, _BASELINES) if each.change == change.id]
    body = canonical(
        {
            **_facts(change),
            "format": FORMAT,
            "snapshot": snapshot,
            "states": [_state(each) for each in entries],
            "votes": [_vote(each) for each in await tx.votes(change)],
            "baselines": [_baseline(each) for each in reversed(baselines)],
        }
    )
    named = [change.evidence, str(change.outcome.get("figures", "")), *(each.sha256 for each in baselines)]
    kept = {name: text.decode() for name in named if name and (text := await tx.evidence(name)) is not None}
    return ChangeRecord(change.id, body, entries, kept)


def _facts(change: Change) -> dict[str, Json]:
    request = change.request
    return {
        "id": change.id,
        "revision": change.revision,
        "state": change.state.value,
        "kind": request.kind,
        "type": request.type.value,
        "target": request.target,
        "arm_id": change.arm_id.lower(),
        "environment": change.environment,
        "requester": request.requester,
        "owner": request.owner,
        "tier": change.tier.value,
        "quorum": change.quorum,
        "impact": sorted(request.impact),
        "origin": request.origin,
        "rollback_trigger": trigger_words(request.rollback_trigger),
        "plan": change.plan.as_json() if change.plan else None,
        "plan_digest": change.plan_digest,
        "evidence": change.evidence,
        "incident": request.incident,
        "start_at": request.start_at.isoformat() if request.start_at else "",
        "broke_glass_by": change.broke_glass_by,
        "reviewed_by": change.reviewed_by,
        "outcome": {name: change.outcome[name] for name in _OUTCOME if name in change.outcome},
    }


def _state(proof: EntryProof) -> Json:
    """Return what an entry says happened: when, what, by whom, on which evidence."""
    entry = proof.told
    return {
        "at": entry["ts"],
        "what": entry["type"],
        "by": entry["actor"].get("id", ""),
        "seq": proof.seq,
        "evidence": [each["sha256"] for each in entry.get("evidence", ())],
    }


def _vote(vote: Vote) -> Json:
    return {
        "person": vote.person,
        "choice": vote.choice.value,
        "at": vote.at.isoformat(),
        "groups": sorted(vote.groups),
        "revision": vote.revision,
        "plan_digest": vote.plan_digest,
        "policy_digest": vote.policy_digest,
        "expires_at": vote.expires_at.isoformat(),
    }


def _baseline(baseline: Baseline) -> Json:
    return {
        "id": baseline.id,
        "kind": baseline.kind.value,
        "at": baseline.at.isoformat(),
        "by": baseline.by,
        "sha256": baseline.sha256,
    }
