"""Remind those who have not decided: in their working hours, rarely, a few times, and never once it is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.change import Change, ChangeState
from bot.domain.configuration import Rule
from bot.domain.notice import ESCALATE, EXPIRING, OUTCOME, REMIND, kind_of
from bot.domain.people import Standing, system
from bot.domain.policy import Refused, may_act
from bot.domain.request_events import ChangeWithdrawn
from bot.domain.rounds import round_of
from bot.domain.working_hours import next_working, zone_of
from bot.ports.archive import Cause, Transaction
from bot.usecases.decide_change import remember_refusal
from bot.usecases.desk import Caller, Desk
from bot.usecases.tell_people import FIRST_LOOK, MOST_ASKED, Told, asked_as, notify, told_of, who_may_be_asked

EVERY = timedelta(hours=4)
MOST, MOST_WITH_NUDGES = 2, 6
DRAFT_KEPT = timedelta(days=7)
TIMER = system("timer")
S = ChangeState
People = Mapping[str, Standing]


@dataclass(frozen=True)
class Turn:
    """Something to tell a person (or a channel), and when its time has come."""

    person: str
    kind: str
    at: datetime


@dataclass(frozen=True)
class Nudged:
    """Who was reminded because somebody asked for it, and who cannot be before when."""

    change: Change
    reminded: tuple[str, ...]
    later: tuple[tuple[str, datetime | None], ...]


async def enqueue_reminders(due: Mapping[str, datetime], *, tx: Transaction, desk: Desk) -> None:
    """Enqueue a look at the people of each change whose time has come; of two replicas one does."""
    until = desk.clock.now() + FIRST_LOOK
    for change, at in due.items():
        if await tx.remind_later(change, due=at, until=until):
            await tx.enqueue("remind", f"remind:{change}")


async def remind_people(number: int, *, desk: Desk, cause: Cause) -> None:
    """Tell whoever is to be told by now, and say when to look again. Running it again tells nobody twice."""
    people = await who_may_be_asked(number, desk=desk)
    now = desk.clock.now()
    async with desk.archive.transaction() as tx:
        told = await told_of(number, tx)
        if told.change.state is S.DRAFT:
            await _give_up(told.change, desk, cause, tx)
            return
        for turn in _turns(told, people, desk, now):
            if turn.at <= now:
                await notify(told.change, turn.person, turn.kind, now=now, tx=tx)
        ahead = [turn.at for turn in _turns(await told_of(number, tx), people, desk, now) if turn.at > now]
        await tx.remind_at(told.change.id, min(ahead, default=None))


async def nudge_people(number: int, *, caller: Caller, standing: Standing, desk: Desk) -> Nudged | Refused:
    """Remind now those who have not decided, as far as the cap and their working hours allow."""
    people = await who_may_be_asked(number, desk=desk)
    now = desk.clock.now()
    async with desk.archive.transaction() as tx:
        told = await told_of(number, tx)
        change = told.change
        could = (change.request.requester, change.request.owner)
        verdict = may_act(
            standing,
            change,
            ("requester", "owner"),
            "nudge the approvers of",
            could=tuple(dict.fromkeys(could)),
        )
        if isinstance(verdict, Refused) or change.state is not S.PENDING_APPROVAL:
            waits = f"{change.id} waits for nobody: it is {change.state.replace('_', ' ')}."
            refused = verdict if isinstance(verdict, Refused) else Refused(waits)
            await remember_refusal(tx, change, caller, "nudge", refused.reason)
            return refused
        waiting = _waiting(told, people)
        worn = [user for user in waiting if _count(told, user) >= MOST_WITH_NUDGES]
        turns = [_next_reminder(told, people[user], now) for user in waiting if user not in worn]
        due = [turn for turn in turns if turn.at <= now]
        for turn in due:
            await notify(change, turn.person, turn.kind, now=now, tx=tx)
    later = [(turn.person, turn.at) for turn in turns if turn.at > now]
    return Nudged(change, tuple(turn.person for turn in due), (*later, *((user, None) for user in worn)))


def _turns(told: Told, people: People, desk: Desk, now: datetime) -> list[Turn]:
    """Return everything that is or will be to be told, as things stand."""
    change = told.change
    rule = desk.configuration.rule_for(change)
    if rule is None:
        return []
    waiting = _waiting(told, people)
    turns = _warnings(told, waiting, rule, now)
    if change.state is S.PENDING_APPROVAL:
        turns += _reminders(told, people, waiting, now)
    return turns


def _waiting(told: Told, people: People) -> list[str]:
    """Return those who were asked about the revision of now, still may decide, and have not."""
    kind = asked_as(told.change)
    asked = {notice.person for notice in told.notices if notice.kind == kind}
    return [user for user in sorted(asked & set(people)) if not told.has_voted(user)]


def _reminders(told: Told, people: People, waiting: Sequence[str], now: datetime) -> list[Turn]:
    turns: list[Turn] = []
    escalates: datetime | None = None
    for user in waiting:
        turn = _next_reminder(told, people[user], now)
        if _count(told, user) < MOST:
            turns.append(turn)
        else:
            escalates = min(turn.at, escalates or turn.at)
    return turns if escalates is None else [*turns, *_escalation(told, people, escalates, now)]


def _next_reminder(told: Told, person: Standing, now: datetime) -> Turn:
    """Return a person's next reminder: at least four hours after the last word to them about this change."""
    said = [each.last_at for each in told.notices if each.person == person.user and each.word != OUTCOME]
    earliest = max([now, *(at + EVERY for at in said)])
    kind = kind_of(REMIND, told.change.revision, str(_count(told, person.user) + 1))
    return Turn(person.user, kind, next_working(earliest, zone_of(person)))


def _count(told: Told, user: str) -> int:
    mine = [each for each in told.notices if each.person == user and each.word == REMIND]
    return sum(each.revision == told.change.revision for each in mine)


def _escalation(told: Told, people: People, at: datetime, now: datetime) -> list[Turn]:
    """Return whom to tell after two reminders, once: the target's channel, and whoever else may decide."""
    kind = kind_of(ESCALATE, told.change.revision, round_of(told.change))
    asked = {notice.person for notice in told.notices if notice.kind == asked_as(told.change)}
    has = {notice.person for notice in told.notices if notice.kind == kind}
    begun = now if told.change.channel in has else at
    others = [user for user in sorted(set(people) - asked) if not told.has_voted(user)][:MOST_ASKED]
    turns = [Turn(told.change.channel, kind, at)]
    turns += [Turn(user, kind, next_working(max(begun, now), zone_of(people[user]))) for user in others]
    return [turn for turn in turns if turn.person not in has]


def _warnings(told: Told, waiting: Sequence[str], rule: Rule, now: datetime) -> list[Turn]:
    """Return the one warning before a change expires: to its requester, and to those who have not decided."""
    change, ends, before = told.change, told.change.expires_at, rule.expires_warning
    approved = change.state in (S.APPROVED, S.SCHEDULED)
    span = rule.approval_expires if approved else rule.request_expires
    if before is None or ends is None or before >= span or now >= ends:
        return []
    kind = kind_of(EXPIRING, change.revision, change.state.value)
    has = {notice.person for notice in told.notices if notice.kind == kind}
    return [
        Turn(user, kind, ends - before)
        for user in dict.fromkeys([change.request.requester, *waiting])
        if user not in has
    ]


async def _give_up(change: Change, desk: Desk, cause: Cause, tx: Transaction) -> None:
    """Withdraw a draft whose checks stayed red for a week, and tell its requester."""
    ends = change.created_at + DRAFT_KEPT
    if desk.clock.now() < ends:
        await tx.remind_at(change.id, ends)
        return
    await tx.remind_at(change.id, None)
    why = f"Its checks stayed red for {DRAFT_KEPT.days} days; it was never sent to anyone."
    if await tx.move(change, S.WITHDRAWN, note=why) is not None:
        event = ChangeWithdrawn(change=change.id, resource=change.arm_id, reason=why)
        await tx.record(event, by=TIMER, cause=cause)
        await tx.enqueue("deliver", f"deliver:{change.id}:people")


async def keep_draft_for_a_week(change: Change, *, desk: Desk) -> None:
    """Have a draft that came back red looked at when its week is over."""
    async with desk.archive.transaction() as tx:
        if (await tx.change(change.number)).state is S.DRAFT:
            await tx.remind_at(change.id, change.created_at + DRAFT_KEPT)
