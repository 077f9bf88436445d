"""Proof packs: what a whole one proves, and every way of lying with one that is refused, each in its own words."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.proof_check import check_pack
from bot.domain.proof_pack import PackAnchor, ProofPack
from bot.domain.proof_words import Verdict
from storage.ledger_values import commitment_of
from tests.unit.pressing import ORIGIN, PLAN, Press, keys_of, laid_open, lived

Pack = dict[str, Any]


def checked(pack: Pack | str, press: Press) -> Verdict:
    """Return what somebody who trusts this log finds."""
    return check_pack(pack if isinstance(pack, str) else json.dumps(pack), keys_of(press))


def test_a_whole_pack_holds_and_says_what_it_proves_and_what_not() -> None:
    press = lived()
    found = checked(press.pack(), press)
    assert (found.exit, found.code, found.change, found.ended) == (0, "", "CHG-1", "change.closed")
    assert (found.origin, found.size) == (ORIGIN, len(press.bodies))
    proved, unproved = "\n".join(found.proved), "\n".join(found.unproved)
    assert "12 entries of CHG-1, numbers 0 to 11 without a gap" in proved
    assert "2 of 2 approvals, by U0BOB, U0CAROL, none of them the requester" in proved
    assert "3 texts in people's own words are the recorded ones; 0 are withheld" in proved
    for word in (
        "shown to others",
        "no anchor",
        "newer than the checkpoint",
        "Azure did",
        "behind the Slack",
    ):
        assert word in unproved


def test_a_pack_without_peoples_words_proves_as_much() -> None:
    press = lived()
    pack = press.pack() | {"disclosures": []}
    found = checked(pack, press)
    assert found.exit == 0
    assert any("0 texts" in each and "3 are withheld" in each for each in found.proved)


def test_a_pack_of_an_open_change_holds_and_says_that_it_has_not_ended() -> None:
    press = Press()
    press.add("change.requested", revision=1)
    press.add("change.planned", revision=1, plan_digest=PLAN)
    found = checked(press.pack(ended=""), press)
    assert (found.exit, found.ended) == (0, "")
    assert "has NOT ENDED" in found.headline
    assert any("has not ended in this pack" in each for each in found.unproved)


def at(pack: Pack, type_: str, nth: int = 0) -> dict[str, Any]:
    """Return the nth entry of a type in a pack."""
    found: list[dict[str, Any]] = [
        each for each in pack["entries"] if json.loads(each["body"])["type"] == type_
    ]
    return found[nth]


def rewritten(pack: Pack, type_: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what an entry says, without the key."""
    entry = at(pack, type_)
    body = json.loads(entry["body"])
    change(body)
    entry["body"] = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def dropped(pack: Pack) -> None:
    """Leave an entry out of the middle."""
    pack["entries"].remove(at(pack, "change.apply_requested"))


def beginning_dropped(pack: Pack) -> None:
    """Leave the first entry out."""
    pack["entries"].pop(0)


def swapped_proofs(pack: Pack) -> None:
    """Give two entries each other's proof."""
    one, other = at(pack, "change.requested"), at(pack, "change.closed")
    one["proof"], other["proof"] = other["proof"], one["proof"]


def of_another_tree(pack: Pack) -> None:
    """Take a proof out of a log that has the same entries and one more before them."""
    other = lived(Press(signer=None))
    other.fill(9)
    at(pack, "change.approved")["proof"] = at(other.pack(), "change.approved")["proof"]


def under_another_checkpoint(pack: Pack) -> None:
    """Put the checkpoint of another log above the entries; it has the same name and another key."""
    pack["checkpoint"] = lived().pack()["checkpoint"]


def truncated(pack: Pack) -> None:
    """Leave the end out."""
    pack["entries"].pop()


def opened_otherwise(pack: Pack) -> None:
    """Lay another text open."""
    pack["disclosures"][0]["disclosure"] = laid_open("reason", "Because I say so.")


def opened_elsewhere(pack: Pack) -> None:
    """Lay a true text open for another entry."""
    pack["disclosures"][0]["seq"] = pack["disclosures"][1]["seq"]
    pack["disclosures"].pop(1)


def opened_for_nothing(pack: Pack) -> None:
    """Lay a text open where none is committed to."""
    pack["disclosures"].append({"seq": pack["entries"][0]["seq"], "path": "reason", "disclosure": "[]"})


def opened_twice(pack: Pack) -> None:
    """Lay one text open twice."""
    pack["disclosures"].append(pack["disclosures"][0])


def renamed(pack: Pack) -> None:
    """Say that the pack is of another change."""
    pack["change"] = "CHG-2"


def doubled(pack: Pack) -> None:
    """Give one entry twice."""
    pack["entries"].insert(3, pack["entries"][3])


def with_a_stranger_key(pack: Pack) -> None:
    """Add a key that nothing reads."""
    pack["verified"] = 1


def with_a_fraction(pack: Pack) -> None:
    """Write a number with a fraction."""
    pack["entries"][0]["seq"] = 3.0


def with_spaces(pack: Pack) -> None:
    """Write a body in another way."""
    pack["entries"][0]["body"] = pack["entries"][0]["body"].replace(":", ": ", 1)


def empty(pack: Pack) -> None:
    """Leave every entry out."""
    pack.update(entries=[], disclosures=[], ended="")


LIES: Mapping[Callable[[Pack], None], tuple[str, str]] = {
    dropped: ("P4", "Number 6 of CHG-1's entries is missing"),
    beginning_dropped: ("P4", "Number 0 of CHG-1's entries is missing"),
    swapped_proofs: ("P3", "is not in the signed log"),
    of_another_tree: ("P3", "is not in the signed log"),
    under_another_checkpoint: ("P2", "not signed by a key you trust"),
    truncated: ("P5", "says that CHG-1 ended with change.closed, and its entries do not"),
    opened_otherwise: ("P8", "is not the one that was recorded"),
    opened_elsewhere: ("P8", "is not the one that was recorded"),
    opened_for_nothing: ("P8", "which commits to none"),
    opened_twice: ("P8", "laid open twice"),
    renamed: ("P4", "is not of CHG-2 but of another change"),
    doubled: ("P4", "Number 4 of CHG-1's entries is missing"),
    with_a_stranger_key: ("P1", "`verified` does not belong there"),
    with_a_fraction: ("P1", "no entry holds fractions"),
    with_spaces: ("P1", "not written in the one canonical way"),
    empty: ("P4", "holds no entry of CHG-1"),
}


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_a_lie_is_refused_in_its_own_words(lie: Callable[[Pack], None]) -> None:
    press = lived()
    pack = press.pack()
    lie(pack)
    found = checked(pack, press)
    code, words = LIES[lie]
    assert (found.exit, found.code) == (1, code), found.message
    assert words in found.message
    assert not found.proved


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"format": "countersign.proofpack/v2"}, "its `format` is 'countersign.proofpack/v2'"),
        ({"format": 1}, "it names no `format`"),
        ({"format": "countersign.incident-review/1", "share": 0.5}, "countersign.incident-review/1"),
    ],
)
def test_a_file_of_another_format_is_not_judged_and_never_holds(changed: Pack, words: str) -> None:
    press = lived()
    found = checked(press.pack() | changed, press)
    assert (found.exit, found.code, found.proved) == (2, "U3", ())
    assert words in found.message
    assert "A wrong file disproves nothing." in found.message


def test_a_pack_that_names_its_format_twice_is_refused() -> None:
    press = lived()
    text = json.dumps(press.pack())
    twice = text.replace('{"format"', '{"format": "other/1", "format"', 1)
    assert twice != text
    assert (checked(twice, press).exit, checked(twice, press).code) == (1, "P1")


def test_a_rewritten_entry_is_not_in_the_signed_log() -> None:
    press = lived()
    pack = press.pack()
    rewritten(pack, "change.approved", lambda body: body["actor"].update(id="U0CAROL"))
    assert (checked(pack, press).code, checked(pack, press).exit) == ("P3", 1)


def test_a_key_that_stands_twice_is_refused_in_the_file_and_in_a_body() -> None:
    press = lived()
    text = json.dumps(press.pack())
    twice = checked(text.replace('"change": "CHG-1"', '"change": "CHG-2", "change": "CHG-1"', 1), press)
    assert twice.code == "P1"
    assert "a key stands twice" in twice.message
    pack = press.pack()
    pack["entries"][0]["body"] = pack["entries"][0]["body"].replace('"v":1', '"v":2,"v":1')
    assert "a key stands twice" in checked(pack, press).message


def test_the_entry_of_another_change_does_not_slip_in_with_its_true_proof() -> None:
    press = lived()
    pack = press.pack()
    pack["entries"].insert(2, json.loads(json.dumps(press.bundle("CHG-1000").as_json()))["entries"][0])
    found = checked(pack, press)
    assert (found.code, found.exit) == ("P4", 1)
    assert "of another change" in found.message


def test_a_key_that_is_not_trusted_proves_nothing() -> None:
    press = lived()
    found = checked(press.pack(), lived())
    assert (found.code, found.exit) == ("P2", 1)
    assert checked(press.pack(), Press(origin="countersign.example.test/audit/2027")).code == "P2"


def test_a_log_signed_by_the_key_of_another_log_is_refused() -> None:
    signer = Press(origin="countersign.example.test/other").key
    press = lived(Press(signer=signer))
    assert "that log's own key" in checked(press.pack(), press).message


def test_entries_that_say_another_log_or_place_are_refused() -> None:
    press = lived()
    press.origin = "countersign.example.test/audit/2027"
    press.key = Press(origin=press.origin).key
    found = checked(press.pack(), press)
    assert (found.code, "another place or another log" in found.message) == ("P3", True)
    moved = Press()
    moved.add("change.requested", revision=1)
    moved.bodies.insert(0, moved.bodies[0].replace("CHG-1", "CHG-7"))
    moved.seqs["CHG-1"] = [1]
    assert checked(moved.pack(ended=""), moved).code == "P3"


def test_an_entry_that_names_another_predecessor_is_refused() -> None:
    press = Press()
    press.add("change.requested", revision=1)
    press.chain["CHG-1"] = (1, "f" * 64)
    press.add("change.planned", revision=1, plan_digest=PLAN)
    found = checked(press.pack(ended=""), press)
    assert (found.code, "does not follow the one before it" in found.message) == ("P4", True)


def test_a_text_that_was_hashed_for_another_place_is_refused() -> None:
    press = Press()
    elsewhere = laid_open("incident", "Because.")
    press.add("change.requested", revision=1, note={"_sd": commitment_of(elsewhere.encode())})
    press.disclosures[0] = ("note", elsewhere)
    assert checked(press.pack(ended=""), press).code == "P8"


BREACHES: Mapping[str, tuple[dict[str, Mapping[str, Any]], str]] = {
    "the requester approves": ({"second": {"by": "U0ALICE/0c"}}, "the person who requested the change"),
    "the requester approves under another account": (
        {"second": {"by": "U0TWIN/0A"}},
        "the person who requested the change",
    ),
    "the requester lends their own vote": (
        {"second": {"behalf": ["U0ALICE"]}},
        "the person who requested the change",
    ),
    "one person approves twice": ({"second": {"by": "U0BOB"}}, "had 1 of the 2 approvals"),
    "one person approves under two accounts": ({"second": {"by": "U0TWIN/0b"}}, "had 1 of the 2 approvals"),
    "the quorum was three": ({"judged": {"quorum": 3}}, "had 2 of the 3 approvals"),
    "the quorum is no number": ({"judged": {"quorum": True}}, "how many approvals it needs"),
    "the quorum is of another revision": ({"judged": {"revision": 2}}, "how many approvals it needs"),
    "an approval is of another plan": ({"second": {"plan_digest": "e" * 64}}, "names another plan"),
    "an approval is of another revision": ({"second": {"revision": 2}}, "before any plan of its revision"),
    "another plan was carried out": ({"started": {"plan_digest": "e" * 64}}, "names another plan"),
    "another plan was finished": ({"finished": {"plan_digest": "e" * 64}}, "names another plan"),
    "another plan was asked for": ({"asked": {"plan_digest": "e" * 64}}, "names another plan"),
    "the execution names a strange approval": (
        {"started": {"approvals": ["f" * 64]}},
        "names an approval that does not stand before it",
    ),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_log_that_records_a_breach_of_four_eyes_proves_no_countersigned_change(name: str) -> None:
    turns, words = BREACHES[name]
    press = lived(**turns)
    found = checked(press.pack(), press)
    assert (found.exit, found.code) == (1, "P6"), found.message
    assert words in found.message


def test_an_approval_after_the_execution_is_refused() -> None:
    press = Press()
    press.add("change.requested", revision=1)
    press.add("change.planned", revision=1, plan_digest=PLAN)
    press.add("policy.evaluated", revision=1, quorum=0)
    press.add("change.execution.started", "executor", revision=1, plan_digest=PLAN, approvals=[])
    press.add("change.approved", "U0BOB", revision=1, plan_digest=PLAN)
    found = checked(press.pack(ended=""), press)
    assert (found.code, "after the execution had started" in found.message) == ("P6", True)


@pytest.mark.parametrize("late", ["change.approved", "change.execution.started", "rollback.started"])
def test_nothing_begins_after_the_end(late: str) -> None:
    press = lived()
    press.add(late, "U0BOB", revision=1, plan_digest=PLAN, approvals=[])
    found = checked(press.pack(), press)
    assert (found.code, "comes after the change had ended" in found.message) == ("P5", True)


def test_comments_and_reviews_after_the_end_change_nothing() -> None:
    press = lived()
    press.add("change.commented", "U0BOB")
    assert checked(press.pack(), press).ended == "change.closed"


def test_a_failed_change_may_still_be_rolled_back_and_ends_there() -> None:
    press = Press()
    for type_ in ("change.requested", "change.planned", "policy.evaluated"):
        press.add(type_, revision=1, plan_digest=PLAN, quorum=0)
    press.add("change.execution.started", "executor", revision=1, plan_digest=PLAN, approvals=[])
    press.add("change.execution.failed", "executor", written=True)
    assert checked(press.pack(ended="change.execution.failed"), press).exit == 0
    press.add("rollback.started", "U0OWNER", plan_digest=PLAN)
    assert checked(press.pack(ended=""), press).exit == 0
    press.add("rollback.failed", "executor")
    press.add("rollback.started", "U0OWNER", plan_digest=PLAN)
    press.add("rollback.finished", "executor")
    assert checked(press.pack(ended="rollback.finished"), press).exit == 0


def test_a_broken_glass_is_named_with_the_approvals_it_stood_for() -> None:
    press = Press()
    for type_ in ("change.requested", "change.planned", "policy.evaluated"):
        press.add(type_, revision=1, plan_digest=PLAN, quorum=2)
    glass = press.add("change.break_glass", "U0BOB", revision=1, plan_digest=PLAN, quorum=2)
    press.add("change.execution.started", "executor", revision=1, plan_digest=PLAN, approvals=[glass])
    press.add("change.break_glass.reviewed", "U0CAROL", revision=1)
    found = checked(press.pack(ended=""), press)
    assert found.exit == 0
    assert any("U0BOB broke the glass" in each and "0 of 2 approvals" in each for each in found.proved)
    assert any("U0CAROL reviewed the broken glass" in each for each in found.proved)


@pytest.mark.parametrize("again", [False, True])
def test_an_approval_that_was_taken_back_counts_only_when_it_is_given_again(again: bool) -> None:
    press = Press()
    for type_ in ("change.requested", "change.planned", "policy.evaluated"):
        press.add(type_, revision=1, plan_digest=PLAN, quorum=1)
    press.add("change.approved", "U0BOB/0b", revision=1, plan_digest=PLAN)
    press.add("change.approval_withdrawn", "U0TWIN/0b", revision=1, plan_digest=PLAN, approver="U0BOB")
    given = [press.add("change.approved", "U0BOB/0b", revision=1, plan_digest=PLAN)] if again else []
    press.add("change.execution.started", "executor", revision=1, plan_digest=PLAN, approvals=given)
    found = checked(press.pack(ended=""), press)
    assert found.exit == (0 if again else 1)
    assert again or "had 0 of the 1 approvals" in found.message


def test_a_change_in_two_logs_is_one_chain_and_both_keys_must_be_trusted() -> None:
    first = Press()
    first.add("change.requested", revision=1)
    first.add("change.planned", revision=1, plan_digest=PLAN)
    second = Press(origin="countersign.example.test/audit/2027")
    second.fill(2)
    second.chain = dict(first.chain)
    second.add("change.withdrawn")
    made = ProofPack("CHG-1", "change.withdrawn", (first.bundle(), second.bundle()))
    pack = json.loads(json.dumps(made.as_json()))
    both = [*keys_of(first), *keys_of(second)]
    assert check_pack(json.dumps(pack), both).exit == 0
    assert check_pack(json.dumps(pack), keys_of(second)).code == "P2"
    pack["earlier"] = []
    assert check_pack(json.dumps(pack), both).code == "P4"
    pack["earlier"] = [{key: pack[key] for key in ("checkpoint", "entries", "disclosures", "consistency")}]
    assert check_pack(json.dumps(pack), both).code == "P2"


def test_an_anchor_must_be_of_a_checkpoint_that_the_pack_ties_to_its_own() -> None:
    press = lived()
    older = PackAnchor("slack", "C0AUDIT/1763800000.1", press.note(10))
    found = checked(press.pack(anchors=[older], since=10), press)
    assert found.exit == 0
    assert any("size 10" in each and "slack C0AUDIT" in each for each in found.proved)
    assert any("look the anchor up" in each for each in found.unproved)
    untied = checked(press.pack(anchors=[older]), press)
    assert (untied.code, "Nothing ties the anchor" in untied.message) == ("P7", True)
    forked = lived(Press(signer=press.key), requested={"kind": "delete"})
    fork = PackAnchor("slack", "C0AUDIT/1763800000.1", forked.note(10))
    assert checked(press.pack(anchors=[fork], since=10), press).code == "P7"
    pack = press.pack(since=10)
    pack["consistency"]["from"] = forked.note(10)
    assert "is no prefix" in checked(pack, press).message


@pytest.mark.parametrize("text", ["", "{", "[" * 200_000, '{"a":' * 100_000])
def test_what_is_no_json_is_refused_without_an_exception(text: str) -> None:
    assert checked(text, lived()).code == "P1"


@pytest.mark.parametrize("text", ["[]", "null", "{}", '{"a": 1e9}', '{"a": NaN}'])
def test_json_that_names_no_format_is_not_judged(text: str) -> None:
    assert (checked(text, lived()).exit, checked(text, lived()).code) == (2, "U3")


def test_a_pack_says_nothing_to_a_terminal_that_it_would_obey() -> None:
    press = lived()
    found = checked(press.pack() | {"ended": "\x1b[2Jchange.closed"}, press)
    assert found.exit == 1
    assert "\x1b" not in "\n".join(found.lines())


PRESSED = lived()
WHOLE = json.dumps(PRESSED.pack())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, len(WHOLE) - 1), st.characters(codec="utf-8"))
def test_no_single_changed_character_makes_another_pack_that_holds(place: int, char: str) -> None:
    forged = WHOLE[:place] + char + WHOLE[place + 1 :]
    found = checked(forged, PRESSED)
    hint = WHOLE.index('"vkey_hint"')
    assert found.exit != 0 or json.loads(forged) == json.loads(WHOLE) or place > hint
