"""An incident with the words around it, as cards, lists and forms show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.incident import ChannelState, Incident, IncidentSnapshot, Severity
from bot.render.texts import age, code, escape, is_channel, is_user, mention, one_line, when

_MARKS = {
    Severity.SEV1: "red_circle",
    Severity.SEV2: "large_orange_circle",
    Severity.SEV3: "large_yellow_circle",
    Severity.SEV4: "large_blue_circle",
}


@dataclass(frozen=True)
class IncidentView:
    """An incident, the first symptoms of its targets, its changes by id and state, its snapshots.

    `nudges` is the most reminders there are before a status update.
    """

    incident: Incident
    symptoms: Sequence[str] = ()
    changes: Sequence[tuple[str, str]] = ()
    snapshots: Sequence[IncidentSnapshot] = ()
    nudges: int = 0


_ACTORS = {"azure-monitor": "Azure Monitor", "watch": "the watch"}


def by_words(actor: str) -> str:
    """Return who did something: a person as a mention, one of our own roles in words."""
    return mention(actor) if is_user(actor) else escape(_ACTORS.get(actor, actor), 80)


def drill_word(incident: Incident) -> str:
    """Return `DRILL · ` for a drill, else nothing."""
    return "DRILL · " if incident.drill else ""


def severity_words(incident: Incident) -> str:
    """Return the severity with its mark, and that nobody confirmed it."""
    unsaid = "" if incident.severity_at else " (assumed)"
    return f"{incident.severity}{unsaid} :{_MARKS[incident.severity]}:"


def title_words(incident: Incident, limit: int = 300) -> str:
    """Return the title, escaped."""
    return escape(one_line(incident.title), limit)


def targets_words(incident: Incident) -> str:
    """Return the targets in code style, or that none is named."""
    named = ", ".join(code(alias, 80) for alias in sorted(incident.targets)[:20])
    return named or "none named: `/cs incident target …`"


def lead_words(incident: Incident) -> str:
    """Return the lead, or that there is none."""
    return mention(incident.lead) if incident.lead else "nobody yet"


def roles_words(incident: Incident) -> str:
    """Return every role but the lead's with its person."""
    return ", ".join(
        f"{escape(role, 60)} {mention(str(person))}" for role, person in sorted(incident.roles.items())
    )


def age_words(incident: Incident, now: datetime) -> str:
    """Return how long it is open, or how long it was."""
    if incident.resolved_at is not None:
        return f"was open for {_length(incident.declared_at, incident.resolved_at)}"
    return f"open for {_length(incident.declared_at, now)}"


def _length(start: datetime, end: datetime) -> str:
    found = age(start, end)
    return "less than a minute" if found == "just now" else found


def next_update_words(view: IncidentView, now: datetime) -> str:
    """Return when the next status update is due, or that it is overdue and how often somebody was reminded."""
    incident = view.incident
    if not incident.is_open:
        return "none: it is resolved"
    due = incident.next_update_at
    if due is None:
        return "none promised"
    if due > now:
        return when(due)
    said = f"overdue since {when(due)}"
    if incident.nudges:
        said = f"{said}\nreminded {incident.nudges} of {view.nudges} times"
    quiet = incident.snoozed_until
    return f"{said}\nquiet until {when(quiet)}" if quiet is not None and quiet > now else said


def place_words(incident: Incident) -> str:
    """Return the channel as a link, or what became of it."""
    match incident.channel_state:
        case ChannelState.PENDING:
            return "its channel is being made"
        case ChannelState.OPEN:
            return channel_link(incident.channel)
        case ChannelState.ARCHIVED:
            return f"{channel_link(incident.channel)} is archived"
        case ChannelState.GONE:
            return "no channel"


def channel_link(channel: str) -> str:
    """Return the link to a channel, nothing for what is no channel id."""
    return f"<#{channel}>" if is_channel(channel) else ""


def last_snapshot_words(view: IncidentView) -> str:
    """Return the newest snapshot that was taken, or that the first is on its way."""
    taken = [each for each in view.snapshots if each.is_taken]
    if not taken:
        return "the first is being taken"
    last = taken[-1]
    at = f" · {when(last.taken_at)}" if last.taken_at else ""
    return f"{last.n}{at}\n{escape(one_line(last.summary), 300)}"
