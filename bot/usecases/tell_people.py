"""Tell the people of a change how it stands: its requester, those who may decide, its owner; each thing once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.change import Change, ChangeState, Vote
from bot.domain.notice import (
    ASK,
    ATTEST,
    CONSENT,
    ESCALATE,
    EXPIRING,
    GLASS,
    HANDLED,
    LAPSED,
    OUTCOME,
    REMIND,
    SAID,
    STOPPED,
    UNDONE,
    VOTED,
    Notice,
    kind_of,
)
from bot.domain.people import Standing
from bot.domain.policy import who_could
from bot.domain.rounds import round_of, taken_back
from bot.ports.archive import Look, Transaction
from bot.usecases.desk import Desk
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.hold_for_incident import whose_consent

MOST_ASKED = 20
FIRST_LOOK = timedelta(minutes=5)
S = ChangeState
_OUTCOMES: Mapping[ChangeState, str] = {
    S.APPROVED: "approved",
    S.REJECTED: "rejected",
    S.CHANGES_REQUESTED: "changes_requested",
    S.EXPIRED: "expired",
    S.WITHDRAWN: "withdrawn",
    S.SUPERSEDED: "superseded",
    S.VERIFYING: "applied",
    S.AWAITING_ATTESTATION: "validated",
    S.FAILED: "failed",
    S.ROLLED_BACK: "rolled_back",
}
_BY_A_PERSON = frozenset({S.REJECTED, S.CHANGES_REQUESTED, S.WITHDRAWN})
_QUESTIONS = frozenset({ASK, REMIND, ESCALATE, EXPIRING})


@dataclass(frozen=True)
class Told:
    """A change with what is around it when people are told; `leads` are asked to consent, by incident."""

    change: Change
    votes: Sequence[Vote]
    notices: Sequence[Notice]
    leads: Mapping[str, str] = field(default_factory=dict)

    def has_voted(self, person: str) -> bool:
        """Return whether a person has voted on the revision of now."""
        return any(vote.person == person for vote in self.votes)


def asked_as(change: Change) -> str:
    """Return the kind of the question a change puts now; one that waits once more is asked anew."""
    return kind_of(ASK, change.revision, round_of(change))


async def told_of(number: int, look: Look) -> Told:
    """Return a change with its votes and everything people were told about it."""
    change = await look.change(number)
    notices, leads = await look.notices(change.id), await whose_consent(change, look)
    return Told(change, await look.votes(change), notices, leads)


async def tell_people(number: int, *, desk: Desk) -> None:
    """Write down who is to be told what of a change as it stands, and have each told by a job of its own.

    Running it again tells nobody twice: what was told is a row with one key.
    """
    asked = await who_may_be_asked(number, desk=desk)
    now = desk.clock.now()
    async with desk.archive.transaction() as tx:
        told = await told_of(number, tx)
        for person, kind in _wanted(told, asked):
            await notify(told.change, person, kind, now=now, tx=tx)
        for notice in told.notices:
            if notice.times < stage_of(notice, told):
                await tx.enqueue("deliver", job_of(notice))
        await _look_later(told.change, desk, tx)


async def notify(change: Change, person: str, kind: str, *, now: datetime, tx: Transaction) -> bool:
    """Have a person told a thing, once; False when that is so already."""
    notice = Notice(change.id, person, kind, 0, now)
    if not await tx.notify(notice):
        return False
    await tx.enqueue("deliver", job_of(notice))
    return True


def job_of(notice: Notice) -> str:
    """Return the key of the job that sends a notice, or edits its message."""
    return f"deliver:{notice.about}:dm:{notice.person}:{notice.kind}"


def stage_of(notice: Notice, told: Told) -> int:
    """Return what a notice's message should say by now: its question, thanks for the answer, or who answered."""
    change = told.change
    if notice.word == ATTEST:
        return _attest_stage(notice, change)
    if notice.word == CONSENT:
        waits = notice.revision == change.revision and told.leads.get(notice.detail) == notice.person
        return SAID if waits else HANDLED
    if notice.word in (GLASS, LAPSED):
        return HANDLED if change.reviewed_by else SAID
    return _question_stage(notice, told) if notice.word in _QUESTIONS else SAID


def _question_stage(notice: Notice, told: Told) -> int:
    """Return what a question to those who decide says by now."""
    change = told.change
    if notice.word == EXPIRING and notice.detail != change.state.value:
        return HANDLED
    if notice.word != EXPIRING and change.state is not S.PENDING_APPROVAL:
        return HANDLED
    if notice.revision != change.revision:
        return HANDLED
    if notice.word in (ASK, ESCALATE) and notice.detail != round_of(change):
        return HANDLED
    return VOTED if told.has_voted(notice.person) else SAID


def _attest_stage(notice: Notice, change: Change) -> int:
    """Return what the question to attest says by now; a rollback that answered it is followed to its end."""
    if notice.detail == change.state.value:
        return SAID if _may_attest(change) else HANDLED
    return {S.FAILED: STOPPED, S.ROLLED_BACK: UNDONE}.get(change.state, HANDLED)


async def who_may_be_asked(number: int, *, desk: Desk) -> Mapping[str, Standing]:
    """Return those whom policy lets decide a change that waits, by user id; nobody when it does not wait."""
    async with desk.archive.reading() as look:
        change = await look.change(number)
    if change.state is not S.PENDING_APPROVAL:
        return {}
    people = await find_people({change.request.requester}, desk=desk, max_age=FOR_A_DECISION)
    rule = desk.configuration.rule_for(change)
    return {user: people[user] for user in who_could(rule, change.request.requester, people)}


def _wanted(told: Told, asked: Iterable[str]) -> list[tuple[str, str]]:
    """Return who is to be told what, as (person, kind)."""
    change = told.change
    revision, state, requester = change.revision, change.state, change.request.requester
    found: list[tuple[str, str]] = []
    if state is S.PENDING_APPROVAL:
        known = {notice.person for notice in told.notices if notice.kind == asked_as(change)}
        known |= {taken.by for taken in taken_back(change)}
        fresh = [user for user in asked if not told.has_voted(user) and user not in known]
        found += [(user, asked_as(change)) for user in fresh[: max(0, MOST_ASKED - len(known))]]
    found += [(lead, kind_of(CONSENT, revision, incident)) for incident, lead in told.leads.items()]
    attests = _may_attest(change)
    if attests:
        found.append((change.request.owner, kind_of(ATTEST, revision, state.value)))
    outcome = _outcome(change)
    if outcome and not (attests and change.request.owner == requester):
        found.append((requester, kind_of(OUTCOME, revision, outcome)))
    return found


def _outcome(change: Change) -> str:
    """Return what became of a change in a word, empty when that is no news to its requester."""
    if change.state in _BY_A_PERSON and change.decided_by == change.request.requester:
        return ""
    if change.state is S.APPROVED and change.quorum == 0:
        return ""
    if change.state is S.FAILED:
        return f"failed:{'rollback' if change.rollback_asked_by else 'apply'}"
    again = round_of(change)
    if again and change.state in (S.PENDING_APPROVAL, S.APPROVED):
        return f"{'unapproved' if change.state is S.PENDING_APPROVAL else 'approved'}:{again}"
    return _OUTCOMES.get(change.state, "")


def _may_attest(change: Change) -> bool:
    rolled_back = change.state is S.ROLLED_BACK and not change.outcome.get("attested")
    return change.state is S.AWAITING_ATTESTATION or rolled_back


async def _look_later(change: Change, desk: Desk, tx: Transaction) -> None:
    """Have the people of a change looked at again soon where somebody can be reminded, else never again."""
    waits = change.state in (S.PENDING_APPROVAL, S.APPROVED, S.SCHEDULED, S.CHANGES_REQUESTED)
    await tx.remind_at(change.id, desk.clock.now() + FIRST_LOOK if waits else None)
