"""Breaking the glass: who may approve an emergency alone, whether that still holds at apply, who reviews it."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

from bot.domain.ballots import is_same_person
from bot.domain.change import Change, ChangeState
from bot.domain.configuration import Rule
from bot.domain.people import Standing
from bot.domain.policy import Allowed, Refused
from bot.domain.rule_words import rule_words

REVIEW_WITHIN = timedelta(hours=24)
LASTS = timedelta(hours=1)
SAID_AGAIN = timedelta(hours=24)


class GlassVerdict(StrEnum):
    """What a review finds."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"

    @property
    def words(self) -> str:
        """Return it as people read it."""
        return self.value.replace("_", " ")


def may_break(
    change: Change, person: Standing, rule: Rule | None, *, could: tuple[str, ...] = ()
) -> Allowed | Refused:
    """Return whether this person may approve the change alone: somebody of the rule's groups, the requester too."""
    if rule is None or not rule.break_glass:
        where = f"[policy.{change.environment}.{change.tier}]"
        return Refused(
            f"Not allowed: there is no glass to break here: {where} does not say break_glass = true. "
            f"It needs its approvals: `change why {change.id}` says whose."
        )
    words = f"{rule_words(rule)}; glass: one of {', '.join(sorted(rule.deciding))}, the requester too"
    if not person.full_member:
        why = person.why_not or "you are not a full member of this workspace"
        return Refused(f"Not allowed: {why}.", words, could)
    if rule.mapped_only and not person.entra_oid:
        return Refused(
            "Not allowed: you have no row in [[people]], and here only who has one decides.", words
        )
    matched = person.groups & rule.deciding
    if not matched:
        return Refused("Not allowed: you are in none of the groups that may break the glass.", words, could)
    return Allowed(matched)


def glass_lost(change: Change, person: Standing, rule: Rule | None) -> str:
    """Return why a broken glass no longer stands for the approvals, empty when it does."""
    today = may_break(change, person, rule)
    if isinstance(today, Allowed):
        return ""
    return f"The glass was broken by <@{person.user}>, who may not do that any more. {today.reason}"


def may_review(
    change: Change,
    person: Standing,
    rule: Rule | None,
    parties: Iterable[Standing],
    *,
    could: tuple[str, ...] = (),
) -> Allowed | Refused:
    """Return whether this person may review the broken glass: one who decides here, and none of the `parties`."""
    if not change.broke_glass_by or change.state is ChangeState.DRAFT:
        return Refused(f"There is nothing to review: nobody broke the glass for {change.id}.")
    if change.reviewed_by:
        return Refused(f"{change.id} was reviewed already, by <@{change.reviewed_by}>.")
    words = "a review is by somebody who decides here, never by who broke the glass or who asked"
    if any(is_same_person(person, party) for party in parties):
        return Refused("Not allowed: you broke the glass or asked for the change.", words, could)
    if rule is None or not person.full_member or not person.groups & rule.deciding:
        return Refused("Not allowed: you are in none of the groups that decide here.", words, could)
    if rule.mapped_only and not person.entra_oid:
        return Refused(
            "Not allowed: you have no row in [[people]], and here only who has one reviews.", words, could
        )
    return Allowed(person.groups & rule.deciding)
