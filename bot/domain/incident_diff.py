"""What differs between two looks at a target: its configuration, what stands around it, its findings, its writes.

Figures that move at every look are no difference; what the rules find in them is.
"""

from collections.abc import Mapping, Sequence

from bot.domain.drift import flat, shown
from bot.domain.evidence import GONE, changed_since
from bot.domain.field_names import field_words
from bot.domain.incident_snapshot import TargetSeen, write_key
from bot.domain.json import Json
from bot.domain.operation import differences
from bot.domain.signs import Finding

_STANDING = frozenset(
    {
        GONE,
        "scope",
        "siblings",
        "model",
        "lineage",
        "retirement",
        "content_filter",
        "posture",
        "access",
        "quota",
        "health",
    }
)


def differs_since(before: TargetSeen, after: TargetSeen) -> tuple[str, ...]:
    """Return what an earlier snapshot of the same target and a later one say differently, the worst first."""
    return (
        *_levels(before.findings, after.findings),
        *_new_writes(before, after),
        *state_differs(before.projection, before.evidence, after),
    )


def state_differs(
    projection: Mapping[str, Json] | None, evidence: Mapping[str, Json], after: TargetSeen
) -> tuple[str, ...]:
    """Return which fields and facts differ from an earlier state; what was not seen then or now is not compared."""
    return (*_fields(projection, after.projection), *_facts(evidence, after.evidence))


def _levels(before: Sequence[Finding], after: Sequence[Finding]) -> list[str]:
    """Return the rules that judge otherwise than before."""
    old = {each.sign: each for each in before}
    return [
        f"{each.sign.words}: {old[each.sign].level.value} → {each.level.value}"
        for each in after
        if each.sign in old and old[each.sign].level is not each.level
    ]


def _new_writes(before: TargetSeen, after: TargetSeen) -> list[str]:
    known = {write_key(each) for each in before.writes}
    fresh = [each for each in after.writes if write_key(each) not in known]
    return [
        f"New write: {each.what}, {each.at:%H:%M} UTC, {each.change or 'no change explains it'}"
        for each in fresh
    ]


def _fields(before: Mapping[str, Json] | None, after: Mapping[str, Json] | None) -> list[str]:
    if before is None or after is None or before == after:
        return []
    if not after:
        return ["Deployment: it exists → it does not exist"]
    if not before:
        return ["Deployment: it did not exist → it exists"]
    old, new = flat(before), flat(after)
    return [
        f"{field_words(name)}: {shown(old.get(name), name)} → {shown(new.get(name), name)}"
        for name in differences(before, after)
    ]


def _facts(before: Mapping[str, Json], after: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the facts that differ in the sections that both could look at."""
    old, new = _sections(before), _sections(after)
    both = [key for key in new if key in old or key == GONE]
    then: dict[str, Json] = {"sections": [old[key] for key in both if key in old]}
    now: dict[str, Json] = {"sections": [new[key] for key in both]}
    return changed_since(then, now)


def _sections(document: Mapping[str, Json]) -> dict[str, Mapping[str, Json]]:
    listed = document.get("sections")
    sections = listed if isinstance(listed, Sequence) and not isinstance(listed, str) else ()
    found = [each for each in sections if isinstance(each, Mapping)]
    return {
        str(each.get("key")): each for each in found if each.get("key") in _STANDING and not each.get("gap")
    }
