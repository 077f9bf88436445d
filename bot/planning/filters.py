"""Content filters, compared by what they mean: each category and side, stricter, weaker or equal."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from bot.domain.deployment import ContentFilter, FilterRule
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.planning.projections import property_of
from bot.ports.registry import Field, Offer, PlanFacts

BLOCK = "content_filter"
_SEVERITIES = {"low": 4, "medium": 3, "high": 2, "": 4}
_MODES = {"default": 1, "blocking": 1, "deferred": 0, "asynchronous_filter": 0}
_LONGEST = 80
_SHOWN = 12
_MODE = "The mode of streaming"


class Way(StrEnum):
    """How a line of the new filter compares with the old one's."""

    STRICTER = "stricter"
    WEAKER = "weaker"
    EQUAL = "equal"
    UNKNOWN = "not comparable, so taken as weaker"


def filter_field(offer: Offer, *, required: bool = True, initial: str = "") -> Field:
    """Return the field, a menu of the account's content filters where they were read."""
    now = f" Now: {offer.live.content_filter or 'none named'}." if offer.live else ""
    hint = f"The name of a content filter policy of this account.{now}"
    return Field(BLOCK, "Content filter", hint, initial, options=tuple(offer.filters), required=required)


def read_filter(values: Mapping[str, str]) -> str:
    """Return the name of the filter that was chosen; raise InvalidInputError when there is none or it is no name."""
    name = values.get(BLOCK, "").strip()
    if not name or len(name) > _LONGEST or not all(char.isalnum() or char in "._ -" for char in name):
        raise InvalidInputError("Name a content filter of this account, as Azure spells it.", field=BLOCK)
    return name


def filter_name(projection: Mapping[str, Json]) -> str:
    """Return the content filter a projection names, empty when it names none."""
    return property_of(projection, "raiPolicyName")


def unknown_filter(plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
    """Return that the filter after the plan is not in the account, with the fix."""
    name = filter_name(plan.after)
    if not name or name == filter_name(plan.before) or name.lower() in facts.filters:
        return ()
    return (f"This account has no content filter called {name}. Choose one that `/cs show` or Azure lists.",)


def filter_lines(plan: Plan, facts: PlanFacts) -> tuple[tuple[Way, str], ...]:
    """Return every line in which the two filters could differ, weaker ones first; one line when a side is unread."""
    was, becomes = (facts.filters.get(filter_name(side).lower()) for side in (plan.before, plan.after))
    if was is None or becomes is None:
        missing = filter_name(plan.before if was is None else plan.after) or "that Azure would choose"
        return ((Way.UNKNOWN, f"The content filter {missing} cannot be read: nobody knows what it blocks"),)
    lines = [_mode_line(was, becomes), *_rule_lines(was, becomes)]
    order = [Way.UNKNOWN, Way.WEAKER, Way.STRICTER, Way.EQUAL]
    return tuple(sorted(lines, key=lambda line: (order.index(line[0]), line[1])))


def is_weaker(plan: Plan, facts: PlanFacts) -> bool:
    """Return whether anything is blocked less than before, or nobody can tell."""
    return any(way in (Way.WEAKER, Way.UNKNOWN) for way, _ in filter_lines(plan, facts))


def filter_notes(plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
    """Return the comparison in words: each line that differs, and how many are equal."""
    lines = filter_lines(plan, facts)
    notes = [f"{way.value.capitalize()}: {words}." for way, words in lines if way is not Way.EQUAL]
    equal = sum(way is Way.EQUAL for way, _ in lines)
    rest = f"{len(notes) - _SHOWN} more lines differ; Azure lists them."
    shown = notes if len(notes) <= _SHOWN + 1 else [*notes[:_SHOWN], rest]
    return (*shown, *([f"Equal: {equal} line{'' if equal == 1 else 's'}."] if equal else []))


def open_lines(projection: Mapping[str, Json], facts: PlanFacts) -> tuple[str, ...]:
    """Return what the projection's filter does not block, as one note; empty when it blocks all or is unread."""
    found = facts.filters.get(filter_name(projection).lower())
    words = (
        [rule.words for rule in found.rules if not (rule.is_enabled and rule.is_blocking)] if found else []
    )
    return (
        (f"Its content filter {filter_name(projection)} does not block: {'; '.join(words)}.",)
        if words
        else ()
    )


def _mode_line(was: ContentFilter, becomes: ContentFilter) -> tuple[Way, str]:
    sides = [_MODES.get(side.mode.lower()) for side in (was, becomes)]
    if was.mode.lower() == becomes.mode.lower():
        return Way.EQUAL, _MODE
    return _way(*sides), f"{_MODE}: {was.mode or 'not said'} → {becomes.mode or 'not said'}"


def _rule_lines(was: ContentFilter, becomes: ContentFilter) -> Iterator[tuple[Way, str]]:
    before, after = _by_line(was), _by_line(becomes)
    for key in sorted({*before, *after}):
        left, right = before.get(key), after.get(key)
        name = (left or right or FilterRule("", "")).title
        words = f"{name}, {key[1]}: {_does(left)} → {_does(right)}"
        yield _way(_strictness(left), _strictness(right)), words


def _by_line(found: ContentFilter) -> dict[tuple[str, str], FilterRule]:
    """Return the rules by category and side; one for both sides stands on each; of two, the weaker one counts."""
    lines: dict[tuple[str, str], FilterRule] = {}
    for rule in sorted(found.rules, key=lambda each: _strictness(each) or 0, reverse=True):
        for side in ("prompt", "completion") if rule.side == "both" else (rule.side,):
            lines[rule.category.lower(), side] = rule
    return lines


def _does(rule: FilterRule | None) -> str:
    return rule.does if rule else "absent"


def _strictness(rule: FilterRule | None) -> int | None:
    """Return how much a rule blocks, more for stricter; None for a severity nobody knows."""
    if rule is None or not rule.is_enabled:
        return 0
    return _SEVERITIES.get(rule.threshold.lower()) if rule.is_blocking else 1


def _way(was: int | None, becomes: int | None) -> Way:
    if was is None or becomes is None:
        return Way.UNKNOWN
    if was == becomes:
        return Way.EQUAL
    return Way.STRICTER if becomes > was else Way.WEAKER
