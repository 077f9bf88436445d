"""What cards and answers promise: buttons by state, stable ids, words for refusals, old and new value."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.change import ChangeState
from bot.domain.errors import (
    AzureUnavailableError,
    CountersignError,
    InvalidInputError,
    LedgerBrokenError,
    NotFoundError,
)
from bot.domain.json import Json
from bot.domain.notice import ATTEST, OUTCOME, SAID, Notice
from bot.domain.operation import Plan
from bot.domain.policy import Refused
from bot.domain.revision import Moved
from bot.ports.slack import Message
from bot.render.after_words import verdict_words
from bot.render.answer import already_words, error_words, out_of_date_words, render_error, render_refused
from bot.render.change_card import render_change
from bot.render.change_forms import render_submitted
from bot.render.change_view import ButtonValue, ChangeView, button_value, read_button_value
from bot.render.change_words import state_detail
from bot.render.classic import classic
from bot.render.decide_form import render_decide
from bot.render.direct import render_direct
from bot.render.plan import diff_block, rollback_block
from bot.render.talk import revision_blocks
from tests.golden import values as ex
from tests.golden.examples import EXAMPLES, message_of
from tests.golden.values import VIEWS

BUTTONS = {
    "draft": ["revise", "withdraw"],
    "pending": ["approve", "reject", "plan", "comment", "withdraw"],
    "changes_requested": ["revise", "plan", "comment", "withdraw"],
    "approved": ["apply", "plan", "comment", "withdraw", "unapprove"],
    "scheduled": ["plan", "withdraw", "unapprove"],
    "executing": [],
    "executing_doubt": [],
    "verifying": ["rollback"],
    "scheduled_later": ["plan", "withdraw", "unapprove"],
    "scheduled_missed": ["plan", "withdraw", "apply", "unapprove"],
    "pending_glass": ["approve", "reject", "plan", "comment", "withdraw", "break_glass"],
    "approved_glass": ["apply", "plan", "comment", "withdraw", "review"],
    "verifying_glass_lapsed": ["rollback", "review"],
    "closed_glass": ["undo"],
    "approved_overriding": ["apply", "plan", "comment", "withdraw", "unapprove"],
    "awaiting_attestation": ["attest", "rollback", "waive"],
    "closed": ["undo"],
    "rejected": ["again"],
    "withdrawn": ["again"],
    "expired": ["again"],
    "superseded": ["again"],
    "failed_untouched": [],
    "failed_written": ["rollback"],
    "rolling_back": [],
    "rolled_back": ["attest", "waive"],
    "rolled_back_attested": [],
}


def buttons(card: Message) -> list[dict[str, Any]]:
    """The buttons of a card."""
    return [each for block in card.blocks if block["type"] == "actions" for each in block["elements"]]


@pytest.mark.parametrize("name", BUTTONS)
def test_a_card_has_the_buttons_of_its_state(name: str) -> None:
    found = buttons(message_of(f"card_{name}"))
    assert [each["action_id"] for each in found] == [f"change.{verb}" for verb in BUTTONS[name]]
    assert all(each["value"] == button_value(VIEWS[name].change) for each in found)
    assert all(each["accessibility_label"].startswith(each["text"]["text"].rstrip("…")) for each in found)


@pytest.mark.parametrize("name", BUTTONS)
def test_a_card_says_its_state_first_and_its_facts(name: str) -> None:
    card, view = message_of(f"card_{name}"), VIEWS[name]
    word = view.change.state.value.replace("_", " ").capitalize()
    assert card.text.startswith(f"{word}: CHG-12")
    assert card.text.endswith(".")
    assert card.blocks[1]["text"]["text"].startswith(f"*{word}*")
    shown = json.dumps(card.blocks, ensure_ascii=False)
    wanted = (
        "CHG-12",
        "support-triage-ft-v7",
        "<@U0OWNER>",
        "120",
        "150",
        "HTTP 429 below 1 %",
        "Set the capacity back",
    )
    assert [each for each in wanted if each not in shown] == []
    assert card.blocks[-1]["elements"][-1]["text"] == f"ref `{ex.REF}`"
    payload = {"id": "CHG-12", "rev": 3, "state": view.change.state.value}
    assert card.metadata == {"event_type": "countersign.change", "event_payload": payload}


def test_a_doubt_is_shown_as_checking_what_happened() -> None:
    assert "checking what happened" in message_of("card_executing_doubt").text
    assert "Why:" not in str(message_of("card_executing_doubt").blocks)
    assert "checking what happened" not in message_of("card_executing").text


def test_a_card_says_whether_anything_else_moved() -> None:
    assert "no other deployment of the account moved" in str(message_of("card_closed").blocks)
    assert "not by this change: summaries-v2" in str(message_of("card_verifying_strangers").blocks)
    assert "<@U0OWNER> attested the evidence" in str(message_of("card_closed").blocks)


def test_attesting_asks_once_more_where_only_the_owner_sees_the_button() -> None:
    on_the_card = buttons(message_of("card_awaiting_attestation"))[0]
    assert on_the_card["style"] == "primary"
    assert "confirm" not in on_the_card, "it would ask whoever presses, and then refuse"
    assert "better" in attest_of(ex.VIEWS["awaiting_attestation"])["confirm"]["text"]["text"]


def attest_of(view: ChangeView) -> Json:
    """Return the attest button of the owner's own message."""
    notice = Notice(view.change.id, "U0OWNER", f"{ATTEST}:3:validated", 1, ex.NOW)
    message = render_direct(notice, view, SAID, link="", now=ex.NOW, ref=ex.REF)
    return next(each for each in buttons(message) if each["action_id"] == "change.attest")


def test_the_verdict_shows_before_and_after() -> None:
    shown = json.dumps(message_of("card_closed").blocks, ensure_ascii=False)
    assert "*Before*\\n4.10 %" in shown
    assert "*After*\\n0.20 %" in shown
    assert "*Validation: better*" in shown


MISSED = replace(ex.VIEWS["awaiting_attestation"].change, outcome={**ex.VERDICT, "missed": "0.10 %"})


def test_a_missed_signal_is_in_the_headline_the_dialog_and_the_message_to_the_owner() -> None:
    view = replace(ex.VIEWS["awaiting_attestation"], change=MISSED)
    said = "better, but the signal was missed (at most 0.10 %)"
    card = render_change(view, now=ex.NOW, ref=ex.REF)
    assert f"*Validation: {said}*" in json.dumps(card.blocks, ensure_ascii=False)
    assert said in attest_of(view)["confirm"]["text"]["text"]
    for word in (ATTEST, OUTCOME):
        notice = Notice(MISSED.id, "U0OWNER", f"{word}:3:validated", 1, ex.NOW)
        assert said in render_direct(notice, view, SAID, link="", now=ex.NOW, ref=ex.REF).text


def test_a_worse_signal_that_was_missed_is_no_but() -> None:
    worse = replace(MISSED, outcome={**MISSED.outcome, "verdict": "worse"})
    assert verdict_words(ChangeView(worse)) == "worse, and the signal was missed (at most 0.10 %)"


def test_a_card_and_the_form_before_it_say_what_is_measured_instead_of_unreadable_words() -> None:
    vague = replace(ex.CHANGE, request=replace(ex.CHANGE.request, validation_signal="users are happy"))
    form = render_decide(ChangeView(vague), choice="approve", live="", who="", evidence_age="", ref=ex.REF)
    for shown in (
        render_change(ChangeView(vague), now=ex.NOW, ref=ex.REF).blocks,
        form["blocks"],
        render_submitted(vague, ex.REF)["blocks"],
    ):
        assert "share of HTTP 429" in json.dumps(shown)
    assert "instead" not in json.dumps(render_change(ex.VIEWS["pending"], now=ex.NOW, ref=ex.REF).blocks)


def test_a_waived_attestation_was_not_given() -> None:
    waived = message_of("card_closed_waived")
    assert "attested" not in waived.text
    assert "its attestation was waived" in waived.text
    undone = replace(ex.VIEWS["rolled_back"].change, outcome={"waived": "U0DAN"})
    assert state_detail(ChangeView(undone)) == "the state before is back; its attestation was waived"


def test_what_a_revision_changes_stands_on_the_card_only_while_it_waits() -> None:
    moved = (Moved("owner", "U0ALICE", "U0OWNER"), Moved("ticket", "OPS-1", "OPS-2"))
    for state in ChangeState:
        view = replace(ex.view(state), moved=moved)
        shown = json.dumps(render_change(view, now=ex.NOW, ref=ex.REF).blocks, ensure_ascii=False)
        assert ("against revision" in shown) is (state is ChangeState.PENDING_APPROVAL), state
    waiting = json.dumps(revision_blocks(replace(ex.view(), moved=moved)), ensure_ascii=False)
    assert "Owner: <@U0ALICE> → <@U0OWNER>" in waiting
    assert "- owner" not in waiting
    assert "+ ticket: OPS-2" in waiting


def test_every_message_and_view_ends_with_its_ref() -> None:
    for name in EXAMPLES:
        made = EXAMPLES[name]()
        blocks = made.blocks if isinstance(made, Message) else made["blocks"]
        assert blocks[-1]["elements"][-1]["text"] == f"ref `{ex.REF}`", name


def test_a_button_value_is_read_back_as_it_was_written() -> None:
    assert button_value(ex.CHANGE) == f'{{"v":1,"id":"CHG-12","rev":3,"pd":"{ex.PLAN.digest[:12]}"}}'
    assert read_button_value(button_value(ex.CHANGE)) == ButtonValue(12, 3, ex.PLAN.digest[:12])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "CHG-12:3",
        '{"v":2,"id":"CHG-12","rev":3,"pd":""}',
        '{"v":1,"id":"CHG-0","rev":3,"pd":""}',
        '{"v":1,"id":12,"rev":3,"pd":""}',
        '{"v":1,"id":"CHG-1","rev":true,"pd":""}',
        '{"v":1,"id":"CHG-1","rev":1,"pd":1}',
        "[" * 100_000,
    ],
)
def test_a_button_value_of_another_make_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="out of date"):
        read_button_value(text)


def test_refusals_use_the_words_people_and_tests_look_for() -> None:
    own = render_refused(Refused("Not allowed: this is your own request.", "two of ops", ("U0BOB",)), ex.REF)
    assert "your own request" in own.text
    assert "not allowed" in own.text.lower()
    assert "<@U0BOB>" in own.text
    assert already_words("CHG-12", "approved", ["U0BOB"]) == "CHG-12 is already approved by <@U0BOB>."
    assert already_words("CHG-12", "withdrawn", []) == "CHG-12 is already withdrawn."
    assert "out of date" in out_of_date_words("CHG-12")


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (InvalidInputError("x"), "That cannot be read"),
        (NotFoundError("x"), "Not found"),
        (AzureUnavailableError("x"), "Azure did not answer"),
        (LedgerBrokenError("x"), "The audit trail does not prove itself"),
        (CountersignError("x"), "It cannot be done"),
    ],
)
def test_an_error_says_what_happened_and_what_to_do(error: CountersignError, title: str) -> None:
    error.advice = "Do <this>."
    message = render_error(error, ex.REF)
    assert message.text.startswith(title)
    assert "*What to do* · Do &lt;this&gt;." in message.blocks[0]["text"]["text"]
    assert error_words(error) == "x Do <this>."


def lines(block: dict[str, Any]) -> str:
    """The text of a rich text block's fixed-width part."""
    return str(block["elements"][1]["elements"][0]["text"])


def test_a_diff_names_what_appears_what_goes_and_what_moves() -> None:
    before: Mapping[str, Json] = {
        "tags": {"a.b": "1", "gone": "x"},
        "sku": {"name": "S", "capacity": 1},
        "list": [1],
    }
    after: Mapping[str, Json] = {
        "tags": {"a.b": "2", "new": "y"},
        "sku": {"name": "S", "capacity": 2},
        "list": [1, 2],
    }
    block = diff_block(Plan("retag", "/x/deployments/d", before, after, (), ()))
    assert block["elements"][0]["elements"][0]["text"] == "5 settings change"
    assert lines(block).splitlines() == [
        "  deployment d", "- list: [1]", "+ list: [1, 2]", "- sku.capacity: 1", "+ sku.capacity: 2",
        "- tags.a.b: 1", "+ tags.a.b: 2", "- tags.gone: x", "+ tags.new: y",
    ]  # fmt: skip


def test_a_rollback_plan_of_several_lines_is_a_list_of_steps() -> None:
    block = rollback_block("1. First\n\n2) Second\n- Third")
    steps = [each["elements"][0]["text"] for each in block["elements"][1]["elements"]]
    assert steps == ["First", "Second", "Third"]
    assert rollback_block("Set it back.")["elements"][1]["elements"][0]["text"] == "Set it back."
    assert len(rollback_block("\n".join("abcdefghijklmnopqrst"))["elements"][1]["elements"]) == 12


@pytest.mark.parametrize(
    ("quorum", "said"), [(0, "no approval needed"), (1, "0 of 1 approval;"), (2, "0 of 2 approvals;")]
)
def test_the_count_of_approvals_is_said_in_words(quorum: int, said: str) -> None:
    change = replace(ex.CHANGE, state=ChangeState.APPROVED, quorum=quorum)
    card = render_change(ChangeView(change), now=ex.NOW, ref=ex.REF)
    assert said in card.blocks[1]["text"]["text"]


def test_only_a_message_with_new_blocks_has_a_classic_twin() -> None:
    assert classic(message_of("card_pending")) is None
    twin = classic(message_of("quota"))
    assert twin is not None
    table = next(
        lines({"elements": [None, part]})
        for block in twin.blocks
        if block["type"] == "rich_text"
        for part in block["elements"]
    )
    assert table.splitlines()[:2] == [
        "Quota                    Used  Limit  Left",
        "gpt-4o                     30     30     0",
    ]


def test_a_card_ends_with_its_place_in_the_trail_where_it_is_known() -> None:
    words = "audit #4711 · size 4712 · root Ab12Cd34…"
    shown = render_change(replace(VIEWS["pending"], trail=words), now=ex.NOW, ref="ref-1").blocks[-1]
    assert f"`{words}`" in str(shown)
    assert "audit #" not in str(render_change(VIEWS["pending"], now=ex.NOW, ref="ref-1").blocks[-1])
