"""Who people are right now: account flags and groups, no older than a decision allows."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.auditing import is_auditor, kept_apart
from bot.domain.configuration import Configuration
from bot.domain.delegation import lend
from bot.domain.errors import RunAgain
from bot.domain.people import Standing
from bot.ports.slack import SlackDirectory
from bot.usecases.desk import Desk

FOR_A_DECISION = timedelta(seconds=60)
FOR_AN_APPLY = timedelta(minutes=5)


async def find_people(users: Iterable[str], *, desk: Desk, max_age: timedelta) -> Mapping[str, Standing]:
    """Return what the directory says of these people and of everyone in a policy group, or who stands in for one.

    Observations older than `max_age` are read again from Slack, outside any transaction, and remembered.

    Raises:
        SlackUnavailableError: Slack could not be asked.
        RunAgain: this role cannot ask Slack; a `directory` job has been asked to.
    """
    asked, now, configuration = set(users), desk.clock.now(), desk.configuration
    takers = {each.taker for each in configuration.delegations if now < each.until}
    try:
        members = await _group_members(desk, now, max_age)
        everyone = sorted(asked.union(takers, *members.values()))
        known = await _standings(everyone, desk, now, max_age)
    except RunAgain:
        async with desk.archive.transaction() as tx:
            await tx.enqueue("directory", f"directory:{','.join(sorted(asked))}")
        raise
    people = {user: with_groups(standing, members, configuration) for user, standing in known.items()}
    lent = lend(people, configuration.delegations, now)
    return {user: kept_apart(standing, configuration) for user, standing in lent.items()}


def may_write_down(person: Standing, configuration: Configuration) -> bool:
    """Return whether what this person does outside our doors counts: a full member who is not an auditor."""
    return person.full_member and not is_auditor(person, configuration)


def in_groups(names: Iterable[str], people: Mapping[str, Standing]) -> tuple[Standing, ...]:
    """Return the people who are in at least one of these groups, by user id."""
    wanted = set(names)
    return tuple(people[user] for user in sorted(people) if people[user].groups & wanted)


def with_groups(
    standing: Standing, members: Mapping[str, frozenset[str]], configuration: Configuration
) -> Standing:
    """Return a standing with the policy groups that hold the person, and the Entra id the file gives.

    An auditor is in no other group, whatever the lists say.
    """
    groups = frozenset(name for name, users in members.items() if standing.user in users)
    oid = configuration.entra_oids.get(standing.user, standing.entra_oid)
    return kept_apart(replace(standing, groups=groups, entra_oid=oid), configuration)


async def refresh_directory(users: Iterable[str], *, desk: Desk) -> None:
    """Read these people and every group afresh, whatever is remembered."""
    await find_people(users, desk=desk, max_age=timedelta(0))


async def _group_members(desk: Desk, now: datetime, max_age: timedelta) -> dict[str, frozenset[str]]:
    groups = desk.configuration.groups.values()
    seen = await desk.archive.usergroups() if any(group.usergroup for group in groups) else {}
    found: dict[str, frozenset[str]] = {}
    for group in groups:
        listed = group.users
        if group.usergroup:
            users, at = seen.get(group.usergroup, (frozenset(), None))
            fresh = _is_fresh(at, now, max_age)
            listed |= users if fresh else await _usergroup(group.usergroup, desk, now)
        found[group.name] = listed
    return found


async def _usergroup(usergroup: str, desk: Desk, now: datetime) -> frozenset[str]:
    users = await _directory(desk, now).members(usergroup)
    async with desk.archive.transaction() as tx:
        await tx.observe_group(usergroup, users, now)
    return users


async def _standings(
    users: Iterable[str], desk: Desk, now: datetime, max_age: timedelta
) -> dict[str, Standing]:
    seen = await desk.archive.people(users)
    found: dict[str, Standing] = {}
    for user in users:
        last = seen.get(user)
        fresh = last is not None and _is_fresh(last.observed_at, now, max_age)
        found[user] = last if last is not None and fresh else await _observed(user, desk, now)
    return found


def _is_fresh(at: datetime | None, now: datetime, max_age: timedelta) -> bool:
    return at is not None and max_age > timedelta(0) and now <= at + max_age


async def _observed(user: str, desk: Desk, now: datetime) -> Standing:
    standing = replace(await _directory(desk, now).standing(user), observed_at=now)
    async with desk.archive.transaction() as tx:
        await tx.observe(standing)
    return standing


def _directory(desk: Desk, now: datetime) -> SlackDirectory:
    if desk.directory is None:
        raise RunAgain(now + timedelta(seconds=1), "waits for a fresh look at who is in which group")
    return desk.directory
