"""One example of every card and modal in every state: what the golden files hold and the limit tests vary."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.change import ChangeState, Choice
from bot.domain.errors import AzureUnavailableError, ConflictError, InvalidInputError, NotFoundError
from bot.domain.evidence import Window
from bot.domain.metric_catalogue import CATALOGUE
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.domain.proof_words import Verdict
from bot.domain.signal import Traffic
from bot.ports.slack import Message
from bot.render.after_messages import render_breach, render_note, render_old_one
from bot.render.answer import (
    render_bug,
    render_error,
    render_help,
    render_refused,
    render_text,
    render_verify,
    render_whoami,
)
from bot.render.change_card import render_change
from bot.render.change_forms import (
    render_checking,
    render_form_skeleton,
    render_request_form,
    render_submitted,
)
from bot.render.confirm_forms import render_confirm
from bot.render.decide_form import render_decide
from bot.render.evidence import render_compact, render_evidence, render_skeleton
from bot.render.figures import render_quota, render_status
from bot.render.listing import render_changes, render_timeline
from bot.render.metrics import MetricsView, render_catalogue, render_metrics, verdict_words
from bot.render.notice import render_notice_view, render_open_button
from bot.render.plan import render_plan, render_plan_view
from bot.render.proof import render_proof
from bot.usecases.compare_kept import judge_all
from tests.golden import charts
from tests.golden.drift_values import DRIFT_EXAMPLES
from tests.golden.emergency_values import EMERGENCY_EXAMPLES
from tests.golden.held_values import HELD_EXAMPLES
from tests.golden.incident_values import INCIDENT_EXAMPLES
from tests.golden.people_values import PEOPLE_EXAMPLES
from tests.golden.policy_values import POLICY_EXAMPLES
from tests.golden.room_values import ROOM_EXAMPLES
from tests.golden.values import (
    ACCOUNT,
    CHANGE,
    CONFIRM_APPLY,
    CONFIRM_WITHDRAW,
    DEPLOY_FORM,
    EVIDENCE,
    FORM,
    GAPPED,
    LINES,
    METRICS,
    NOW,
    QUOTA,
    RECORDED,
    REF,
    RULE,
    STATUS,
    TAGS_FORM,
    TARGET,
    TYPED,
    VIEWS,
    view,
)
from tests.golden.watch_values import WATCH_EXAMPLES

Made = Message | dict[str, Any]

decide = partial(
    render_decide,
    live="capacity 120, as planned",
    who=RULE,
    evidence_age="7 min ago, EV-abababababab",
    ref=REF,
)

EXAMPLES: Mapping[str, Callable[[], Made]] = {
    **{f"card_{name}": partial(render_change, each, now=NOW, ref=REF) for name, each in VIEWS.items()},
    **{f"decide_{choice.value}": partial(decide, view(), choice=choice) for choice in Choice},
    "plan": partial(render_plan, view(), REF),
    "plan_none": partial(render_plan, VIEWS["draft"], REF),
    "plan_modal": partial(render_plan_view, view(), REF),
    "form": partial(render_request_form, FORM),
    "form_deploy": partial(render_request_form, DEPLOY_FORM),
    "form_retag": partial(render_request_form, TAGS_FORM),
    "card_executing_elsewhere": partial(
        render_change, view(ChangeState.EXECUTING, plan=RECORDED), now=NOW, ref=REF
    ),
    "plan_elsewhere": partial(render_plan, view(ChangeState.APPROVED, plan=RECORDED), REF),
    "form_red": partial(
        render_request_form,
        replace(
            FORM, values=TYPED, suffix="2", redraw=True, problems=("Quota has 120 units left. Ask for less.",)
        ),
    ),
    "form_skeleton": partial(render_form_skeleton, REF),
    "form_checking": partial(render_checking, "CHG-12", REF),
    "form_submitted": partial(render_submitted, CHANGE, REF),
    "confirm_apply": partial(render_confirm, VIEWS["approved"], CONFIRM_APPLY, REF),
    "old_one": partial(render_old_one, VIEWS["awaiting_cutover"], "support-triage-ft", REF),
    "release_note": partial(render_note, CHANGE, "## CHG-12", shared=False, ref=REF),
    "breach": partial(render_breach, VIEWS["verifying_breached"], REF),
    "confirm_withdraw": partial(render_confirm, view(), CONFIRM_WITHDRAW, REF),
    "notice": partial(render_notice_view, "Not recorded", "CHG-12 is already approved by <@U0BOB>.", REF),
    "open_button": partial(
        render_open_button,
        "From a mention a form needs one click.",
        label="Open the form",
        action_id="change.open",
        value="scale triage-prod",
        ref=REF,
    ),
    "evidence": partial(render_evidence, EVIDENCE, target=TARGET, ref=REF, now=NOW, share_value="Q-7"),
    "evidence_gap": partial(render_evidence, GAPPED, target=None, ref=REF, now=NOW),
    "evidence_compact": partial(render_compact, GAPPED, target=TARGET, ref=REF, now=NOW),
    "evidence_skeleton": partial(render_skeleton, "Looking at triage-prod …", REF),
    "text": partial(render_text, "Done.", REF),
    "error_input": partial(
        render_error, InvalidInputError("There is no option --lsat here.", advice="Did you mean --last?"), REF
    ),
    "error_not_found": partial(render_error, NotFoundError("There is no target called 'x<y'."), REF),
    "error_conflict": partial(render_error, ConflictError("CHG-11 holds the account."), REF),
    "error_azure": partial(
        render_error, AzureUnavailableError("No answer in 5 s.", advice="Try again."), REF
    ),
    "refused": partial(
        render_refused, Refused("Not allowed: this is your own request.", RULE, ("U0BOB", "U0CAROL")), REF
    ),
    "bug": partial(render_bug, REF),
    "help": partial(
        render_help, (("show <target>", "Evidence, read-only"), ("help [topic]", "This")), "", REF
    ),
    "whoami": partial(
        render_whoami,
        Standing("U0BOB", True, frozenset({"ai-ops"}), entra_oid="0b0b"),
        rights=("decide in production · high",),
        ref=REF,
    ),
    "whoami_guest": partial(
        render_whoami,
        Standing("U0GUS", False, why_not="you are a guest in this workspace"),
        rights=(),
        ref=REF,
    ),
    "verify_holds": partial(
        render_verify, ok=True, size=1234, root="cm9vdA==", vkey="origin+1a2b3c4d+key", findings=(), ref=REF
    ),
    "verify_broken": partial(
        render_verify,
        ok=False,
        size=9,
        root="cm9vdA==",
        vkey="v",
        findings=("entry 3 does not match",),
        ref=REF,
    ),
    "proof_holds": partial(
        render_proof,
        Verdict(
            exit=0,
            change="CHG-12",
            ended="change.closed",
            proved=("The log holds 14 entries of CHG-12, numbers 0 to 13 without a gap.",),
            unproved=("Anything newer than the checkpoint.",),
        ),
        name="proof-CHG-12-52.json",
        vkeys=("origin+1a2b3c4d+key",),
        share=False,
        ref=REF,
    ),
    "proof_broken": partial(
        render_proof,
        Verdict(exit=1, code="P6", message="Entry 9 (change.approved) is by <@U0ALICE>, the requester."),
        name="proof-CHG-12-0.json",
        vkeys=("origin+1a2b3c4d+key", "origin2+1a2b3c4d+key"),
        share=True,
        ref=REF,
    ),
    "changes": partial(render_changes, tuple(VIEWS.values())[:4], "Changes · Open", REF),
    "changes_none": partial(render_changes, (), "Changes · Mine", REF),
    "timeline": partial(render_timeline, LINES, "CHG-12 · Timeline", REF),
    "metrics": partial(
        render_metrics,
        MetricsView(
            "triage-prod",
            Window(NOW - timedelta(hours=1), NOW),
            METRICS,
            (charts.TOKENS, charts.STATUSES, charts.LATENCY),
            "Usual: the same hours on the 7 days before, mean and spread",
            ("az monitor metrics list --metrics AzureOpenAIRequests",),
            "{}",
            verdict_words(judge_all(Traffic(400, 40, 0, 400), Traffic(380, 1, 0, 410)), "BL-3"),
        ),
        REF,
    ),
    "metrics_none": partial(
        render_metrics, MetricsView("triage-prod", Window(NOW, NOW), (), (charts.EMPTY,)), REF
    ),
    "metrics_catalogue": partial(render_catalogue, CATALOGUE, REF),
    "quota": partial(render_quota, ACCOUNT, QUOTA, now=NOW, ref=REF),
    "quota_none": partial(render_quota, ACCOUNT, (), now=NOW, ref=REF),
    "status": partial(render_status, STATUS, accounts=(ACCOUNT,), now=NOW, ref=REF),
    **DRIFT_EXAMPLES,
    **EMERGENCY_EXAMPLES,
    **HELD_EXAMPLES,
    **WATCH_EXAMPLES,
    **INCIDENT_EXAMPLES,
    **ROOM_EXAMPLES,
    **PEOPLE_EXAMPLES,
    **POLICY_EXAMPLES,
}


def message_of(name: str) -> Message:
    """An example that is a message."""
    made = EXAMPLES[name]()
    assert isinstance(made, Message)
    return made


def view_of(name: str) -> dict[str, Any]:
    """An example that is a view."""
    made = EXAMPLES[name]()
    assert isinstance(made, dict)
    return made
