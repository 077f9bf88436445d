"""Declaring, listing and showing incidents, from a command, a form or a button alike."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.command_line import parse
from bot.domain.errors import InvalidInputError
from bot.domain.incident import Incident, IncidentSource, IncidentState, incident_number, read_severity
from bot.domain.incident_names import channel_name
from bot.domain.redaction import clean
from bot.ports.incidents import IncidentQuery
from bot.ports.slack import Message
from bot.render.answer import render_text
from bot.render.incident_card import render_incident, render_incidents
from bot.render.incident_forms import render_declare_form
from bot.render.incident_words import render_declared, render_duplicate, render_timeline_of
from bot.render.notice import render_open_button
from bot.usecases.declare_incident import AlreadyDeclared, Declaring, declare_incident
from bot.usecases.house_incident import refuse_place
from handlers.dependencies import Dependencies
from handlers.incident_loading import dashed, load_incident, load_incidents, meant
from handlers.shapes import Asked


@dataclass(frozen=True)
class Wish:
    """What somebody declares, as it was typed; it fits into a button's value.

    `source` is what made them, and `began` the ISO time since when, where a report says so.
    """

    title: str
    severity: str = ""
    targets: tuple[str, ...] = ()
    channel: str = ""
    origin: str = ""
    drill: bool = False
    anyway: bool = False
    source: str = IncidentSource.CHAT.value
    began: str = ""

    def as_value(self) -> str:
        """Return it as a button's value."""
        return json.dumps({**vars(self), "targets": list(self.targets)})


def wish_of(value: str) -> Wish:
    """Return what a button's value says; raise InvalidInputError when it is none of ours."""
    try:
        found = json.loads(value)
        return Wish(**{**found, "targets": tuple(found["targets"])})
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInputError(
            "This button is out of date.", advice="Write `incident declare …`."
        ) from error


async def declare(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    """Declare what was typed."""
    words = parse(dashed(typed), flags=("drill", "here", "anyway"), options=("sev", "target", "follows"))
    options = words.options
    wish = Wish(
        clean(" ".join(words.arguments)),
        options.get("sev", ""),
        tuple(filter(None, options.get("target", "").split(","))),
        asked.channel if words.flag("here") else "",
        f"INC-{incident_number(options['follows'])}" if words.flag("follows") else "",
        drill=words.flag("drill"),
        anyway=words.flag("anyway"),
    )
    return await declared(wish, asked, deps) if wish.title else await open_declare(wish, asked, deps)


async def open_declare(wish: Wish, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the form with what is known already; a mention, which cannot, is answered with a button that does."""
    wish = replace(wish, targets=tuple(deps.desk.configuration.target(each).alias for each in wish.targets))
    if not asked.trigger_id:
        return render_open_button(
            "A mention cannot open a form by itself; this button can.",
            label="Declare an incident",
            action_id="incident.form",
            value=wish.as_value(),
            ref=asked.ref,
        )
    aliases = [each.alias for each in deps.desk.configuration.targets]
    values = {
        "title": wish.title,
        "severity": read_severity(wish.severity).value if wish.severity else "",
        "target": wish.targets[0] if wish.targets else "",
        "channel": wish.channel,
        "origin": wish.origin,
    }
    await deps.messenger.open_view(asked.trigger_id, render_declare_form(aliases, values, asked.ref))
    return None


async def declared(wish: Wish, asked: Asked, deps: Dependencies) -> Message:
    """Declare an incident and say so; a duplicate is answered with the one that is open.

    Raises:
        InvalidInputError: the title or the severity cannot be read.
        NotFoundError: a target, or the incident it follows, is not there.
    """
    answer, now = await declare_wish(wish, asked, deps), deps.desk.clock.now()
    if isinstance(answer, AlreadyDeclared):
        return render_duplicate(answer.incident, replace(wish, anyway=True).as_value(), now, asked.ref)
    name = channel_name(answer, deps.desk.configuration.incident_channel_pattern)
    return render_declared(answer, name, asked.ref)


async def declare_wish(wish: Wish, asked: Asked, deps: Dependencies) -> Incident | AlreadyDeclared:
    """Declare what somebody wishes, or return the incident that is there; raises as `declared`."""
    desk = deps.desk
    asking = Declaring(
        wish.title,
        frozenset(wish.targets),
        read_severity(wish.severity) if wish.severity else None,
        datetime.fromisoformat(wish.began) if wish.began else None,
        IncidentSource(wish.source),
        drill=wish.drill,
        origin=wish.origin,
        channel=wish.channel,
        anyway=wish.anyway,
    )
    deps.refuse_wrong_clock()
    async with desk.archive.transaction() as tx:
        await refuse_place(wish.channel, tx=tx, desk=desk)
        if wish.origin:
            await tx.incident(incident_number(wish.origin))
        return await declare_incident(
            asking,
            by=asked.caller.actor,
            cause=asked.caller.cause,
            now=desk.clock.now(),
            configuration=desk.configuration,
            tx=tx,
        )


async def list_incidents(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    """List open incidents, or all."""
    words = parse(typed, flags=("all",), options=("target",))
    named = words.options.get("target", "")
    query = IncidentQuery(
        state=None if words.flag("all") else IncidentState.OPEN,
        target=deps.desk.configuration.target(named).alias if named else "",
    )
    title = "Incidents" if words.flag("all") else "Open incidents"
    return render_incidents(await load_incidents(query, deps), title, deps.desk.clock.now(), asked.ref)


async def show(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    """Show one incident as its card does."""
    number, _ = await meant(typed, asked, deps)
    return render_incident(await load_incident(number, deps), now=deps.desk.clock.now(), ref=asked.ref)


async def timeline(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    """Show what happened, to whoever asks or, with --share, to the channel."""
    words = parse(typed, flags=("share",))
    number, _ = await meant(words.arguments, asked, deps)
    message = await timeline_of(number, asked, deps)
    if not words.flag("share"):
        return message
    await deps.messenger.post(asked.channel, message)
    return render_text(f"The timeline of INC-{number} is in this channel.", asked.ref)


async def timeline_of(number: int, asked: Asked, deps: Dependencies) -> Message:
    """Return the timeline of an incident."""
    async with deps.desk.archive.reading() as look:
        incident, entries = await look.incident(number), await look.timeline(number)
    return render_timeline_of(incident, entries, asked.ref)
