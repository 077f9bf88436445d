"""Examples of what an incident's channel shows: its card, messages and forms, for the golden files."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.incident import (
    ChannelState,
    Incident,
    IncidentSnapshot,
    IncidentState,
    Severity,
    TimelineEntry,
)
from bot.ports.slack import Message
from bot.render.incident_card import render_incident, render_incidents
from bot.render.incident_forms import (
    render_declare_form,
    render_lead_form,
    render_pick_form,
    render_resolve_form,
    render_severity_form,
    render_update_form,
)
from bot.render.incident_view import IncidentView
from bot.render.incident_words import (
    TOLD,
    render_announced,
    render_closing,
    render_declared,
    render_duplicate,
    render_ended,
    render_entry,
    render_told,
)
from tests.golden.values import NOW, REF

MINUTE = timedelta(minutes=1)
OPEN = Incident(
    7,
    "Answers are slow & <wrong>",
    Severity.SEV2,
    frozenset({"triage-prod"}),
    "U0ANNA",
    NOW - 42 * MINUTE,
    NOW - 50 * MINUTE,
    lead="U0BOB",
    roles={"scribe": "U0EVE"},
    channel="C0INC7",
    channel_name="inc-7-answers-are-slow-wrong",
    channel_state=ChannelState.OPEN,
    card_ts="1795340460.000100",
    severity_at=NOW - 42 * MINUTE,
    next_update_at=NOW + 18 * MINUTE,
)
SNAPSHOT = IncidentSnapshot(
    7, 1, "declare", NOW, "a" * 64, NOW - 41 * MINUTE, "HTTP 429: 12 → 312 in the last hour", "1.1"
)
VIEW = IncidentView(
    OPEN,
    symptoms=("triage-prod: Tickets land in the wrong queue",),
    changes=(("CHG-12", "executing"),),
    snapshots=(SNAPSHOT,),
    nudges=3,
)
FRESH = replace(OPEN, lead="", roles={}, severity_at=None, targets=frozenset(), drill=True, origin="INC-6")
RESOLVED = replace(
    OPEN,
    state=IncidentState.RESOLVED,
    resolved_by="U0BOB",
    resolved_at=NOW,
    resolution="The quota was raised.",
    next_update_at=None,
)
OVERDUE = replace(OPEN, next_update_at=NOW - 5 * MINUTE, nudges=1, snoozed_until=NOW + 25 * MINUTE)
NOTE = TimelineEntry(
    7, NOW - 20 * MINUTE, "U0ANNA", "note", "Restarted <nothing> yet", "note:1", 3, sha256="b" * 64
)
MESSAGE = replace(NOTE, kind="message", n=4, files={"graph.png": "c" * 64, "gone.txt": ""})
CHANNEL = replace(NOTE, kind="channel", by="slack", words="#inc-7 was made", n=2)
ENTRIES = (CHANNEL, NOTE, MESSAGE)
CHECKS = ("nobody was named as lead", "CHG-12 is being validated")

ROOM_EXAMPLES: Mapping[str, Callable[[], Message | dict[str, Any]]] = {
    "incident_card": partial(render_incident, VIEW, now=NOW, ref=REF),
    "incident_card_drill": partial(render_incident, IncidentView(FRESH, nudges=3), now=NOW, ref=REF),
    "incident_card_overdue": partial(render_incident, replace(VIEW, incident=OVERDUE), now=NOW, ref=REF),
    "incident_card_resolved": partial(render_incident, replace(VIEW, incident=RESOLVED), now=NOW, ref=REF),
    "incident_list": partial(
        render_incidents, [VIEW, IncidentView(FRESH, nudges=3)], "Open incidents", NOW, REF
    ),
    "incident_list_none": partial(render_incidents, [], "Open incidents", NOW, REF),
    "incident_declared": partial(render_declared, replace(OPEN, channel=""), "inc-7-answers", REF),
    "incident_duplicate": partial(render_duplicate, OPEN, "{}", NOW, REF),
    "incident_announced": partial(render_announced, OPEN, REF),
    "incident_ended": partial(render_ended, RESOLVED, {}, now=NOW, ref=REF),
    "incident_ended_held": partial(render_ended, RESOLVED, {"triage-prod": "INC-8"}, now=NOW, ref=REF),
    "incident_entry_note": partial(render_entry, OPEN, NOTE, REF),
    "incident_entry_message": partial(render_entry, OPEN, MESSAGE, REF),
    "incident_entry_channel": partial(render_entry, OPEN, CHANNEL, REF),
    "incident_closing": partial(render_closing, RESOLVED, ENTRIES, REF),
    "incident_declare_form": partial(
        render_declare_form, ["triage-prod", "classifier"], {"target": "triage-prod"}, REF
    ),
    "incident_update_form": partial(render_update_form, OPEN, "Still looking", "30m", REF),
    "incident_severity_form": partial(render_severity_form, OPEN, REF),
    "incident_lead_form": partial(render_lead_form, OPEN, REF),
    "incident_resolve_form": partial(render_resolve_form, OPEN, (), "", REF),
    "incident_resolve_form_open": partial(render_resolve_form, OPEN, CHECKS, "It went away", REF),
    "incident_pick_form": partial(render_pick_form, [OPEN], "{}", "Customers <complain>", REF),
    **{f"incident_told_{what}": partial(render_told, OPEN, what, REF) for what in TOLD},
}
