"""The examples of what people are told: direct messages, comments, revisions, the Home tab."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain.change import ChangeState, Choice
from bot.domain.comment import Comment
from bot.domain.configuration import Freeze
from bot.domain.notice import (
    ASK,
    ATTEST,
    ESCALATE,
    EXPIRING,
    HANDLED,
    OUTCOME,
    REMIND,
    SAID,
    VOTED,
    Notice,
    kind_of,
)
from bot.domain.revision import Moved
from bot.ports.slack import Message
from bot.render.change_card import render_change
from bot.render.change_view import ChangeView
from bot.render.decide_form import render_decide
from bot.render.direct import render_direct
from bot.render.home import HomeView, Owned, render_home
from bot.render.nudge import render_nudged
from bot.render.talk import render_comment, render_comment_form
from tests.golden.values import BOTH, NOW, REF, RULE, VERDICT, VIEWS, view, vote

S = ChangeState
LINK = "https://contoso.slack.com/archives/C0OPS/p1700000000000100"
SAYS = Comment(12, 3, "U0CAROL", NOW, "Is the quota <enough> & who confirmed it?", 1)
REVISED = replace(
    view(votes=BOTH[:1]),
    moved=(
        Moved("plan: sku.capacity", "160", "150"),
        Moved("ticket", "OPS-2230", "OPS-2231"),
        Moved("incident", "", "INC-7"),
    ),
)
OUTCOMES: Mapping[str, ChangeView] = {
    "approved": VIEWS["approved"],
    "rejected": view(
        S.REJECTED, votes=(vote("U0BOB", Choice.REJECT, "No."),), decided_by="U0BOB", note="No."
    ),
    "changes_requested": view(S.CHANGES_REQUESTED, decided_by="U0BOB", note="Name the owner of the queue."),
    "expired": VIEWS["expired"],
    "withdrawn": view(S.WITHDRAWN, decided_by="U0OWNER", note="Not needed any more."),
    "superseded": VIEWS["superseded"],
    "applied": VIEWS["verifying"],
    "validated": view(S.AWAITING_ATTESTATION, outcome=VERDICT),
    "failed:apply": VIEWS["failed_untouched"],
    "rolled_back": VIEWS["rolled_back"],
}
HOME = HomeView(
    [view(), VIEWS["awaiting_attestation"]],
    [VIEWS["approved"]],
    [
        Owned(
            "triage-prod", "gpt-4.1-mini.ft-9c1e · Standard · capacity 120", (), NOW - timedelta(minutes=3)
        ),
        Owned(
            "classifier-prod",
            "gpt-4o · Standard · capacity 30",
            ("1 write in 7 days that no change explains",),
            NOW,
        ),
        Owned("triage-test", "not looked at yet"),
    ],
    [VIEWS["executing"]],
    [Freeze("year-end", NOW + timedelta(days=2), NOW + timedelta(days=9))],
    (True, NOW - timedelta(minutes=12)),
    "request|scale:",
)


def direct(
    word: str, shown: ChangeView, detail: str = "", stage: int = SAID, person: str = "U0BOB"
) -> Message:
    """A direct message as it stands."""
    notice = Notice("CHG-12", person, kind_of(word, 3, detail), 0, NOW)
    return render_direct(notice, shown, stage, link=LINK, now=NOW, ref=REF)


PEOPLE_EXAMPLES: Mapping[str, Callable[[], Message | dict[str, Any]]] = {
    "direct_ask": partial(direct, ASK, view()),
    "direct_voted": partial(direct, ASK, view(votes=BOTH[:1]), stage=VOTED),
    "direct_handled": partial(direct, ASK, VIEWS["approved"], stage=HANDLED),
    "direct_handled_rejected": partial(direct, ASK, OUTCOMES["rejected"], stage=HANDLED),
    "direct_handled_revision": partial(direct, ASK, REVISED, stage=HANDLED),
    "direct_remind": partial(direct, REMIND, view(), "1"),
    "direct_escalate": partial(direct, ESCALATE, view()),
    "direct_expiring": partial(direct, EXPIRING, view(), "pending_approval", person="U0ALICE"),
    "direct_expiring_approver": partial(direct, EXPIRING, view(), "pending_approval"),
    "direct_attest": partial(direct, ATTEST, VIEWS["awaiting_attestation"]),
    **{
        f"direct_{name.replace(':', '_')}": partial(direct, OUTCOME, shown, name, person="U0ALICE")
        for name, shown in OUTCOMES.items()
    },
    "nudged": partial(
        render_nudged,
        "CHG-12",
        ("U0BOB",),
        (("U0CAROL", NOW + timedelta(hours=3)), ("U0DAN", None)),
        now=NOW,
        ref=REF,
    ),
    "nudged_nobody": partial(render_nudged, "CHG-12", (), (), now=NOW, ref=REF),
    "comment": partial(render_comment, view(), SAYS, REF),
    "comment_form": partial(render_comment_form, view(), "Is it enough?", REF),
    "card_revised": partial(render_change, REVISED, now=NOW, ref=REF),
    "card_unmoved": partial(render_change, replace(view(), moved=()), now=NOW, ref=REF),
    "card_in_full": partial(
        render_change, replace(view(), comments=[SAYS] * 7), now=NOW, ref=REF, in_full=True
    ),
    "card_commented": partial(render_change, replace(view(), comments=[SAYS]), now=NOW, ref=REF),
    "decide_revised": partial(
        render_decide, REVISED, choice="review", live="as planned", who=RULE, evidence_age="7 min", ref=REF
    ),
    "home": partial(render_home, HOME, now=NOW, ref=REF),
    "home_empty": partial(render_home, HomeView(request="request|scale:"), now=NOW, ref=REF),
    "home_many": partial(
        render_home, HomeView([view()] * 7, [view()] * 6, trail=(False, NOW)), now=NOW, ref=REF
    ),
}
