"""A revision as it was submitted, and what the next one changes about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.change import Change, Request
from bot.domain.json import Json
from bot.domain.operation import differences

_TEXTS = ("kind", "owner", "ticket", "reason", "expected_cost", "validation_signal", "rollback_plan")
_LATER = ("incident", "template", "origin")


@dataclass(frozen=True)
class Revision:
    """What one revision asked for and planned, as JSON: prose and plan as people saw them."""

    number: int
    revision: int
    at: datetime
    request: Mapping[str, Json]
    plan: Mapping[str, Json]


@dataclass(frozen=True)
class Moved:
    """One thing that differs between two revisions: its name, and what it was and is in words."""

    name: str
    before: str
    after: str


def revision_of(change: Change, at: datetime) -> Revision:
    """Return a change's revision as it is submitted now."""
    plan = change.plan.as_json() if change.plan is not None else {}
    return Revision(change.number, change.revision, at, _request(change.request), plan)


def moved_between(earlier: Revision, later: Revision) -> tuple[Moved, ...]:
    """Return what the later revision asks for otherwise; the plan's own differences come last."""
    return (
        *_differing(earlier.request, later.request, "", _TEXTS[:1]),
        *_differing(_planned(earlier, "before"), _planned(later, "before"), "live before: "),
        *_differing(_planned(earlier, "after"), _planned(later, "after"), "plan: "),
        *_differing(earlier.request, later.request, "", (*_TEXTS[1:], "type", "impact", "start_at", *_LATER)),
    )


def _request(request: Request) -> dict[str, Json]:
    texts: dict[str, Json] = {name: getattr(request, name) for name in (*_TEXTS, *_LATER)}
    return {
        **texts,
        "asked": dict(request.asked),
        "impact": ", ".join(sorted(request.impact)),
        "type": request.type.value,
        "start_at": request.start_at.isoformat() if request.start_at else "",
    }


def _planned(revision: Revision, side: str) -> Mapping[str, Json]:
    found = revision.plan.get(side)
    return found if isinstance(found, Mapping) else {}


def _differing(
    before: Mapping[str, Json], after: Mapping[str, Json], label: str, names: tuple[str, ...] = ()
) -> list[Moved]:
    return [
        Moved(f"{label}{name.replace('_', ' ')}", _at(before, name), _at(after, name))
        for name in names or differences(before, after)
        if _at(before, name) != _at(after, name)
    ]


def _at(document: Mapping[str, Json], dotted: str) -> str:
    if dotted in document:
        value: Json = document[dotted]
    else:
        name, _, rest = dotted.partition(".")
        within = document.get(name)
        return _at(within, rest) if rest and isinstance(within, Mapping) else ""
    return "" if value is None else str(value)
