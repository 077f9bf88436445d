"""Examples of cards and messages about changes that an open incident holds."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.change import ChangeState, ChangeType, Tier
from bot.domain.incident import ChannelState, Consent, Incident, Severity
from bot.domain.incident_mode import Mode
from bot.domain.notice import CONSENT, HANDLED, SAID, Notice, kind_of
from bot.ports.slack import Message
from bot.render.change_card import render_change
from bot.render.change_view import ChangeView
from bot.render.direct import render_direct
from bot.render.glass_forms import render_break_glass
from tests.golden.values import BOTH, CHANGE, NOW, REF, REQUEST, VIEWS, view

LINK = "https://contoso.slack.com/archives/C0OPS/p1700000000000100"
OPEN = Incident(
    number=7,
    title="Tickets wait",
    severity=Severity.SEV2,
    targets=frozenset({"triage-prod"}),
    declared_by="U0EVE",
    declared_at=NOW - timedelta(minutes=20),
    began_at=NOW - timedelta(minutes=25),
    lead="U0LEAD",
    channel="C0INC7",
    channel_state=ChannelState.OPEN,
)
GIVEN = Consent(7, CHANGE.number, CHANGE.revision, CHANGE.plan_digest, "U0LEAD", NOW - timedelta(minutes=2))
REPAIR: Mapping[str, Any] = {
    "tier": Tier.EMERGENCY,
    "quorum": 1,
    "request": replace(REQUEST, type=ChangeType.EMERGENCY, incident="INC-7"),
}


def held(seen: ChangeView, *consents: Consent, **incident: Any) -> ChangeView:
    """Return a change that an incident holds, and belongs to."""
    known = replace(OPEN, **incident)
    return replace(seen, mode=Mode((known,), consents), linked=(known,))


WAITS = held(view(**REPAIR))
CONSENTED = held(view(ChangeState.APPROVED, votes=BOTH[:1], **REPAIR), GIVEN)
ASKED = Notice("CHG-12", "U0LEAD", kind_of(CONSENT, 3, "INC-7"), SAID, NOW)
direct = partial(render_direct, ASKED, link=LINK, now=NOW, ref=REF)
HELD_EXAMPLES: Mapping[str, Callable[[], Message | dict[str, Any]]] = {
    "card_held": partial(render_change, replace(held(VIEWS["approved"]), linked=()), now=NOW, ref=REF),
    "card_held_drill": partial(
        render_change, replace(held(VIEWS["approved"], drill=True, channel=""), linked=()), now=NOW, ref=REF
    ),
    "card_consent_asked": partial(render_change, WAITS, now=NOW, ref=REF),
    "card_consent_no_lead": partial(render_change, held(view(**REPAIR), lead=""), now=NOW, ref=REF),
    "card_consented": partial(render_change, CONSENTED, now=NOW, ref=REF),
    "card_rollback_held": partial(render_change, held(VIEWS["verifying"]), now=NOW, ref=REF),
    "break_glass_held": partial(render_break_glass, held(VIEWS["pending_glass"]), REF),
    "dm_consent": partial(direct, WAITS, SAID),
    "dm_consent_given": partial(direct, CONSENTED, HANDLED),
}
