"""Examples of writes that no change explains, for the golden files."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.configuration import Freeze
from bot.domain.sighting import Unexplained
from bot.ports.slack import Message
from bot.render.unapproved import UnapprovedView, render_unapproved
from tests.golden.held_values import OPEN
from tests.golden.values import LIVE, NOW, REF, TARGET

FOUND = Unexplained(
    "key",
    LIVE.ref.key,
    "triage-prod",
    NOW - timedelta(minutes=3),
    NOW,
    caller="0b0b0b0b-0000-4000-8000-00000000000b",
    operation="Microsoft.CognitiveServices/accounts/deployments/write",
    correlation="5f0c3f1e-0000-4000-8000-000000000001",
    fields={"sku.capacity": (120, 160)},
    number=3,
)
_TRACES = replace(
    FOUND,
    caller="",
    operation="",
    correlation="",
    fields={f"tags.<{name}>": ("a & b", None) for name in "abcdefghijklmn"},
)
_NOTHING = replace(FOUND, fields={})
_FREEZE = Freeze("year <end>", NOW - timedelta(days=1), NOW + timedelta(days=1))

WATCH_EXAMPLES: Mapping[str, Callable[[], Message | dict[str, Any]]] = {
    "unapproved": partial(
        render_unapproved, UnapprovedView(FOUND, TARGET, who="U0DAN", can_put_back=True), ref=REF
    ),
    "unapproved_in_an_incident": partial(
        render_unapproved,
        UnapprovedView(FOUND, TARGET, who="U0DAN", can_put_back=True, incident=OPEN),
        ref=REF,
    ),
    "unapproved_traces": partial(render_unapproved, UnapprovedView(_TRACES, TARGET, freeze=_FREEZE), ref=REF),
    "unapproved_nothing_left": partial(
        render_unapproved, UnapprovedView(_NOTHING, TARGET, who=FOUND.caller), ref=REF
    ),
}
