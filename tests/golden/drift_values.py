"""Examples of drift, comparison, lineage, baseline and exception, for the golden files."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.arm_template import Unresolved
from bot.domain.baseline import Baseline, DriftException, Kept
from bot.domain.deployment import Account, DeploymentRef, Sku
from bot.domain.drift import Difference, Expected, Source, masked
from bot.domain.evidence import Window
from bot.domain.inventory import ActivityEntry, Checkpoint, Lifecycle, TrainingJob
from bot.domain.origin import Origin
from bot.ports.slack import Message
from bot.render.baseline import BaselineView, render_baseline
from bot.render.compare import render_compare
from bot.render.drift import render_drift, render_drifts
from bot.render.except_form import ExceptForm, render_except, render_lift
from bot.render.lineage import render_lineage
from bot.usecases.compare_targets import Comparison, Row, Side, Use
from bot.usecases.find_drift import Drift, Line
from bot.usecases.trace_lineage import Lineage, Serving
from tests.golden.values import LIVE, NOW, REF, TARGET

_WRITE = ActivityEntry(
    NOW - timedelta(days=2), "x/deployments/write", "Succeeded", "0b0b", "corr", LIVE.ref.key
)
_OPTION = "properties.versionUpgradeOption"
_NEWEST = "OnceNewDefaultVersionAvailable"
EXCEPTION = DriftException(
    1,
    LIVE.ref.key,
    "triage-prod",
    _OPTION.lower(),
    "U0OWNER",
    NOW + timedelta(days=37),
    "A trial.",
    "U0BOB",
    NOW,
)


def _differs(
    field: str, source: Source, wanted: Any, live: Any, where: str, must: str = "equals"
) -> Difference:
    return Difference(Expected(field, source, (wanted,), where, must), live)


IAC = _differs(_OPTION, Source.IAC, "NoAutoUpgrade", _NEWEST, "infra/triage <prod>.json")
POLICY = _differs(_OPTION, Source.POLICY, "NoAutoUpgrade", _NEWEST, "no upgrades by themselves")
RUNBOOK = _differs("sku.capacity", Source.RUNBOOK, 150, 120, "runbook", "at_least")
DRIFT = Drift(
    TARGET,
    NOW,
    (Source.IAC, Source.RUNBOOK, Source.POLICY),
    (
        Line(IAC, Origin(_WRITE, 2), "U0DAN", lapsed=replace(EXCEPTION, until=NOW)),
        Line(POLICY, Origin(_WRITE, 2), "U0DAN"),
        Line(RUNBOOK, Origin(_WRITE, change="CHG-12", requester="U0ALICE"), "0b0b"),
        Line(_differs("tags.owner", Source.IAC, "support-ai", None, "infra.json"), Origin(None, 0, NOW)),
        Line(
            _differs("tags.team", Source.IAC, "a", "b", "infra.json"),
            Origin(None, fits=(_WRITE, replace(_WRITE, caller="pipeline"))),
            lapsed=replace(EXCEPTION, lifted_at=NOW, lifted_by="U0BOB"),
        ),
        Line(
            _differs("sku.name", Source.RUNBOOK, "Standard", "GlobalStandard", "runbook"),
            Origin(None, change="CHG-13", requester="U0ALICE"),
        ),
    ),
    (Expected("properties.model.name", Source.IAC, (Unresolved("[parameters('model')]"),), "infra.json"),),
    ("Who changed it is unknown: Azure did not answer. Ask again.",),
)
CLEAN = Drift(TARGET, NOW, (Source.IAC,))
IDLE = replace(EXCEPTION, number=2, field="sku.capacity", until=NOW + timedelta(days=3))
SILENCED = Drift(
    TARGET,
    NOW,
    (Source.IAC,),
    (Line(IAC, Origin(_WRITE), "U0DAN", exception=EXCEPTION),),
    exceptions=(EXCEPTION, IDLE),
)
NOTHING = Drift(replace(TARGET, alias="router-test"), NOW)
BASELINE = Baseline(3, LIVE.ref.key, "triage-prod", NOW, Kept.HAND, "U0BOB", "ab" * 32)

_TEST = Account("test-swc", "test", LIVE.ref.account.subscription, "rg-ai-test", "aoai-test", "swedencentral")
OTHER = replace(LIVE, ref=DeploymentRef(_TEST, "support-triage-ft-test"), sku=Sku("DeveloperTier", 20))
COMPARED = Comparison(
    Side("triage-prod", LIVE, Use(120_000, 96_300.4, NOW - timedelta(days=1))),
    Side("triage-test", OTHER, Use(20_000, 2_100, NOW - timedelta(days=3))),
    (
        Row("sku.name", "Standard", "DeveloperTier"),
        Row("sku.capacity", "120", "20"),
        Row("tags.owner", "a", "none"),
    ),
    5,
    Window(NOW - timedelta(days=7), NOW),
)
ALIKE = replace(
    COMPARED,
    rows=(),
    left=replace(COMPARED.left, use=Use(None, 12.0)),
    right=replace(COMPARED.right, use=Use(None, None, gap="Azure did not answer <in time>.")),
)
JOB = TrainingJob(
    "ftjob-0a",
    "gpt-4.1-mini-2025-04-14",
    "supervised",
    "succeeded",
    LIVE.model.name,
    "42",
    {"n_epochs": "3", "batch_size": "8"},
    1_200_000,
    NOW - timedelta(days=47),
    NOW - timedelta(days=46),
    2,
    (Checkpoint("ftchkpt-1", 420, LIVE.model.name, "0.31", "0.36"),),
)
LIFE = Lifecycle(
    "gpt-4.1-mini", "2025-04-14", "GenerallyAvailable", NOW + timedelta(days=300), None, "gpt-5-mini"
)
LINEAGE = Lineage(
    "triage-prod",
    LIVE,
    JOB,
    JOB.checkpoints[0],
    LIFE,
    (Serving(LIVE, "triage-prod", is_same=True), Serving(OTHER, "", is_same=False)),
    (),
    NOW,
)
BASE_MODEL = Lineage("triage-prod", LIVE, None, None, None, (), ("No training job made it.",), NOW)

DRIFT_EXAMPLES: Mapping[str, Callable[[], Message | dict[str, Any]]] = {
    "drift": partial(render_drift, DRIFT, ref=REF, share_value="{}"),
    "drift_clean": partial(render_drift, CLEAN, ref=REF),
    "drift_excepted": partial(render_drift, SILENCED, ref=REF, share_value="{}"),
    "drift_nothing": partial(render_drift, NOTHING, ref=REF),
    "drift_every_target": partial(
        render_drifts, (DRIFT, SILENCED, CLEAN, NOTHING, "gone: Azure does not know it."), now=NOW, ref=REF
    ),
    "compare": partial(render_compare, COMPARED, ref=REF),
    "compare_alike": partial(render_compare, ALIKE, ref=REF),
    "lineage": partial(render_lineage, LINEAGE, ref=REF),
    "lineage_base_model": partial(render_lineage, BASE_MODEL, ref=REF),
    "baseline": partial(
        render_baseline,
        BaselineView(
            BASELINE,
            masked(LIVE.projection),
            (replace(BASELINE, number=2, kind=Kept.APPLY, change="CHG-12"), replace(BASELINE, number=1)),
            "23 Nov 12:00 to 24 Nov 12:00 UTC: TokenTransaction 70,000 (288 samples).",
            ("az cognitiveservices account deployment show", "az monitor metrics list"),
        ),
        target=TARGET,
        ref=REF,
    ),
    "lift_form": partial(render_lift, EXCEPTION, "{}", REF),
    "except_form": partial(
        render_except, ExceptForm(TARGET, _OPTION, {"owner": "U0OWNER", "until": "2026-12-31"}), REF
    ),
}
