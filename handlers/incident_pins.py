"""Messages put on a timeline by a reaction or by a shortcut: read with their files, written down once."""

import json

from bot.domain.errors import InvalidInputError, SlackRefusedError
from bot.domain.incident import Incident, IncidentState
from bot.domain.people import Person
from bot.domain.redaction import clean
from bot.ports.incidents import IncidentQuery
from bot.ports.slack import Block
from bot.render.incident_forms import render_pick_form
from bot.usecases.desk import Caller
from bot.usecases.find_people import FOR_AN_APPLY, find_people, may_write_down
from bot.usecases.pin_message import Pinned, pin_message
from handlers.dependencies import Dependencies
from handlers.incident_loading import incident_here
from handlers.shapes import Asked, Quoted

PUSHPINS = frozenset({"pushpin", "round_pushpin"})
_KEPT = 2000


async def want_pin(channel: str, ts: str, user: str, deps: Dependencies) -> bool:
    """Have a message of an incident's channel written down; False when the channel is none's."""
    incident = await incident_here(channel, deps)
    if incident is None:
        return False
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("deliver", f"deliver:{incident.id}:pin:{channel}:{ts}:{user}")
    return True


async def pin_now(incident: Incident, key: str, deps: Dependencies) -> None:
    """Read the message that `<channel>:<ts>:<user>` names and write it down for a member of the workspace."""
    channel, ts, user = key.split(":")
    people = await find_people({user}, desk=deps.desk, max_age=FOR_AN_APPLY)
    if not may_write_down(people[user], deps.desk.configuration):
        return
    try:
        posted = await deps.channels.message(channel, ts)
    except SlackRefusedError:
        return  # it was deleted meanwhile, or we are not there any more: there is nothing to keep
    files = {each.name: each.sha256 for each in posted.files}
    pinned = Pinned(channel, ts, posted.user, clean(posted.text), files)
    caller = Caller(Person(user, deps.desk.configuration.team_id), deps.cause("slack", channel=channel))
    async with deps.desk.archive.transaction() as tx:
        await pin_message(incident.number, pinned, caller=caller, tx=tx)


async def open_pick(quoted: Quoted, asked: Asked, deps: Dependencies) -> Block | None:
    """Return the form that asks to which open incident a message belongs; None when none is open."""
    async with deps.desk.archive.reading() as look:
        found = await look.incidents(IncidentQuery(state=IncidentState.OPEN))
    if not found:
        return None
    kept = {
        "channel": asked.channel,
        "ts": quoted.ts,
        "author": quoted.user,
        "words": clean(quoted.text)[:_KEPT],
    }
    return render_pick_form(found, json.dumps(kept), kept["words"], asked.ref)


def pinned_of(metadata: str) -> Pinned:
    """Return the message that a form carries; raise InvalidInputError when it carries none."""
    try:
        found = json.loads(metadata)
        channel, ts, author, words = (str(found[name]) for name in ("channel", "ts", "author", "words"))
        return Pinned(channel, ts, author, words)
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError("This form is out of date.", advice="Use the shortcut again.") from error
