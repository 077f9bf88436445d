"""`app_home_opened`: what waits for this person, what they asked for and own, and what runs."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.changes.kinds import KINDS
from bot.domain.anchoring import anchor_words
from bot.domain.auditing import is_auditor
from bot.domain.change import OPEN_ON_ACCOUNT, TERMINAL, ChangeState
from bot.domain.deployment import Target
from bot.domain.incident import IncidentState
from bot.domain.json import Json
from bot.domain.people import Actor
from bot.domain.request_events import EvidenceRead
from bot.domain.retirements import fine_tuned_end
from bot.ports.archive import ChangeQuery, Look
from bot.ports.incidents import IncidentQuery
from bot.render.home import HomeView, Owned, render_home
from bot.render.texts import count
from bot.usecases.find_people import FOR_AN_APPLY, find_people
from bot.usecases.find_waiting import find_waiting
from handlers.dependencies import Dependencies
from handlers.incident_loading import load_incidents
from handlers.loading import views_of
from handlers.shapes import Happening, SlackEvent

_WEEK = timedelta(days=7)
_SOON = timedelta(days=90)
_OPEN = frozenset(set(ChangeState) - TERMINAL - {ChangeState.DRAFT})
_DRAFTS = frozenset({ChangeState.DRAFT})


async def _run(happening: Happening, deps: Dependencies) -> None:
    desk, user = deps.desk, happening.user
    now, configuration = desk.clock.now(), desk.configuration
    people = await find_people({user}, desk=desk, max_age=FOR_AN_APPLY)
    async with desk.archive.reading() as look:
        waiting = await find_waiting(user, people, look=look, desk=desk)
        mine = await look.changes(ChangeQuery(states=_OPEN, requester=user))
        drafts = await look.changes(ChangeQuery(states=_DRAFTS, requester=user))
        running = await look.changes(ChangeQuery(states=OPEN_ON_ACCOUNT))
        chat = await look.freezes(now)
        anchored = await look.anchor_states(configuration.anchors.kinds)
        owned = [await _owned(each, look, now) for each in configuration.targets if each.owner == user]
    known = [*configuration.freezes, *(each.as_freeze(()) for each in chat)]
    freezes = [each for each in known if each.start < now + _WEEK and now < each.end]
    home = HomeView(
        await views_of(waiting, deps),
        await views_of(mine, deps),
        owned,
        await views_of(running, deps),
        freezes,
        deps.last_trail(),
        request=f"request|{KINDS[0].name}:",
        user=user,
        anchors=anchor_words(anchored, configuration.anchors, now),
        drafts=len(drafts),
        auditor=is_auditor(people[user], configuration),
        incidents=await load_incidents(IncidentQuery(state=IncidentState.OPEN), deps),
    )
    if home.auditor:
        await _remember(user, deps)
    await deps.messenger.publish_home(user, render_home(home, now=now, ref=deps.cause("home").ref))


async def _remember(user: str, deps: Dependencies) -> None:
    """Append the entry of an auditor's look at Home; without it nothing is shown."""
    actor = Actor("slack_user", user, deps.desk.configuration.team_id)
    async with deps.desk.archive.transaction() as tx:
        await tx.record(EvidenceRead(command="home", alias="Countersign"), by=actor, cause=deps.cause("home"))


async def _owned(target: Target, look: Look, now: datetime) -> Owned:
    """Return a deployment as it is on record; Azure is not asked while Slack waits."""
    seen = await look.sighting(target.ref.key)
    if seen is None:
        return Owned(target.alias, "not looked at yet")
    if not seen.state:
        return Owned(target.alias, "is not there", ("It was deleted, or never deployed.",), seen.seen_at)
    writes = await look.unexplained_on(target.ref.key, now - _WEEK)
    hints = [f"{count(len(writes), 'write')} in 7 days that no change explains"] if writes else []
    sku, properties = _part(seen.state, "sku"), _part(seen.state, "properties")
    model = str(_part(properties, "model").get("name") or "")
    end = fine_tuned_end(model)
    if end is not None and end - now.date() <= _SOON:
        hints.append(f"its deployments retire on {end}, in {(end - now.date()).days} days")
    if properties.get("deploymentState") == "Paused":
        hints.append("it is paused; Azure may delete a deployment that is idle for 15 days")
    state = f"{model} · {sku.get('name', '')} · capacity {sku.get('capacity', '')}"
    return Owned(target.alias, state, tuple(hints), seen.seen_at)


def _part(document: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


HOME = SlackEvent("app_home_opened", _run)
