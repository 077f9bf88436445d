"""The pinned card of an incident, and lists of incidents. Nothing on it changes production."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.incident import Incident
from bot.ports.slack import Block, Message
from bot.render.blocks import actions, button, context, fields, footer, header, say, section
from bot.render.incident_view import (
    IncidentView,
    age_words,
    by_words,
    drill_word,
    last_snapshot_words,
    lead_words,
    next_update_words,
    place_words,
    roles_words,
    severity_words,
    targets_words,
    title_words,
)
from bot.render.texts import count, escape, mention, one_line, when

_ROWS = 20
_READ_ONLY = "*Read-only* · nothing here changes production :lock:"


def render_incident(view: IncidentView, *, now: datetime, ref: str) -> Message:
    """Return the card as the incident stands: who leads, what it is about, what comes next."""
    incident = view.incident
    state = "open" if incident.is_open else "resolved"
    text = (
        f"{drill_word(incident)}{incident.id} is {state}: {title_words(incident)}, {incident.severity}, "
        f"lead {lead_words(incident)}."
    )
    metadata = {
        "event_type": "countersign.incident",
        "event_payload": {"id": incident.id, "severity": incident.severity.value, "state": state},
    }
    return say(text, [*_head(incident), *_facts(view, now), *_foot(incident, now, ref)], metadata)


def _head(incident: Incident) -> list[Block]:
    label = [section("*This is a drill.* It is counted nowhere.")] if incident.drill else []
    return [
        header(f"{drill_word(incident)}{incident.id} · {incident.title}"),
        context(_READ_ONLY, f"{severity_words(incident)} · {'open' if incident.is_open else 'resolved'}"),
        *label,
    ]


def _facts(view: IncidentView, now: datetime) -> list[Block]:
    incident = view.incident
    pairs = [
        ("Severity", severity_words(incident)),
        ("Lead", lead_words(incident)),
        ("Targets", targets_words(incident)),
        ("Age", f"{age_words(incident, now)}\nbegan {when(incident.began_at)}"),
        ("Next status update", next_update_words(view, now)),
        ("Last snapshot", last_snapshot_words(view)),
        ("Changes", _changes(view)),
    ]
    if roles := roles_words(incident):
        pairs.append(("Roles", roles))
    symptoms = "\n".join(f"• {escape(one_line(each), 300)}" for each in view.symptoms)
    first = [section(f"*First symptom*\n{symptoms}")] if symptoms else []
    return [*fields(pairs), *first, *_resolution(incident)]


def _changes(view: IncidentView) -> str:
    lines = [f"{escape(number, 20)} {escape(state, 60)}" for number, state in view.changes[:8]]
    more = f"\nand {len(view.changes) - 8} more" if len(view.changes) > 8 else ""
    return ("\n".join(lines) or "none linked") + more


def _resolution(incident: Incident) -> list[Block]:
    if incident.resolved_at is None:
        return []
    said = f"*Resolved* by {mention(incident.resolved_by)} {when(incident.resolved_at)}"
    return [section(f"{said}\n{escape(incident.resolution, 2000)}")]


def _foot(incident: Incident, now: datetime, ref: str) -> list[Block]:
    declared = f"declared by {by_words(incident.declared_by)} {when(incident.declared_at)}"
    origin = f"follows {incident.origin}" if incident.origin else ""
    return [
        *actions(_buttons(incident)),
        footer(ref, f"{declared} · {incident.source} · as of {when(now)}", escape(origin, 60)),
    ]


def _buttons(incident: Incident) -> list[Block]:
    about = incident.id
    timeline = button("Timeline", "incident.timeline", about, says=f"Show the timeline of {about}")
    if not incident.is_open:
        return [timeline]
    return [
        button(
            "Status update",
            "incident.update",
            about,
            style="primary",
            says=f"Give a status update of {about}",
        ),
        button("New snapshot", "incident.snapshot", about, says=f"Take a read-only snapshot for {about}"),
        button("Severity", "incident.severity", about, says=f"Change the severity of {about}"),
        button("Lead", "incident.lead", about, says=f"Name the lead of {about}"),
        timeline,
        button("Resolve…", "incident.resolve", about, says=f"Resolve {about}"),
    ]


def incident_row(view: IncidentView, now: datetime) -> Block:
    """Return an incident in two lines."""
    incident = view.incident
    return section(
        f"*{drill_word(incident)}{incident.id}* · {title_words(incident)}\n"
        f"{severity_words(incident)} · lead {lead_words(incident)} · {targets_words(incident)}\n"
        f"{age_words(incident, now)} · next update {next_update_words(view, now)} · {place_words(incident)}"
    )


def render_incidents(views: Sequence[IncidentView], title: str, now: datetime, ref: str) -> Message:
    """Return a list of incidents, newest first."""
    rows = [incident_row(view, now) for view in views[:_ROWS]] or [section("*None* · no incident is open.")]
    more = f"{len(views) - _ROWS} more are not shown." if len(views) > _ROWS else ""
    ids = ", ".join(view.incident.id for view in views[:_ROWS])
    text = f"{title}: {count(len(views), 'incident')}{f' ({ids})' if ids else ''}."
    hint = "incident show INC-n shows one in full; --all lists resolved ones, too."
    return say(text, [header(title), *rows, footer(ref, more, hint)])
