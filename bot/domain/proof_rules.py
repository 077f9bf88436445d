"""What a change's own entries must say for it to have been countersigned: who asked, who approved what, and when."""

from collections.abc import Sequence
from typing import Any

from bot.domain.errors import PackRefusedError
from bot.domain.proof_entry import ReadEntry

ENDS = (
    "change.closed",
    "change.rejected",
    "change.expired",
    "change.withdrawn",
    "change.superseded",
    "change.execution.failed",
    "rollback.finished",
    "rollback.failed",
)
_REQUESTED, _PLANNED, _JUDGED = "change.requested", "change.planned", "policy.evaluated"
_APPROVED, _GLASS, _STARTED = "change.approved", "change.break_glass", "change.execution.started"
_TAKEN_BACK = "change.approval_withdrawn"
_BEGINS = (_REQUESTED, _APPROVED, _GLASS, _STARTED, "rollback.started")
_TRIED_AGAIN = ("change.execution.failed", "rollback.failed")
_OF_A_PLAN = (
    _APPROVED,
    _TAKEN_BACK,
    _GLASS,
    "change.rejected",
    "change.apply_requested",
    "change.scheduled",
    _STARTED,
    "change.execution.finished",
    "rollback.requested",
    "rollback.started",
)
_AFTERWARDS = {
    _TAKEN_BACK: "took an approval back",
    "change.attested": "attested it",
    "change.waived": "waived the attestation",
    "change.break_glass.reviewed": "reviewed the broken glass",
    "rollback.started": "had it rolled back",
}


def how_it_ended(entries: Sequence[ReadEntry]) -> str:
    """Return the type of the entry that ended the change, empty while it is open.

    Raises:
        PackRefusedError: something was begun after the end.
    """
    end: ReadEntry | None = None
    for entry in entries:
        if entry.type in ENDS:
            end = entry
        elif end is not None and entry.type in _BEGINS:
            if end.type not in _TRIED_AGAIN or entry.type != "rollback.started":
                raise _refused(f"{_named(entry)} comes after the change had ended with {_named(end)}", "P5")
            end = None
    return end.type if end is not None else ""


def demand_rules(entries: Sequence[ReadEntry]) -> list[str]:
    """Return in words what the entries show of asking, approving and applying.

    Raises:
        PackRefusedError: an approval or an execution is not as the four-eyes rule wants it.
    """
    said: list[str] = []
    for at, entry in enumerate(entries):
        before = entries[:at]
        if entry.type == _REQUESTED:
            said.append(f"{entry.who} requested it (entry {entry.seq}, revision {_revision(entry)}).")
        elif entry.type in _AFTERWARDS:
            said.append(f"{entry.who} {_AFTERWARDS[entry.type]} (entry {entry.seq}).")
        if entry.type in _OF_A_PLAN:
            _demand_plan(entry, before)
        if entry.type == _APPROVED:
            _demand_another(entry, before)
        if entry.type == _STARTED:
            said += _demand_approved(entry, before)
    return said


def hidden_people(entries: Sequence[ReadEntry]) -> list[ReadEntry]:
    """Return the entries of asking and approving of which the pack withholds who it was, or for whom."""
    return [
        each
        for each in entries
        if each.type in (_REQUESTED, _APPROVED, _TAKEN_BACK, _GLASS) and not _is_open(each)
    ]


def _is_open(entry: ReadEntry) -> bool:
    lent = entry.told.get("behalf")
    named = [entry.told.get("approver"), *(lent if isinstance(lent, list) else ())]
    return entry.is_named and "" not in named


def _demand_plan(entry: ReadEntry, before: Sequence[ReadEntry]) -> None:
    """Refuse what names another plan than the one that was planned for its revision."""
    revision = entry.told.get("revision")
    planned = [
        each for each in before if each.type == _PLANNED and revision in (None, each.told.get("revision"))
    ]
    if not planned:
        raise _refused(f"{_named(entry)} comes before any plan of its revision")
    if entry.told.get("plan_digest") != planned[-1].told.get("plan_digest"):
        raise _refused(f"{_named(entry)} names another plan than {_named(planned[-1])}")


def _demand_another(entry: ReadEntry, before: Sequence[ReadEntry]) -> None:
    """Refuse an approval by the requester, under this or another account, or one that comes too late."""
    requested = [each for each in before if each.type == _REQUESTED]
    if not requested:
        raise _refused(f"{_named(entry)} comes before any request")
    requester = requested[-1]
    lent = entry.told.get("behalf")
    for_requester = isinstance(lent, list) and bool(requester.person) and requester.person in lent
    if _same(entry, requester) or for_requester:
        raise _refused(f"{_named(entry)} is by {entry.person}, the person who requested the change")
    if any(each.type == _STARTED and _revision(each) == _revision(entry) for each in before):
        raise _refused(f"{_named(entry)} comes after the execution had started")


def _demand_approved(started: ReadEntry, before: Sequence[ReadEntry]) -> list[str]:
    """Return who approved an execution; refuse one that had not the approvals that policy wanted."""
    revision = _revision(started)
    of_it = [each for each in before if each.told.get("revision") == revision]
    judged = [each for each in of_it if each.type == _JUDGED]
    quorum: Any = judged[-1].told.get("quorum") if judged else None
    if type(quorum) is not int or quorum < 0:
        raise _refused(f"no entry before {_named(started)} says how many approvals it needs")
    votes = _standing(of_it)
    glass = [each for each in of_it if each.type == _GLASS]
    leaves = {each.leaf for each in (*votes, *glass)}
    named = started.told.get("approvals")
    if not isinstance(named, list) or not set(map(str, named)) <= leaves:
        raise _refused(f"{_named(started)} names an approval that does not stand before it")
    people = _persons(votes)
    if len(people) < quorum and not glass:
        raise _refused(f"{_named(started)} had {len(people)} of the {quorum} approvals that policy wanted")
    asked = [each for each in before if each.type == _REQUESTED]
    told = not hidden_people([*asked[-1:], *of_it])
    return [_words(started, people, quorum, glass, told=told)]


def _standing(of_it: Sequence[ReadEntry]) -> list[ReadEntry]:
    """Return the approvals that were given and not taken back; one by a withheld id stands."""
    votes: list[ReadEntry] = []
    for entry in of_it:
        if entry.type == _APPROVED:
            votes.append(entry)
        elif entry.type == _TAKEN_BACK:
            back = entry.told.get("approver")
            votes = [each for each in votes if not each.person or each.person != back]
    return votes


def _words(
    started: ReadEntry, people: Sequence[str], quorum: int, glass: Sequence[ReadEntry], *, told: bool
) -> str:
    plan = str(started.told.get("plan_digest"))[:12]
    head = f"Its execution (entry {started.seq}) came after"
    if glass:
        broken = glass[-1]
        given = f"{len(people)} of {quorum} approvals"
        return f"{head} {broken.who} broke the glass (entry {broken.seq}), with {given}, for plan {plan}."
    if not people:
        return f"Its execution (entry {started.seq}) needed no approval by policy; plan {plan}."
    by = f"by {', '.join(people)}" + (", none of them the requester" if told else "")
    return f"{head} {len(people)} of {quorum} approvals, {by}, for plan {plan}."


def _persons(votes: Sequence[ReadEntry]) -> list[str]:
    """Return the different people among votes, in words: one Entra id is one person, a withheld id one more."""
    found: list[ReadEntry] = []
    for vote in votes:
        if not any(_same(vote, each) for each in found):
            found.append(vote)
    return [each.who for each in found]


def _same(one: ReadEntry, other: ReadEntry) -> bool:
    """Return whether two entries are known to be by one person."""
    return bool(one.person and one.person == other.person) or bool(one.entra and one.entra == other.entra)


def _revision(entry: ReadEntry) -> object:
    return entry.told.get("revision")


def _named(entry: ReadEntry) -> str:
    return f"entry {entry.seq} ({entry.type})"


def _refused(why: str, code: str = "P6") -> PackRefusedError:
    return PackRefusedError(code, f"{why[0].upper()}{why[1:]}.")
