"""The values that the examples of cards and modals are made of."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.changes.deploy import Deploy
from bot.changes.record_only import RecordOnly
from bot.changes.retag import Retag
from bot.changes.scale import Scale
from bot.domain.change import Change, ChangeState, ChangeType, Choice, Impact, Request, Tier, Vote
from bot.domain.deployment import (
    Account,
    AvailableModel,
    Deployment,
    DeploymentRef,
    Model,
    Sku,
    SkuBounds,
    Target,
    Usage,
)
from bot.domain.evidence import Evidence, Fact, SectionResult, own
from bot.ports.registry import Offer, Site
from bot.render.change_forms import (
    RequestForm,
)
from bot.render.change_view import ChangeView
from bot.render.confirm_forms import Confirmation
from bot.render.figures import StatusLine
from bot.render.listing import TimelineLine
from bot.render.metrics import MetricRow

S = ChangeState
REF = "01JDEXAMPLEREF"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ACCOUNT = Account(
    "prod-weu",
    "production",
    "00000000-0000-0000-0000-000000000001",
    "rg-ai-prod",
    "aoai-contoso-weu",
    "westeurope",
)
DEPLOYMENT = DeploymentRef(ACCOUNT, "support-triage-ft-v7")
TARGET = Target("triage-prod", DEPLOYMENT, "U0OWNER", "C0OPS")
LIVE = Deployment(
    DEPLOYMENT,
    "Succeeded",
    Sku("Standard", 120),
    Model("gpt-4.1-mini-2025-04-14.ft-9c1e", "1"),
    "strict-support-v3",
    "NoAutoUpgrade",
    "Running",
    {
        "sku": {"name": "Standard", "capacity": 120},
        "properties": {"raiPolicyName": "strict-support-v3"},
        "tags": {},
    },
    NOW,
)
PLAN = Scale().plan(Site(DEPLOYMENT, LIVE), {"capacity": 150})
REQUEST = Request(
    kind="scale",
    target="triage-prod",
    requester="U0ALICE",
    owner="U0OWNER",
    ticket="OPS-2231",
    reason="The morning queue is throttled: 4 % of calls get HTTP 429.",
    expected_cost="+ $0 fixed; tokens as used",
    validation_signal="HTTP 429 below 1 % within 30 min",
    rollback_plan="1. Set the capacity back to 120.\n2. Check that it is Succeeded.\n3. Watch HTTP 429.",
    asked={"capacity": 150},
    impact=frozenset({Impact.MODIFYING, Impact.COST}),
)
CHANGE = Change(
    number=12,
    revision=3,
    state=S.PENDING_APPROVAL,
    request=REQUEST,
    environment="production",
    account=ACCOUNT.arm_id,
    arm_id=DEPLOYMENT.arm_id,
    channel="C0OPS",
    created_at=NOW - timedelta(minutes=9),
    tier=Tier.HIGH,
    quorum=2,
    plan=PLAN,
    plan_digest=PLAN.digest,
    evidence="ab" * 32,
    evidence_at=NOW - timedelta(minutes=7),
    submitted_at=NOW - timedelta(minutes=8),
    expires_at=NOW + timedelta(hours=4),
)
RULE = "production · high: 2 approvals from ai-ops or security, each from another group, never from the requester"


def vote(person: str, choice: Choice = Choice.APPROVE, reason: str = "") -> Vote:
    """A vote on the example's plan."""
    return Vote(
        12,
        3,
        person,
        choice,
        frozenset({"ai-ops"}),
        PLAN.digest,
        "p" * 64,
        NOW,
        NOW + timedelta(days=1),
        reason,
    )


BOTH = (vote("U0BOB"), vote("U0DAN", reason="Headroom is there & checked."))
VERDICT = {
    "verdict": "better",
    "signal": "share of HTTP 429",
    "before": "4.10 %",
    "after": "0.20 %",
    "explanation": "Differences within ±1 are noise. The threshold of 1 holds.",
    "usage": "70,000 tokens and 240 requests an hour → 72,000 tokens and 251 requests an hour",
    "cost": "$1.76 an hour (hosting $1.70, tokens $0.06) → $1.77 an hour (hosting $1.70, tokens $0.07); estimates",
    "course": {
        "metric": "share of HTTP 429",
        "start": (NOW - timedelta(minutes=30)).isoformat(),
        "step": 300,
        "applied": NOW.isoformat(),
        "values": [4.31, 3.9, 4.4, 4.02, 3.8, 4.17, 0.9, 0.3, 0.12, 0, None, 0.1],
    },
}
DONE = {"votes": BOTH, "apply_asked_by": "U0ALICE", "executed_at": NOW}

EMERGENCY = replace(REQUEST, type=ChangeType.EMERGENCY, incident="INC-7")
BROKEN = {"glass": {"reason": "Nobody is awake & the queue is down.", "incident": "INC-7"}}
GLASS = {
    "request": EMERGENCY,
    "tier": Tier.EMERGENCY,
    "quorum": 1,
    "broke_glass_by": "U0DAN",
    "decided_by": "U0DAN",
    "review_due_at": NOW + timedelta(hours=24),
    "outcome": BROKEN,
}


def view(state: ChangeState = S.PENDING_APPROVAL, **columns: Any) -> ChangeView:
    """The example change in a state, with columns and votes set."""
    votes = columns.pop("votes", ())
    note = columns.pop("queue_note", "")
    change = replace(CHANGE, state=state, **columns)
    return ChangeView(change, votes, Scale().summary(PLAN), RULE, note)


BREACH = {
    "value": "share of HTTP 5xx 4.20 %",
    "limit": "above 2.00 %",
    "at": (NOW + timedelta(minutes=7)).isoformat(),
    "automatic": False,
}


CUTOVER = {
    "old": "support-triage-ft",
    "new": "support-triage-ft-g3",
    "old_requests": 12,
    "new_requests": 1240,
    "minutes": 30,
}


def triggered(state: ChangeState, **columns: Any) -> ChangeView:
    """The example change with a rollback trigger."""
    request = replace(REQUEST, rollback_trigger="HTTP 5xx above 2 %")
    return view(state, request=request, **columns)


VIEWS: Mapping[str, ChangeView] = {
    "draft": view(S.DRAFT, plan=None, plan_digest="", evidence="", evidence_at=None, submitted_at=None),
    "pending": view(),
    "pending_one_vote": view(votes=BOTH[:1]),
    "changes_requested": view(
        S.CHANGES_REQUESTED,
        votes=(vote("U0BOB", Choice.REQUEST_CHANGES, "Name the owner of the queue."),),
    ),
    "approved": view(S.APPROVED, votes=BOTH, decided_by="U0DAN"),
    "approved_queued": view(
        S.APPROVED, votes=BOTH, queue_note="Waits for CHG-11, which is open on aoai-contoso-weu."
    ),
    "scheduled": view(S.SCHEDULED, votes=BOTH, apply_asked_by="U0ALICE"),
    "scheduled_later": view(
        S.SCHEDULED,
        votes=BOTH,
        apply_asked_by="U0ALICE",
        request=replace(REQUEST, start_at=NOW + timedelta(hours=2)),
    ),
    "scheduled_missed": view(
        S.SCHEDULED,
        votes=BOTH,
        request=replace(REQUEST, start_at=NOW - timedelta(minutes=1)),
        note="Not applied: The freeze FRZ-3 holds until 2026-12-01 18:00+00:00.",
    ),
    "pending_glass": replace(view(request=EMERGENCY, tier=Tier.EMERGENCY, quorum=1), may_break_glass=True),
    "approved_glass": view(S.APPROVED, **GLASS),
    "verifying_glass_lapsed": view(
        S.VERIFYING, **{**GLASS, "outcome": {**BROKEN, "lapse": {"at": NOW.isoformat(), "times": 1}}}
    ),
    "closed_glass": view(
        S.CLOSED,
        **{
            **GLASS,
            "outcome": {**BROKEN, "review": {"verdict": "not_justified", "note": "It could have waited."}},
            "reviewed_by": "U0BOB",
        },
    ),
    "approved_overriding": view(
        S.APPROVED,
        votes=BOTH,
        apply_asked_by="U0DAN",
        outcome={"override": {"by": "U0DAN", "freezes": ["FRZ-3"], "reason": "The queue is down."}},
    ),
    "executing": view(S.EXECUTING, votes=BOTH, apply_asked_by="U0ALICE"),
    "executing_doubt": view(
        S.EXECUTING,
        votes=BOTH,
        apply_asked_by="U0ALICE",
        note="checking what happened",
        outcome={"doubt": True},
    ),
    "verifying": view(S.VERIFYING, **DONE, window_ends_at=NOW + timedelta(minutes=30)),
    "awaiting_attestation": view(S.AWAITING_ATTESTATION, **DONE, outcome=VERDICT),
    "closed": view(S.CLOSED, **DONE, outcome={**VERDICT, "attested": "U0OWNER", "strangers": []}),
    "rejected": view(S.REJECTED, votes=(vote("U0BOB", Choice.REJECT, "Quota is needed elsewhere."),)),
    "withdrawn": view(S.WITHDRAWN, note="Not needed any more."),
    "expired": view(S.EXPIRED),
    "superseded": view(S.SUPERSEDED, votes=BOTH, note="sku.capacity is 130 now."),
    "failed_untouched": view(
        S.FAILED, **DONE, outcome={"why": "Azure answered InsufficientQuota.", "written": False}
    ),
    "failed_written": view(S.FAILED, **DONE, outcome={"why": "Azure ended it with Failed.", "written": True}),
    "rolling_back": view(S.ROLLING_BACK, **DONE, rollback_asked_by="U0OWNER"),
    "rolled_back": view(S.ROLLED_BACK, **DONE, rollback_asked_by="U0OWNER"),
    "rolled_back_attested": view(
        S.ROLLED_BACK, **DONE, rollback_asked_by="U0OWNER", outcome={"attested": "U0OWNER"}
    ),
    "verifying_breached": triggered(
        S.VERIFYING, **DONE, window_ends_at=NOW + timedelta(minutes=30), outcome={"breach": BREACH}
    ),
    "rollback_asked": view(
        S.AWAITING_ATTESTATION,
        **DONE,
        rollback_asked_by="U0ALICE",
        outcome={**VERDICT, "rollback_waits": True, "strangers": []},
    ),
    "rolling_back_by_itself": triggered(
        S.ROLLING_BACK, **DONE, outcome={"breach": {**BREACH, "automatic": True}, "automatic": True}
    ),
    "rolled_back_confirmed": view(
        S.ROLLED_BACK,
        **DONE,
        rollback_asked_by="U0ALICE",
        outcome={"confirmed": "U0BOB", "attested": "U0OWNER"},
    ),
    "closed_waived": view(
        S.CLOSED,
        **DONE,
        note="The owner is on leave & cannot be reached.",
        outcome={**VERDICT, "waived": "U0DAN"},
    ),
    "awaiting_cutover": view(
        S.AWAITING_ATTESTATION,
        **DONE,
        outcome={**VERDICT, "cutover": CUTOVER, "strangers": [], "untouched": 4},
    ),
    "closed_followed": view(
        S.CLOSED, **DONE, outcome={**VERDICT, "attested": "U0OWNER", "followed_by": ["CHG-13"]}
    ),
    "pending_following": view(request=replace(REQUEST, origin="CHG-11")),
    "verifying_moved_by": view(
        S.VERIFYING,
        **DONE,
        outcome={"strangers": ["summaries-v2"], "untouched": 3, "movers": {"summaries-v2": "CHG-10"}},
    ),
    "verifying_strangers": view(S.VERIFYING, **DONE, outcome={"strangers": ["summaries-v2"]}),
}
FACTS = (
    Fact("Model", "gpt-4.1-mini fine-tuned", "", "az cognitiveservices account deployment show", NOW),
    Fact(
        "Capacity", "120", "thousand tokens per minute", "az cognitiveservices account deployment show", NOW
    ),
    Fact("HTTP 429", "4.1", "%", "az monitor metrics list --metric AzureOpenAIRequests", NOW),
    own("Budget", "$4,000 a month; owner <@U0OWNER>", NOW, "countersign.toml"),
)
EVIDENCE = Evidence(
    DEPLOYMENT,
    "triage-prod",
    NOW - timedelta(minutes=3),
    (SectionResult("configuration", "Configuration", FACTS), SectionResult("traffic", "Traffic", FACTS[2:3])),
)
GAPPED = replace(
    EVIDENCE,
    sections=(*EVIDENCE.sections, SectionResult("quota", "Quota", gap="Azure did not answer in 5 s")),
)
FORM = RequestForm(
    kinds=(("scale", "Scale capacity"),),
    targets=("triage-prod", "triage-test"),
    kind="scale",
    target="triage-prod",
    fields=Scale().fields(Offer(LIVE)),
    live="Standard 120, Succeeded",
    metadata={"draft": 12},
    ref=REF,
)
OFFER = Offer(
    LIVE,
    DEPLOYMENT.deployment,
    (
        AvailableModel("gpt-4.1-mini", "2025-04-14"),
        AvailableModel("gpt-4.1-mini-2025-04-14.ft-9c1e", "1", "gpt-4.1-mini"),
    ),
    (SkuBounds("Standard", 1, 300), SkuBounds("GlobalStandard", 1, 1000)),
    ("Microsoft.DefaultV2", "strict-support-v3"),
)
DEPLOY_FORM = replace(
    FORM, kinds=(("deploy", "Deploy a model"),), kind="deploy", fields=Deploy().fields(OFFER), metadata={}
)
TAGS_FORM = replace(
    FORM, kinds=(("retag", "Change tags"),), kind="retag", fields=Retag().fields(OFFER), metadata={}
)
RECORDED = RecordOnly().plan(Site(DEPLOYMENT, LIVE), {"capacity": 150})
TYPED = {
    "capacity": "900",
    "owner": "U0OWNER",
    "ticket": "OPS-2231",
    "reason": "Throttled.",
    "impact": "cost,security",
    "type": "emergency",
}
CONFIRM_APPLY = Confirmation(
    "change.apply.confirm",
    "Apply CHG-12",
    "Apply now",
    "One call goes to Azure, once. The state before is kept.",
)
CONFIRM_WITHDRAW = Confirmation(
    "change.withdraw.confirm",
    "Withdraw CHG-12",
    "Withdraw",
    "Nobody can approve it any more.",
    with_reason=True,
)
STATUS = (StatusLine("triage-prod", LIVE), StatusLine("triage-test", None, "Azure did not answer in 5 s."))
QUOTA = (
    Usage("OpenAI.Standard.gpt-4.1-mini-finetune", "gpt-4.1-mini fine-tuned", Decimal(120), Decimal(240)),
    Usage("OpenAI.Standard.gpt-4o", "gpt-4o", Decimal(30), Decimal(30)),
    Usage("OpenAI.Batch", "unused", Decimal(0), Decimal(0)),
)
METRICS = (
    MetricRow("Requests", "18,204", "17,533", "+3.8 %", "▄▄▄▃▄▅██▇▇██"),
    MetricRow("HTTP 429", "4.1 %", "0.1 %", "41 ×"),
)
LINES = (
    TimelineLine(NOW, "U0ALICE", "requested CHG-12: scale, owner <@U0OWNER>, ticket OPS-2231"),
    TimelineLine(NOW, "executor", "started CHG-12"),
)
