"""What the `[[policy_rule]]` tables make of a plan: a rule that holds now is not broken by a change."""

from collections.abc import Sequence

from bot.domain.configuration import FieldRule
from bot.domain.drift import Difference, differences_of, flat, from_rules, same, value_at
from bot.domain.field_names import field_words
from bot.domain.operation import Plan


def broken_by(plan: Plan, rules: Sequence[FieldRule], alias: str) -> tuple[str, ...]:
    """Return each rule that would no longer hold after the plan, with the fix; what is deleted breaks none."""
    broken = {each.expected for each in differences_of(from_rules(rules, alias), plan.before)}
    return tuple(
        f"{_words(each)} Choose another value, or have the rule changed in countersign.toml first."
        for each in _breaches(plan, rules, alias)
        if not plan.before or each.expected not in broken
    )


def still_broken_by(plan: Plan, rules: Sequence[FieldRule], alias: str) -> tuple[str, ...]:
    """Return each rule that the plan leaves broken although it changes the very field."""
    if not plan.before:
        return ()
    broken = {each.expected for each in differences_of(from_rules(rules, alias), plan.before)}
    return tuple(
        f"{_words(each)} It is broken now, too."
        for each in _breaches(plan, rules, alias)
        if each.expected in broken
    )


def _breaches(plan: Plan, rules: Sequence[FieldRule], alias: str) -> list[Difference]:
    if not plan.after:
        return []
    before = flat(plan.before)
    return [
        each
        for each in differences_of(from_rules(rules, alias), plan.after)
        if not plan.before or not same(value_at(before, each.expected.field), each.live, each.expected.field)
    ]


def _words(broken: Difference) -> str:
    rule, field = broken.expected, field_words(broken.expected.field).lower()
    return (
        f"The policy rule “{rule.where}” is broken: {field} must be {rule.words}, "
        f"and this change makes it {broken.live_words}."
    )
