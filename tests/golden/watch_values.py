"""Examples of writes that no change explains, for the golden files."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.alert import Alert, AlertCondition
from bot.domain.configuration import Freeze
from bot.domain.episode import Episode
from bot.domain.sighting import Unexplained
from bot.domain.signs import Sign
from bot.ports.slack import Message
from bot.render.alert import render_unmapped
from bot.render.episode import render_episode
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

_EPISODE = Episode(
    Sign.CAPACITY_PRESSURE,
    "triage-prod",
    NOW - timedelta(minutes=7),
    NOW,
    "66.3 % of 1,007 calls were refused with HTTP 429.",
    {"HTTP 429": "66.3 %"},
    fired_at=NOW,
    number=4,
)
_ALERT = Alert(
    "/subscriptions/s/alerts/a-1",
    AlertCondition.FIRED,
    "http-429 <@U1>",
    "Sev2",
    NOW,
    ("/subscriptions/s/resourcegroups/g/providers/microsoft.cognitiveservices/accounts/other",),
    deployment="somebody-elses",
    figure="AzureOpenAIRequests of HTTP 429 is 1200, above 300",
)

WATCH_EXAMPLES: Mapping[str, Callable[[], Message | dict[str, Any]]] = {
    "unapproved": partial(
        render_unapproved, UnapprovedView(FOUND, TARGET, who="U0DAN", can_put_back=True), ref=REF
    ),
    "unapproved_in_an_incident": partial(
        render_unapproved,
        UnapprovedView(FOUND, TARGET, who="U0DAN", can_put_back=True, incident=OPEN),
        ref=REF,
    ),
    "episode": partial(render_episode, _EPISODE, TARGET, REF),
    "episode_over": partial(render_episode, replace(_EPISODE, ended_at=NOW), TARGET, REF),
    "episode_in_an_incident": partial(render_episode, replace(_EPISODE, incident=3), TARGET, REF),
    "alert_unmapped": partial(render_unmapped, _ALERT, REF),
    "unapproved_traces": partial(render_unapproved, UnapprovedView(_TRACES, TARGET, freeze=_FREEZE), ref=REF),
    "unapproved_nothing_left": partial(
        render_unapproved, UnapprovedView(_NOTHING, TARGET, who=FOUND.caller), ref=REF
    ),
}
