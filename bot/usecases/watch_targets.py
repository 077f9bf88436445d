"""The watch: read the signs of an account's targets, and tell of trouble that holds, once in each episode."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.deployment import Account, Target
from bot.domain.episode import Episode, first_seen
from bot.domain.incident import Incident, IncidentSource, IncidentState, TimelineEntry
from bot.domain.sign_rules import findings
from bot.domain.signs import Finding, Level
from bot.domain.watch_events import TroubleDetected, TroubleEnded
from bot.ports.archive import Cause, Look, Transaction
from bot.ports.incidents import IncidentQuery
from bot.ports.registry import Readers
from bot.usecases.declare_incident import AlreadyDeclared, Declaring, declare_incident
from bot.usecases.desk import Desk
from bot.usecases.find_unapproved import WATCH
from bot.usecases.keep_timeline import digest_of, write_down
from bot.usecases.read_signs import read_signs

# Azure lets a subscription read 12,000 times an hour. A target takes seven; the watch leaves two thirds to others.
SHARE = timedelta(seconds=6)


async def watches_due(look: Look, *, desk: Desk) -> dict[str, datetime | None]:
    """Return the looks of the watch whose time has come, with that time (None: never looked)."""
    if not desk.configuration.incidents.watch_every:
        return {}
    dues, now = await look.dues("watch"), desk.clock.now()
    names = {f"watch:{target.ref.account.name}" for target in desk.configuration.targets}
    return {name: dues.get(name) for name in sorted(names) if dues.get(name, now) <= now}


async def enqueue_watches(due: Mapping[str, datetime | None], *, tx: Transaction, desk: Desk) -> None:
    """Enqueue the looks that are due; one replica takes each, whichever is first."""
    targets = len(desk.configuration.targets)
    until = desk.clock.now() + max(desk.configuration.incidents.watch_every, targets * SHARE)
    for name, at in due.items():
        if await tx.put_off(name, due=at, until=until):
            await tx.enqueue("watch", name)


async def watch_account(account: Account, *, readers: Readers, desk: Desk, cause: Cause) -> None:
    """Look at every target of an account once, and at what that says beside what was said before."""
    targets = [each for each in desk.configuration.targets if each.ref.account == account]
    seen = await asyncio.gather(*(read_signs(each, readers=readers, desk=desk) for each in targets))
    for target, signs in zip(targets, seen, strict=True):
        async with desk.archive.transaction() as tx:
            await _Watched(target, signs.at, tx, desk, cause).compare(findings(signs))


class _Watched:
    """One look at one target, in its transaction."""

    def __init__(self, target: Target, at: datetime, tx: Transaction, desk: Desk, cause: Cause) -> None:
        self._target = target
        self._at = at
        self._tx = tx
        self._desk = desk
        self._cause = cause

    async def compare(self, found: Sequence[Finding]) -> None:
        """Begin, confirm or end the episode of each rule."""
        lasting = {each.sign: each for each in await self._tx.lasting(self._target.alias)}
        for finding in found:
            episode = lasting.get(finding.sign)
            if episode is not None:
                await self._again(episode, finding)
            elif finding.level is Level.CRITICAL:
                begun = await self._tx.add_episode(first_seen(finding, self._target.alias, self._at))
                if begun is not None:
                    await self._tell(begun, finding)

    async def _again(self, episode: Episode, finding: Finding) -> None:
        """Write down another look at an episode; an older look than the last says nothing."""
        if episode.seen_at >= self._at:
            return
        looks = episode.after(finding)
        columns: dict[str, object] = {"looks": looks, "seen_at": self._at}
        if finding.level is Level.CRITICAL:
            columns |= {"words": finding.words, "figures": dict(finding.figures)}
        if episode.is_over(looks):
            columns["ended_at"] = self._at
        kept = await self._tx.change_episode(episode, **columns)
        if kept is None:
            return
        if kept.fired_at is not None and not kept.incident:
            kept = await self._joined(kept)
        if kept.ended_at is not None and kept.fired_at is not None:
            await self._ended(kept)
        elif finding.level is Level.CRITICAL:
            await self._tell(kept, finding)

    async def _joined(self, episode: Episode) -> Episode:
        """Add what was offered to the incident that somebody has declared since, if one is open."""
        incident = await self._open()
        joined = None
        if incident is not None and episode.ended_at is None:
            joined = await self._tx.change_episode(episode, incident=incident.number)
        if joined is None or incident is None:
            return episode
        await self._write(incident, joined, "found", f"{joined.sign.words}: {joined.words}")
        await self._tx.enqueue("deliver", f"deliver:episode:{joined.number}")
        return joined

    async def _tell(self, episode: Episode, finding: Finding) -> None:
        """Join the open incident, declare one where `declare_on` says so, or offer to; once."""
        if not episode.is_ripe(finding):
            return
        incident, outcome = await self._incident(episode)
        number = incident.number if incident else 0
        told = await self._tx.change_episode(episode, fired_at=self._at, incident=number)
        if told is None:
            return
        if incident is not None:
            await self._write(incident, episode, "found", f"{episode.sign.words}: {episode.words}")
        event = TroubleDetected(
            resource=self._target.ref.key,
            alias=self._target.alias,
            rule=episode.sign,
            began_at=episode.began_at.isoformat(),
            figures=tuple(f"{name}: {value}" for name, value in sorted(episode.figures.items())),
            outcome=outcome,
            incident=incident.id if incident else "",
        )
        await self._tx.record(event, by=WATCH, cause=self._cause)
        if outcome == "offered":
            await self._tx.enqueue("deliver", f"deliver:episode:{episode.number}")

    async def _open(self) -> Incident | None:
        query = IncidentQuery(state=IncidentState.OPEN, target=self._target.alias, drills=False, limit=1)
        return next(iter(await self._tx.incidents(query)), None)

    async def _incident(self, episode: Episode) -> tuple[Incident | None, str]:
        await self._tx.hold(self._target.ref.key)
        there = await self._open()
        if there is not None:
            return there, "joined"
        if episode.sign not in self._desk.configuration.incidents.declare_on:
            return None, "offered"
        asked = Declaring(
            f"{episode.sign.words} on {self._target.alias}",
            frozenset({self._target.alias}),
            began_at=episode.began_at,
            source=IncidentSource.WATCH,
        )
        found = await declare_incident(
            asked,
            by=WATCH,
            cause=self._cause,
            now=self._desk.clock.now(),
            configuration=self._desk.configuration,
            tx=self._tx,
        )
        if isinstance(found, AlreadyDeclared):
            return found.incident, "joined"
        return found, "declared"

    async def _ended(self, episode: Episode) -> None:
        """Say that it is over; an incident is closed by people."""
        event = TroubleEnded(resource=self._target.ref.key, alias=self._target.alias, rule=episode.sign)
        await self._tx.record(event, by=WATCH, cause=self._cause)
        if episode.incident:
            incident = await self._tx.incident(episode.incident)
            await self._write(incident, episode, "ended", f"{episode.sign.words}: over, by the watch.")
        if episode.ts:
            await self._tx.enqueue("deliver", f"deliver:episode:{episode.number}")

    async def _write(self, incident: Incident, episode: Episode, what: str, words: str) -> None:
        key = f"episode:{episode.number}:{what}"
        entry = TimelineEntry(
            incident.number, self._at, WATCH.id, "alert", words, key, sha256=digest_of(words)
        )
        await write_down(entry, self._tx)
