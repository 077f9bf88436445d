"""Delegation: a person on leave lends their vote in named groups to somebody else, until a day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.people import Lent, Standing


@dataclass(frozen=True)
class Delegation:
    """`giver` lends `taker` the vote in these groups until a time. What is lent cannot be lent on."""

    giver: str
    taker: str
    groups: tuple[str, ...]
    until: datetime


def lend(
    people: Mapping[str, Standing], delegations: Iterable[Delegation], now: datetime
) -> dict[str, Standing]:
    """Return the people with what is lent to them now: only what the giver, a full member, holds today."""
    found = dict(people)
    for delegation in delegations:
        giver, taker = people.get(delegation.giver), found.get(delegation.taker)
        if giver is None or taker is None or now >= delegation.until or not giver.full_member:
            continue
        held = (name for name in delegation.groups if name in giver.groups)
        lent = tuple(Lent(name, giver.user, giver.entra_oid) for name in held)
        found[taker.user] = replace(taker, lent=taker.lent + lent)
    return found
