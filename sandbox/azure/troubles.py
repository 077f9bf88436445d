"""Troubles that a person or a test makes in the simulated Azure; metrics, quota and logs show what they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.azure import by_hand
from sandbox.azure.activity import DRIFT_CALLER
from sandbox.azure.catalog import QUOTAS, SKU_RULES
from sandbox.azure.names import ArmError, Json, iso
from sandbox.azure.state import AzureState, Deployment, minute_of
from sandbox.azure.traffic import START_IN_WEEK, WEEK, Track, week_rhythm

MINUTES = 60
STORM = 2.6  # times what the capacity carries: three calls in five are refused, scaling up helps
FILTERED = 0.35
SLOWER = 4.0
BROKEN = 0.2
Undo = Callable[[datetime], None]


@dataclass
class Trouble:
    """One trouble: what, where, from when until when, and what ends it."""

    number: int
    kind: str
    target: Deployment
    began: datetime
    ends: datetime
    undo: Undo
    ended: datetime | None = None

    def as_json(self) -> Json:
        """Return it as the control door tells it."""
        return {
            "id": self.number,
            "kind": self.kind,
            "account": self.target.account.name,
            "deployment": self.target.name,
            "began": iso(self.began),
            "ends": iso(self.ends),
            "ended": iso(self.ended) if self.ended else None,
        }


@dataclass(frozen=True)
class Asked:
    """What somebody asks for: where, from which moment on, and by whose hand."""

    state: AzureState
    live: Deployment
    track: Track
    since: datetime
    caller: str

    def demand(self, **changes: Any) -> Undo:
        """Change what callers do, and return what puts it back."""
        minute = minute_of(self.since)
        before = self.track.demand_at(minute)
        self.track.change(self.track.amended(minute, changes))

        def undo(at: datetime) -> None:
            back = {name: getattr(before, name) for name in changes}
            self.track.change(self.track.amended(minute_of(at), back))

        return undo


def storm(asked: Asked) -> Undo:
    """Callers ask for more than the capacity carries; most are refused with HTTP 429."""
    track, minute = asked.track, minute_of(asked.since)
    rhythm = week_rhythm()[(minute - track.start_minute + START_IN_WEEK) % WEEK]
    usual = track.profile.peak_tokens * rhythm
    return asked.demand(requests_factor=STORM * asked.live.capacity * 1000 / usual)


def spike(asked: Asked) -> Undo:
    """Callers send what the content filter stops."""
    return asked.demand(share_filtered=FILTERED)


def latency(asked: Asked) -> Undo:
    """Answers take four times as long."""
    return asked.demand(latency_factor=SLOWER)


def errors(asked: Asked) -> Undo:
    """One call in five fails with HTTP 500."""
    return asked.demand(share_5xx=BROKEN)


def deleted(asked: Asked) -> Undo:
    """Somebody deletes the deployment; its end is that they make it again, unless it is there."""
    by_hand.delete(asked.state, asked.live, asked.caller)
    return lambda at: by_hand.create(asked.state, asked.live, asked.caller)


def cut(asked: Asked) -> Undo:
    """Somebody takes nine tenths of the capacity away; its end is that they give it back, unless it was changed."""
    live, before = asked.live, dict(asked.live.sku)
    rule = SKU_RULES[str(before["name"]).lower()]
    low = max(rule.minimum, live.capacity // 10)
    by_hand.write(asked.state, live, {"sku": {"capacity": low}}, asked.caller)

    def undo(at: datetime) -> None:
        if live.capacity == low:
            by_hand.write(asked.state, live, {"sku": before}, asked.caller)

    return undo


def exhausted(asked: Asked) -> Undo:
    """Others in the subscription take what is left of the quota that the deployment draws from."""
    state, live = asked.state, asked.live
    place = (live.account.location, SKU_RULES[str(live.sku["name"]).lower()].name, live.base)
    left = max(0, QUOTAS[place].limit - state.used(*place))
    state.taken[place] = state.taken.get(place, 0) + left

    def undo(at: datetime) -> None:
        state.taken[place] = max(0, state.taken.get(place, 0) - left)

    return undo


def failed(asked: Asked) -> Undo:
    """Somebody writes the deployment, and Azure does not finish; its end is that a second try succeeds."""
    live = asked.live
    by_hand.fail(asked.state, live, asked.caller)

    def undo(at: datetime) -> None:
        if live.provisioning == "Failed":
            live.provisioning = "Succeeded"
            by_hand.write(asked.state, live, {}, asked.caller)

    return undo


KINDS: dict[str, Callable[[Asked], Undo]] = {
    "429_storm": storm,
    "content_filter_spike": spike,
    "latency": latency,
    "query_errors": errors,
    "deployment_deleted": deleted,
    "capacity_cut": cut,
    "quota_exhausted": exhausted,
    "failed_deployment": failed,
}
_LATER = frozenset({"429_storm", "content_filter_spike", "latency", "query_errors"})


class Troubles:
    """Every trouble there was; the ones whose time is over end when somebody looks."""

    def __init__(self) -> None:
        self.all: list[Trouble] = []

    def controls(self) -> dict[tuple[str, str], Callable[[AzureState, Any], Json]]:
        """Return what the control door offers."""
        path = "/control/troubles"
        return {("POST", path): self.make, ("GET", path): self.listed, ("DELETE", path): self.stop}

    def make(self, state: AzureState, body: Any) -> Json:
        """Make one: `{"kind", "deployment", "account"?, "minutes"?, "ago"?, "caller"?}`, minutes as numbers.

        Raises:
            ArmError: the kind or the deployment is unknown, or it cannot have begun before now.
        """
        raw: Json = body if isinstance(body, dict) else {}
        kind, ago = str(raw.get("kind", "")), float(raw.get("ago", 0))
        if kind not in KINDS:
            raise ArmError(400, "BadRequest", f"'{kind}' is no trouble; known: {', '.join(KINDS)}.")
        if ago < 0 or (ago and kind not in _LATER):
            raise ArmError(400, "BadRequest", f"'{kind}' begins now, not {ago:g} minutes ago.")
        live = _live(state, str(raw.get("deployment", "")), raw.get("account"))
        began = state.clock.now() - timedelta(minutes=ago)
        track = state.tracks[(live.account.name.lower(), live.name.lower())]
        asked = Asked(state, live, track, began, str(raw.get("caller", DRIFT_CALLER)))
        ends = state.clock.now() + timedelta(minutes=float(raw.get("minutes", MINUTES)))
        trouble = Trouble(len(self.all) + 1, kind, live, began, ends, KINDS[kind](asked))
        self.all.append(trouble)
        return trouble.as_json()

    def listed(self, state: AzureState, body: Any) -> Json:
        """Tell every trouble, the ended ones too."""
        return {"troubles": [each.as_json() for each in self.all], "kinds": list(KINDS)}

    def stop(self, state: AzureState, body: Any) -> Json:
        """End one by its `id`, or all of them."""
        wanted = body.get("id") if isinstance(body, dict) else None
        for each in self.all:
            if wanted in (None, each.number):
                _end(each, state.clock.now())
        return self.listed(state, body)

    def settle(self, now: datetime) -> None:
        """End those whose time is over, at the moment it was."""
        for each in self.all:
            if now >= each.ends:
                _end(each, each.ends)


def _end(trouble: Trouble, at: datetime) -> None:
    if trouble.ended is None:
        trouble.ended = at
        trouble.undo(at)


def _live(state: AzureState, name: str, account: Any) -> Deployment:
    for one in state.deployments.values():
        if one.name.lower() == name.lower() and account in (None, one.account.name):
            return one
    raise ArmError(404, "ResourceNotFound", f"There is no deployment '{name}'.")
