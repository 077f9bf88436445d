"""Judge who may withdraw, apply, roll back, attest or waive a change, and whether it is one to do that to now."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum

from bot.changes.kinds import kind_named
from bot.domain.change import WAITING, Change, ChangeState
from bot.domain.configuration import Freeze, Rule
from bot.domain.freeze import freeze_words, may_override, override_words
from bot.domain.incident_mode import why_not_applied, why_not_rolled_back
from bot.domain.people import Standing
from bot.domain.policy import Allowed, Refused, may_act
from bot.domain.waiver import is_open, is_own_word, may_waive
from bot.ports.archive import Look
from bot.usecases.desk import Desk
from bot.usecases.hold_for_incident import mode_of
from bot.usecases.queue_change import QUEUED

ROLLBACK_FROM = frozenset({ChangeState.VERIFYING, ChangeState.AWAITING_ATTESTATION, ChangeState.FAILED})


class Verb(StrEnum):
    """What people do to a change besides deciding it, as the refusal calls it."""

    WITHDRAW = "withdraw"
    APPLY = "apply"
    ROLL_BACK = "roll back"
    ATTEST = "attest"
    WAIVE = "waive"


def steerers(change: Change) -> frozenset[str]:
    """Return those whose standing a judgement wants besides the caller's: the requester and the owner."""
    return frozenset({change.request.requester, change.request.owner})


def why_not(
    verb: Verb,
    change: Change,
    *,
    user: str,
    people: Mapping[str, Standing],
    desk: Desk,
    freezes: tuple[Freeze, ...] = (),
) -> Refused | None:
    """Return why this person cannot do this to the change as it stands, None when they can.

    `freezes` hold when it would be applied; who may override each of them may apply in them, and nobody else.
    """
    if verb is Verb.WAIVE:
        return _why_not_waived(change, user, people, desk)
    names = (*_names(verb, change, desk), *(group for freeze in freezes for group in freeze.override))
    could = _who_could(change, names, people.values())
    verdict = may_act(people[user], change, names, verb.value, could=could)
    if isinstance(verdict, Refused):
        return verdict
    words = change.state.replace("_", " ")
    match verb:
        case Verb.WITHDRAW if change.state not in WAITING | {ChangeState.DRAFT}:
            return Refused(f"Too late: {change.id} is {words}.")
        case Verb.APPLY:
            return _why_not_applied(change) or _why_frozen(people[user], freezes, people.values())
        case Verb.ROLL_BACK:
            return _why_not_rolled_back(change)
        case Verb.ATTEST if change.state is not ChangeState.AWAITING_ATTESTATION and not is_undone(change):
            return Refused(f"There is nothing to attest: {change.id} is {words}.")
        case Verb.ATTEST:
            return _why_not_attested(change, user, people, desk)
        case _:
            return None


async def why_held(
    verb: Verb, change: Change, *, user: str, people: Mapping[str, Standing], look: Look, desk: Desk
) -> Refused | None:
    """Return why open incidents on the target keep this person from it, None when they do not.

    `people` has the leads (`leads_on`) besides those that every judgement wants.
    """
    if verb not in (Verb.APPLY, Verb.ROLL_BACK):
        return None
    mode = await mode_of(change, people=people, look=look, desk=desk)
    return why_not_applied(change, mode) if verb is Verb.APPLY else why_not_rolled_back(change, mode, user)


def who_may(verb: Verb, change: Change, people: Mapping[str, Standing], desk: Desk) -> tuple[str, ...]:
    """Return who of these people the verb is for, whatever the change's state."""
    return _who_could(change, _names(verb, change, desk), people.values())


def is_undone(change: Change) -> bool:
    """Return whether the change was rolled back and nobody has attested or waived that yet."""
    return change.state is ChangeState.ROLLED_BACK and is_open(change)


def _why_not_attested(
    change: Change, user: str, people: Mapping[str, Standing], desk: Desk
) -> Refused | None:
    """Return why an owner cannot attest: they asked for the change themselves."""
    if not is_own_word(change, people[user], people[change.request.requester]):
        return None
    return Refused(
        f"Not allowed: this is your own request, and another person attests a change above standard. "
        f"Somebody of the approving groups can waive it: `change waive {change.id}`.",
        f"attest: the owner, never the requester ({change.tier} change)",
        _who_waives(change, people, desk),
    )


def _who_waives(change: Change, people: Mapping[str, Standing], desk: Desk) -> tuple[str, ...]:
    rule = desk.configuration.rule_for(change)
    parties = [people[each] for each in sorted(steerers(change)) if each in people]
    could = (each for each in people.values() if isinstance(may_waive(change, each, rule, parties), Allowed))
    return tuple(sorted(each.user for each in could))


def _why_not_waived(change: Change, user: str, people: Mapping[str, Standing], desk: Desk) -> Refused | None:
    rule = desk.configuration.rule_for(change)
    parties = [people[each] for each in sorted(steerers(change)) if each in people]
    verdict = may_waive(change, people[user], rule, parties)
    if isinstance(verdict, Refused):
        return replace(verdict, could=_who_waives(change, people, desk))
    if not is_open(change):
        return Refused(f"There is nothing to waive: {change.id} is {change.state.replace('_', ' ')}.")
    return None


def _is_written(change: Change) -> bool:
    return change.state is not ChangeState.FAILED or bool(change.outcome.get("written"))


def _why_not_rolled_back(change: Change) -> Refused | None:
    if change.state not in ROLLBACK_FROM or not _is_written(change):
        return Refused(f"{change.id} cannot be rolled back: it is {change.state.replace('_', ' ')}.")
    if change.plan is not None and not change.plan.rollback:
        why = kind_named(change.request.kind).no_way_back
        return Refused(f"{change.id} cannot be rolled back from here: {why}")
    return None


def _names(verb: Verb, change: Change, desk: Desk) -> tuple[str, ...]:
    """Return whom the verb is for: `requester`, `owner`, or names of groups."""
    rule = desk.configuration.rule(change.environment, change.tier)
    match verb:
        case Verb.WITHDRAW:
            return ("requester", "owner")
        case Verb.APPLY:
            return rule.may_apply if rule else ()
        case Verb.ROLL_BACK:
            return _rolls_back(change, rule) if rule else ()
        case Verb.ATTEST:
            return ("owner",)
        case Verb.WAIVE:
            return tuple(sorted(rule.deciding)) if rule else ()


def _rolls_back(change: Change, rule: Rule) -> tuple[str, ...]:
    """Return who rolls back, and, where one has asked and another must confirm, who decides here, too."""
    names = rule.may_rollback or (*rule.may_apply, "owner")
    confirms = rule.rollback_approvals and change.outcome.get("rollback_waits")
    return (*names, *sorted(rule.deciding)) if confirms else names


def _who_could(change: Change, names: tuple[str, ...], people: Iterable[Standing]) -> tuple[str, ...]:
    may = {each.user for each in people if not isinstance(may_act(each, change, names, ""), Refused)}
    return tuple(sorted(may))


def _why_not_applied(change: Change) -> Refused | None:
    start, ends = change.request.start_at, change.expires_at
    if change.state not in (ChangeState.APPROVED, ChangeState.SCHEDULED):
        return Refused(f"{change.id} cannot be applied: it is {change.state.replace('_', ' ')}.")
    if change.apply_asked_by:
        return Refused(f"{_doing(change)} It was asked for by <@{change.apply_asked_by}>.")
    if start is not None and ends is not None and start >= ends:
        return Refused(
            f"{change.id} cannot be applied: its approval expires before it may start. "
            "Withdraw it and ask again with an earlier start."
        )
    return None


def _doing(change: Change) -> str:
    """Return what becomes of a change that somebody asked to apply already."""
    if change.outcome.get(QUEUED):
        return f"{change.id} waits already, and starts by itself. {change.note}"
    if change.state is ChangeState.SCHEDULED:
        return f"{change.id} is scheduled already, and starts by itself."
    return f"{change.id} is being checked already; nothing has been sent yet."


def _why_frozen(person: Standing, freezes: tuple[Freeze, ...], people: Iterable[Standing]) -> Refused | None:
    if may_override(person, freezes):
        return None
    could = tuple(sorted(each.user for each in people if may_override(each, freezes)))
    words = (
        f"{freeze_words(freezes)} Press Apply after that, or ask somebody who may override it to press it."
    )
    return Refused(words, override_words(freezes), could)
