"""What `countersign policy …` finds out: from the file and a database that is only read."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.domain.change import change_number
from bot.domain.configuration import Configuration
from bot.domain.errors import NotFoundError
from bot.domain.explanation import Explanation, explain
from bot.domain.people import Standing
from bot.domain.replay import Past, Replayed, Side, replay
from bot.domain.rule_words import rule_in_full
from bot.domain.soundness import Finding, Known, findings, pairs
from bot.usecases.recall_people import Recalled, recall_people
from handlers.clock import WallClock
from storage.past import reading_past


class _Nothing:
    """What is known without a database: nobody was ever seen."""

    async def standings(self, users: Iterable[str]) -> Mapping[str, Standing]:
        """Return nothing."""
        return {}

    async def usergroups(self) -> Mapping[str, tuple[frozenset[str], datetime]]:
        """Return nothing."""
        return {}


async def checked(configuration: Configuration, database: str) -> tuple[tuple[Finding, ...], dict[str, str]]:
    """Return what was checked, and every environment × tier in words."""
    now, owners = WallClock().now(), {target.owner for target in configuration.targets}
    try:
        async with reading_past(database) as rows:
            known = await recall_people(owners, rows=rows, configuration=configuration, now=now)
            seen = Finding("database", "ok", "people as they were last seen")
    except NotFoundError as error:
        known = await recall_people(owners, rows=_Nothing(), configuration=configuration, now=now)
        seen = Finding("database", "note", f"{error} People are taken as the file names them.")
    table = {
        f"{environment} · {tier}": rule_in_full(rule)
        if rule is not None
        else f"{environment} · {tier}: denied"
        for environment, tier, rule in pairs(configuration)
    }
    met = {user: known.people[user] for user in known.people if user not in known.assumed}
    found = findings(configuration, Known(known.people, known.unseen, met))
    return (
        Finding("file", "ok", "it can be read"),
        seen,
        *_assumed(known),
        *_lapsed(configuration),
        *found,
    ), table


def _assumed(known: Recalled) -> list[Finding]:
    if not known.assumed:
        return []
    users = ", ".join(sorted(known.assumed))
    return [Finding("people", "note", f"never seen, and taken for full members: {users}")]


def _lapsed(configuration: Configuration) -> list[Finding]:
    now = WallClock().now()
    return [
        Finding(f"delegation {each.giver} to {each.taker}", "note", f"is over since {each.until.isoformat()}")
        for each in configuration.delegations
        if each.until <= now
    ]


async def explained(change: str, user: str, configuration: Configuration, database: str) -> Explanation:
    """Return why a change stands as it does, and what one person may do about it."""
    now = WallClock().now()
    async with reading_past(database) as rows:
        found = await rows.change(change_number(change))
        votes = await rows.votes(found)
        asked = {found.request.requester, *(vote.person for vote in votes), *({user} if user else ())}
        recalled = await recall_people(asked, rows=rows, configuration=configuration, now=now)
    return explain(found, user, votes=votes, people=recalled.people, configuration=configuration, now=now)


async def replayed(now: Configuration, candidate: Configuration, database: str) -> tuple[Replayed, ...]:
    """Return what a candidate would have made of every change that people were asked about."""
    async with reading_past(database) as rows:
        past = [Past(change, await rows.votes(change)) for change in await rows.submitted()]
        users = {each.change.request.requester for each in past}
        users |= {vote.person for each in past for vote in each.votes}
        sides = []
        for configuration in (now, candidate):
            at = WallClock().now()
            known = await recall_people(users, rows=rows, configuration=configuration, now=at)
            sides.append(Side(configuration, known.people))
    return tuple(replay(each, now=sides[0], candidate=sides[1]) for each in past)
