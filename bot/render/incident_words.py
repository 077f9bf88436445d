"""Short messages about an incident: what was declared, echoes of the timeline, and what people are told directly."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.domain.incident import ChannelState, Incident, TimelineEntry
from bot.ports.slack import Block, Message
from bot.render.blocks import actions, button, context, footer, header, rich_quote, rich_text, say, section
from bot.render.incident_view import (
    age_words,
    by_words,
    channel_link,
    drill_word,
    lead_words,
    place_words,
    targets_words,
    title_words,
)
from bot.render.texts import ago, code, escape, is_user, mention, one_line, utc, when
from bot.render.texts import words as safe

_LINES = 40
_QUOTED = frozenset({"note", "message", "update", "resolved"})


def render_declared(incident: Incident, channel_name: str, ref: str) -> Message:
    """Return the answer to who declared an incident."""
    text = f"{drill_word(incident)}{incident.id} is declared: {title_words(incident)}, {incident.severity}."
    where = (
        f"Its channel is {channel_link(incident.channel)}."
        if incident.channel
        else f"Its channel {code('#' + channel_name, 100)} is being made; you are invited there."
    )
    next_ = f"The first snapshot is on its way. Name a lead with `/cs incident lead {incident.id} @…`."
    about = f"about {targets_words(incident) if incident.targets else 'no target yet'}"
    return say(text, [section(f"*{text}*\n{where} {next_}"), footer(ref, about)])


def updated_words(incident: Incident) -> str:
    """Return where a status update is to be read, and when the next one is due."""
    due = incident.next_update_at
    next_ = f" The next is due {utc(due)}." if due else ""
    return f"The update of {incident.id} is {_where_updated(incident)}{next_}"


def _where_updated(incident: Incident) -> str:
    again = f"`/cs incident channel {incident.id}` makes a new one."
    match incident.channel_state:
        case ChannelState.OPEN:
            return "posted in its channel."
        case ChannelState.PENDING:
            return "kept on the timeline. Its channel is still being made; it is posted there then."
        case ChannelState.ARCHIVED:
            return f"kept on the timeline and posted nowhere: its channel is archived. {again}"
        case ChannelState.GONE:
            became = "its channel is gone" if incident.channel else "it has no channel"
            return f"kept on the timeline and posted nowhere: {became}. {again}"


def render_duplicate(there: Incident, value: str, now: datetime, ref: str) -> Message:
    """Return that one was declared a moment ago on the same target, with a button that declares another."""
    text = (
        f"{there.id} was declared {ago(there.declared_at, now)} on {targets_words(there)}: "
        f"{title_words(there)}."
    )
    where = f"It is open: {place_words(there)}, lead {lead_words(there)}."
    said = f"*{text}*\n{where} Work there, unless this is another."
    anyway = button("Declare another", "incident.anyway", value, says="Declare another incident all the same")
    return say(text, [section(said), *actions([anyway]), footer(ref, "nothing was declared")])


def render_announced(incident: Incident, ref: str) -> Message:
    """Return what the channel of a target is told: that there is an incident, and where it is worked on."""
    text = (
        f"{drill_word(incident)}{incident.id}, {incident.severity}, was declared on {targets_words(incident)} by "
        f"{by_words(incident.declared_by)}: {title_words(incident)}."
    )
    said = f"*{text}*\nIt is worked on in {channel_link(incident.channel)}."
    rule = "While it is open, only emergency changes run on these targets."
    return say(text, [section(said), footer(ref, rule)])


def render_ended(incident: Incident, held: Mapping[str, str], *, now: datetime, ref: str) -> Message:
    """Return what the channel of a target is told at the end; `held` is what others hold there, by alias."""
    text = (
        f"{drill_word(incident)}{incident.id} on {targets_words(incident)} was resolved by "
        f"{by_words(incident.resolved_by)}; it {age_words(incident, now)}."
    )
    still = [
        f"{other} is still open on {code(alias)}: only emergency changes run there."
        for alias, other in held.items()
    ]
    rule = " ".join(still) or "Changes run there again as approved."
    return say(text, [section(f"*{text}*\n{rule}"), footer(ref)])


def render_entry(incident: Incident, entry: TimelineEntry, ref: str, where: str = "") -> Message:
    """Return an entry of the timeline as the channel sees it; `where` is what it is about, for mrkdwn."""
    text = f"{incident.id} · {_by(entry)}: {_short(entry.words)}"
    quoted = [rich_text(rich_quote(entry.words, 2500))] if entry.kind in _QUOTED else []
    said = f"*{_KINDS.get(entry.kind, entry.kind)}* · {_by(entry)} {when(entry.at)}"
    shown = said if quoted else f"{said}\n{safe(one_line(entry.words), 1500)}"
    shown += f" · {where}" if where else ""
    return say(
        text, [section(shown), *quoted, *_files(entry), footer(ref, f"{incident.id} · on the timeline")]
    )


def _files(entry: TimelineEntry) -> list[Block]:
    lines = [
        f"{code(name, 120)} sha256 {code(str(digest)[:12]) if digest else 'not readable'}"
        for name, digest in sorted(entry.files.items())
    ]
    return [context("\n".join(lines[:20]))] if lines else []


def render_timeline_of(incident: Incident, entries: Sequence[TimelineEntry], ref: str) -> Message:
    """Return the timeline in the order of what happened; of a long one the newest entries."""
    shown = entries[-_LINES:]
    rows = [
        section("\n".join(_line(entry) for entry in shown[start : start + 8]))
        for start in range(0, len(shown), 8)
    ] or [section("*None* · nothing is written down.")]
    left = len(entries) - len(shown)
    more = f"{left} earlier ones are not shown." if left else ""
    said = "entry" if len(entries) == 1 else "entries"
    text = f"{incident.id} · Timeline: {len(entries)} {said}."
    return say(text, [header(f"{incident.id} · Timeline"), *rows, footer(ref, more)])


def _line(entry: TimelineEntry) -> str:
    kind = _KINDS.get(entry.kind, entry.kind)
    return f"{when(entry.at)} · {kind} · {_by(entry)}: {safe(one_line(entry.words), 240)}"


def _by(entry: TimelineEntry) -> str:
    return mention(entry.by) if is_user(entry.by) else "Countersign"


def _short(words: str) -> str:
    said = escape(one_line(words), 600)
    return said if said.endswith((".", "!", "?", "…", ")")) else f"{said}."


_KINDS: Mapping[str, str] = {
    "declared": "Declared",
    "severity": "Severity",
    "lead": "Lead",
    "role": "Role",
    "target": "Targets",
    "update": "Status update",
    "note": "Note",
    "message": "Message",
    "snapshot": "Snapshot",
    "change": "Change",
    "alert": "Alert",
    "channel": "Channel",
    "resolved": "Resolved",
    "snooze": "Snoozed",
}


def render_closing(incident: Incident, entries: Sequence[TimelineEntry], ref: str) -> Message:
    """Return what the channel is told at the end: the timeline, and what comes next."""
    timeline = render_timeline_of(incident, entries, ref)
    text = f"{drill_word(incident)}{incident.id} is resolved: {title_words(incident)}."
    steps = (
        f"*What comes next*\n• `/cs incident export {incident.id}` gives the post-incident review as one file.\n"
        f"• If it was resolved too early: `/cs incident declare … --follows {incident.id}`."
    )
    return say(text, [*timeline.blocks[:-1], section(steps), timeline.blocks[-1]])


def render_told(incident: Incident, what: str, ref: str) -> Message:
    """Return what one person is told in a direct message; `what` is a word of TOLD."""
    return _told(incident, TOLD[what](incident), ref)


def _told(incident: Incident, words: str, ref: str) -> Message:
    text = f"{drill_word(incident)}{incident.id} · {title_words(incident)}: {words}"
    shown = f"*{drill_word(incident)}{incident.id}* · {title_words(incident)}\n{words}"
    return say(text, [section(shown), footer(ref, place_words(incident))])


_LOST = (
    "The incident goes on: snapshots are taken and the timeline is kept. "
    "`/cs incident channel {id}` makes a new channel."
)
TOLD: Mapping[str, Callable[[Incident], str]] = {
    "lead": lambda each: (
        f"You are its lead. While it is open, an emergency change needs your consent. Work in {place_words(each)}."
    ),
    "role": lambda each: f"You have a role in it. It is worked on in {place_words(each)}.",
    "relieved": lambda each: f"You are its lead no more: {lead_words(each)} leads now.",
    "nudge": lambda each: (
        f"A status update is due. `/cs incident update {each.id} …` gives one, "
        f"`/cs incident snooze {each.id} 1h` puts this off. Reminder {each.nudges}."
    ),
    "archived": lambda each: f"Its channel was archived. {_LOST.format(id=each.id)}",
    "gone": lambda each: f"Countersign is not in its channel any more. {_LOST.format(id=each.id)}",
    "unmade": lambda each: (
        "Slack did not let Countersign make a channel. Make one, invite the app and write "
        f"`/cs incident channel {each.id} --here` in it; snapshots are taken and the timeline is kept meanwhile."
    ),
}
