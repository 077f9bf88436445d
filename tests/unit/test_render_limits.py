"""Whatever people write, no card or modal breaks Slack's limits or shows markup that is not ours."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.change import ChangeState, Choice
from bot.domain.chart import Chart, Mark
from bot.domain.deployment import Target, Usage
from bot.domain.errors import ConflictError
from bot.domain.evidence import Evidence, Fact, SectionResult, Window
from bot.domain.operation import Operation, Plan
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.domain.proof_words import Verdict
from bot.ports.registry import Field
from bot.ports.slack import Message
from bot.render.answer import (
    render_error,
    render_help,
    render_refused,
    render_text,
    render_verify,
    render_whoami,
)
from bot.render.change_card import render_change
from bot.render.change_forms import RequestForm, render_checking, render_request_form, render_submitted
from bot.render.change_view import ChangeView
from bot.render.classic import classic
from bot.render.confirm_forms import Confirmation, render_confirm
from bot.render.decide_form import render_decide
from bot.render.evidence import render_compact, render_evidence, render_skeleton
from bot.render.figures import StatusLine, render_quota, render_status
from bot.render.home import HomeView, render_home
from bot.render.lint import check_message, check_view
from bot.render.listing import TimelineLine, render_changes, render_timeline
from bot.render.metrics import MetricRow, MetricsView, render_metrics
from bot.render.notice import render_notice_view, render_open_button
from bot.render.plan import render_plan, render_plan_view
from bot.render.proof import render_proof
from tests.golden import charts
from tests.golden import values as ex
from tests.journeys.manners import markup


def _chart(text: Callable[[], str]) -> Chart:
    """A chart whose words are anything; the names of its lines are ours."""
    marks = (Mark(charts.START, text()),)
    return replace(charts.LATENCY, title=text(), unit=text(), marks=marks)


OURS = re.compile(r"<@[UW][A-Z0-9]+>|<#[CGD][A-Z0-9]+>|<!date\^\d+\^[^<>|]+\|[^<>|]+>")
_PIECES = (
    "<!channel>",
    "<@U0BOB>",
    "<http://x|y>",
    "&amp;",
    "&",
    "<",
    ">",
    "*",
    "`",
    "\n",
    "\u202e",
    "👩\u200d🚀",
    "e\u0301",
)
NASTY = st.one_of(
    st.text(max_size=40),
    st.text(alphabet=st.characters(codec=None), max_size=20),
    st.lists(st.sampled_from(_PIECES), max_size=12).map("".join),
    st.builds(
        lambda piece, size: (piece * size)[:size], st.sampled_from(_PIECES), st.sampled_from((40, 900, 3100))
    ),
)
POOL = st.lists(NASTY, min_size=5, max_size=5)
Draw = Callable[[], str]


def sound(made: Message | dict[str, Any]) -> None:
    """Fail unless the card, and its classic twin, can leave, with no markup but mentions and times of ours."""
    if isinstance(made, dict):
        check_view(made)
        _no_markup_but_ours(made)
        return
    for tier in (made, classic(made)):
        if tier is not None:
            check_message(tier)
            _no_markup_but_ours({"text": tier.text, "blocks": list(tier.blocks)})


def _no_markup_but_ours(content: dict[str, Any]) -> None:
    for text in markup(content):
        assert "<" not in OURS.sub("", text), text


def change_of(text: Draw, state: ChangeState) -> ChangeView:
    """A change whose every text is arbitrary."""
    request = replace(
        ex.REQUEST,
        kind=text(),
        target=text(),
        requester=text(),
        owner=text(),
        ticket=text(),
        reason=text(),
        expected_cost=text(),
        validation_signal=text(),
        rollback_plan=text(),
        rollback_trigger=text(),
    )
    operation = Operation("PATCH", text(), {text(): text()}, text())
    plan = Plan(
        "scale", text(), {text(): text(), "a": {text(): 1}}, {text(): text()}, (operation,), (operation,)
    )
    outcome = {
        name: text() for name in ("verdict", "signal", "before", "after", "explanation", "why", "attested")
    } | {
        "waived": text(),
        "confirmed": text(),
        "breach": {"value": text(), "limit": text(), "at": text(), "automatic": False},
    }
    change = replace(
        ex.CHANGE,
        state=state,
        request=request,
        environment=text(),
        account=text(),
        arm_id=text(),
        channel=text(),
        plan=plan,
        plan_digest=text(),
        evidence=text(),
        note=text(),
        decided_by=text(),
        apply_asked_by=text(),
        rollback_asked_by=text(),
        executed_at=ex.NOW,
        outcome={**outcome, "written": True, "strangers": [text(), text()]},
    )
    votes = tuple(replace(ex.vote(text(), choice), reason=text()) for choice in Choice)
    return ChangeView(change, votes * 10, text(), text(), text())


@pytest.mark.threat(10)
@pytest.mark.asvs("1.3.5")
@settings(max_examples=40)
@given(POOL, st.sampled_from(ChangeState))
def test_arbitrary_text_in_a_change_breaks_no_card(pool: list[str], state: ChangeState) -> None:
    text = cycle(pool).__next__

    view, ref = change_of(text, state), text()
    sound(render_change(view, now=ex.NOW, ref=ref))
    sound(render_plan(view, ref))
    sound(render_plan_view(view, ref))
    sound(render_decide(view, choice=text(), live=text(), who=text(), evidence_age=text(), ref=ref))
    sound(render_confirm(view, Confirmation("c", text(), "Go", text(), with_reason=True), ref))
    sound(render_changes([view] * 25, text(), ref))
    sound(render_home(HomeView([view] * 25, [view], running=[view] * 9), now=ex.NOW, ref=ref))
    sound(render_submitted(view.change, ref))
    sound(render_checking(text(), ref))


@pytest.mark.threat(10)
@pytest.mark.asvs("1.3.5")
@settings(max_examples=40)
@given(POOL)
def test_arbitrary_text_in_a_form_breaks_no_modal(pool: list[str]) -> None:
    text = cycle(pool).__next__

    names = (
        "owner",
        "ticket",
        "reason",
        "expected_cost",
        "validation_signal",
        "rollback_plan",
        "impact",
        "type",
    )
    form = RequestForm(
        kinds=(("scale", text()),),
        targets=("triage-prod",),
        kind=text(),
        target=text(),
        fields=(
            Field("capacity", text(), text(), text()),
            Field("sku", text(), text(), text(), is_number=False),
        ),
        values={name: text() for name in names},
        problems=[text() for _ in range(12)],
        live=text(),
        ref=text(),
    )
    sound(render_request_form(form))
    sound(render_notice_view(text(), text(), text()))


@pytest.mark.threat(10)
@pytest.mark.asvs("1.3.5")
@settings(max_examples=40)
@given(POOL)
def test_arbitrary_text_in_evidence_and_figures_breaks_no_card(pool: list[str]) -> None:
    text = cycle(pool).__next__

    stored = cycle([each.encode("utf-8", "replace").decode() for each in pool]).__next__

    facts = tuple(Fact(stored(), stored(), stored(), stored(), ex.NOW) for _ in range(3)) * 8
    sections = (SectionResult("a", stored(), facts), SectionResult("b", stored(), gap=stored()))
    evidence = Evidence(ex.DEPLOYMENT, stored(), ex.NOW, sections * 7)
    target = Target(text(), ex.DEPLOYMENT, text(), "C0OPS")
    sound(render_evidence(evidence, target=target, ref=text(), now=ex.NOW, share_value="Q-1"))
    sound(render_compact(evidence, target=None, ref=text(), now=ex.NOW + timedelta(days=9)))
    sound(render_skeleton(text(), text()))
    row = MetricRow(text(), text(), text(), text())
    shown = MetricsView(
        text(), Window(ex.NOW, ex.NOW), [row] * 30, [_chart(text)] * 3, text(), [text()], "{}"
    )
    sound(render_metrics(shown, text()))
    usage = [Usage(text(), text(), line.current, line.limit) for line in ex.QUOTA] * 20
    sound(render_quota(replace(ex.ACCOUNT, location=text()), usage, now=ex.NOW, ref=text()))
    live = replace(ex.LIVE, provisioning_state=text(), running_state=text(), content_filter=text())
    lines = [StatusLine(text(), live), StatusLine(text(), None, text())] * 20
    sound(render_status(lines, accounts=[ex.ACCOUNT] * 9, now=ex.NOW, ref=text()))


@pytest.mark.threat(10)
@pytest.mark.asvs("1.3.5")
@settings(max_examples=40)
@given(POOL)
def test_arbitrary_text_in_an_answer_breaks_no_message(pool: list[str]) -> None:
    text = cycle(pool).__next__

    sound(render_text(text() or "x", text()))
    sound(render_error(ConflictError(text(), advice=text()), text()))
    sound(render_refused(Refused(text() or "No.", text(), (text(), "U0BOB")), text()))
    sound(render_help([(text(), text())] * 70, text(), text()))
    standing = Standing(text(), False, frozenset({text()}), why_not=text(), entra_oid=text())
    sound(render_whoami(standing, rights=[text()] * 30, ref=text()))
    sound(render_verify(ok=False, size=3, root=text(), vkey=text(), findings=[text()] * 30, ref=text()))
    said = Verdict(exit=1, code="P6", message=text(), proved=(text(),) * 30, unproved=(text(),) * 30)
    sound(render_proof(said, name=text(), vkeys=[text()] * 9, share=False, ref=text()))
    sound(render_timeline([TimelineLine(ex.NOW, text(), text())] * 50, text(), text()))
    sound(render_open_button(text(), label=text(), action_id="change.open", value="v", ref=text()))


def test_a_mention_in_user_text_stays_text() -> None:
    change = replace(ex.CHANGE, request=replace(ex.REQUEST, ticket="<@U0BOB> & <!channel>"))
    card = render_change(ChangeView(change, summary="x"), now=ex.NOW, ref=ex.REF)
    fields = [cell["text"] for block in card.blocks for cell in block.get("fields", ())]
    assert "*Ticket*\n&lt;@U0BOB&gt; &amp; &lt;!channel&gt;" in fields
    assert "<@U0BOB>" not in card.text


@pytest.mark.threat(10)
@pytest.mark.asvs("1.3.5")
@pytest.mark.parametrize("text", ["line one\n*Approved*", "a\r\n> quoted"])
def test_a_value_cannot_pretend_to_be_a_second_line(text: str) -> None:
    change = replace(ex.CHANGE, request=replace(ex.REQUEST, ticket=text))
    card = render_change(ChangeView(change, summary="x"), now=ex.NOW, ref=ex.REF)
    fields = [cell["text"] for block in card.blocks for cell in block.get("fields", ())]
    ticket = next(cell for cell in fields if cell.startswith("*Ticket*"))
    assert ticket.count("\n") == 1
