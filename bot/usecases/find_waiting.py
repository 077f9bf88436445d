"""What waits for one person: to decide, to attest, and to review after a glass was broken."""

from collections.abc import Mapping

from bot.domain.break_glass import REVIEW_WITHIN, may_review
from bot.domain.change import Change, ChangeState
from bot.domain.people import Standing
from bot.domain.policy import Allowed, may_decide
from bot.ports.archive import ChangeQuery, Look
from bot.usecases.desk import Desk

S = ChangeState
_MOST = 50
_ATTESTED = frozenset({S.AWAITING_ATTESTATION, S.ROLLED_BACK})


async def find_waiting(
    user: str, people: Mapping[str, Standing], *, look: Look, desk: Desk
) -> tuple[Change, ...]:
    """Return what this person may decide and has not, what they own and must attest, and what they may review."""
    deciding = await look.changes(ChangeQuery(states=frozenset({S.PENDING_APPROVAL}), limit=_MOST))
    attesting = await look.changes(ChangeQuery(states=_ATTESTED, limit=_MOST))
    within = desk.clock.now() + REVIEW_WITHIN
    unreviewed = await look.changes(ChangeQuery(unreviewed_before=within, limit=_MOST))
    found = [each for each in deciding if await _decides(each, user, people, look, desk)]
    found += [each for each in attesting if each.request.owner == user and _is_unattested(each)]
    found += [each for each in unreviewed if _reviews(each, user, people, desk)]
    return tuple({each.number: each for each in found}.values())


def _is_unattested(change: Change) -> bool:
    return change.state is S.AWAITING_ATTESTATION or not (
        change.outcome.get("attested") or change.outcome.get("waived")
    )


async def _decides(change: Change, user: str, people: Mapping[str, Standing], look: Look, desk: Desk) -> bool:
    rule, asker = desk.configuration.rule_for(change), _known(change.request.requester, people, desk)
    if not isinstance(may_decide(change, people[user], rule, requester=asker), Allowed):
        return False
    return user not in {vote.person for vote in await look.votes(change)}


def _reviews(change: Change, user: str, people: Mapping[str, Standing], desk: Desk) -> bool:
    names = {change.request.requester, change.broke_glass_by}
    parties = [_known(name, people, desk) for name in names]
    return isinstance(may_review(change, people[user], desk.configuration.rule_for(change), parties), Allowed)


def _known(user: str, people: Mapping[str, Standing], desk: Desk) -> Standing:
    """Return who a party is, as far as is known without asking Slack: one Entra id is one person."""
    oid = desk.configuration.entra_oids.get(user, "")
    return people.get(user) or Standing(user, full_member=False, entra_oid=oid)
