"""`countersign policy …`: what it finds in a file and in a database it only reads, also beside a running app."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.change import Change, ChangeState, Choice, Tier, Vote
from bot.domain.note import Signer
from bot.domain.operation import Plan
from bot.domain.people import Standing
from bot.ports.archive import Draft
from handlers.cli.demo_company import ORIGIN, company_toml
from handlers.clock import WallClock
from handlers.configuration_schema import schema_text
from storage.open import OpenArchive, open_archive
from tests.unit import test_cli
from tests.unit.domain.test_policy import REQUEST
from tests.unit.test_cli import Run

NOW = datetime.now(UTC)
PLAN = Plan(
    "scale", "/x", {"sku": {"capacity": 120}, "tags": {}}, {"sku": {"capacity": 150}, "tags": {}}, (), ()
)
KEY = Signer.generate(ORIGIN)[0]
HOUSE = company_toml()
HIGH = "production · high: 2 approvals from approvers or security, each from another group, never from the requester"
BOTH = 'groups = ["approvers", "security"]'
run = test_cli.run


async def _filled(opened: OpenArchive) -> None:
    async with opened.archive.transaction() as tx:
        await tx.observe_group("S0AIOPS", frozenset({"U0BOB", "U0CAROL"}), NOW)
        for user in ("U0BOB", "U0CAROL", "U0DAN", "U0ANNA"):
            await tx.observe(Standing(user, full_member=True, observed_at=NOW))
        change = await tx.add_draft(Draft(REQUEST, "production", "prod-weu", "/x", "C0OPS"), NOW)
        moved = await tx.move(
            change,
            ChangeState.PENDING_APPROVAL,
            plan=PLAN,
            plan_digest=PLAN.digest,
            tier=Tier.HIGH,
            quorum=2,
            expires_at=NOW + timedelta(hours=24),
            outcome={"base": "high", "impact": ["modifying"], "because": ["scale is high in production"]},
        )
        assert moved is not None
        await tx.add_vote(_vote(moved))


def _vote(change: Change) -> Vote:
    expires = NOW + timedelta(hours=4)
    return Vote(
        1, 1, "U0BOB", Choice.APPROVE, frozenset({"approvers"}), change.plan_digest, "p", NOW, expires
    )


@contextmanager
def held_open(folder: Path) -> Iterator[None]:
    """Have an app hold the database open, with one change that waits, while the block lasts."""
    url = f"sqlite:///{folder / 'countersign.db'}"
    with asyncio.Runner() as loop:
        opening = open_archive(url, Signer.parse(KEY), ORIGIN, clock=WallClock(), build="test", lock=True)
        opened = loop.run(opening)
        try:
            loop.run(_filled(opened))
            yield
        finally:
            loop.run(opened.close())


@pytest.fixture
def house(run: Run, tmp_path: Path) -> Iterator[Run]:
    """Run commands beside an app that has the database open."""
    (tmp_path / "countersign.toml").write_text(HOUSE)
    with held_open(tmp_path):
        yield run


def candidate(folder: Path, change: Callable[[str], str]) -> str:
    """Write another policy, and return its path."""
    path = folder / "candidate.toml"
    path.write_text(change(HOUSE))
    return str(path)


def test_a_policy_that_works_holds(house: Run) -> None:
    said = house("policy", "check")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[-1] == "The policy holds."
    one = "production · emergency: 1 approval from approvers or security, never from the requester"
    assert f"{one}. Once approved, the requester, approvers or security may apply it" in lines
    assert any(line.startswith("production · high: 2 approvals from approvers or security") for line in lines)
    assert "ok    group approvers: 2 people" in lines
    (stuck,) = [
        line for line in lines if line.endswith("can be approved; not when U0DAN asks: too few are left")
    ]
    assert stuck.startswith("ok    triage-prod · high, ")
    (doubtful,) = [line for line in lines if "no [[people]] row or group names this id" in line]
    assert doubtful.startswith("note  owner U0OWNER of triage-prod, triage-test, ")
    assert len(lines) < 35, said.out


def test_a_group_without_people_does_not_hold_and_says_the_fix(house: Run, tmp_path: Path) -> None:
    path = candidate(tmp_path, lambda text: text.replace('users = ["U0DAN"]', "users = []"))
    said = house("policy", "check", path, "--json")
    found = json.loads(said.out)
    assert (said.code, found["ok"]) == (1, False)
    failed = {each["check"]: each for each in found["checks"] if each["result"] == "fail"}
    assert {"group security", "triage-prod · high", "triage-prod · critical"} <= set(failed)
    assert all(each["next_step"] for each in failed.values())
    one = "1 approval from approvers or security, never from the requester"
    assert one in found["pairs"]["production · emergency"]
    plain = house("policy", "check", path).out.splitlines()
    causes = [line for line in plain if line.startswith("FAIL")]
    assert len(causes) < len(failed)
    assert any(
        "triage-prod · critical, extract-prod · critical, email-prod · critical: " in line for line in causes
    )


def test_a_file_with_a_mistake_does_not_hold_and_one_that_is_missing_cannot_be_judged(
    house: Run, tmp_path: Path
) -> None:
    path = candidate(tmp_path, lambda text: text.replace("quorum = 1", "qourum = 1"))
    said = house("policy", "check", path)
    assert said.code == 1
    assert "FAIL  file: " in said.out
    assert "next: Did you mean quorum?" in said.out
    assert json.loads(house("policy", "check", path, "--json").out)["ok"] is False
    missing = house("policy", "check", "none.toml")
    assert (missing.code, missing.out) == (2, "")
    assert "none.toml cannot be read" in missing.err


def test_without_a_database_user_groups_cannot_be_judged_and_nothing_is_created(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "countersign.toml").write_text(HOUSE)
    said = run("policy", "check")
    assert said.code == 2
    assert "?     group approvers: nobody has looked into S0AIOPS yet" in said.out
    assert [path.name for path in tmp_path.iterdir()] == ["countersign.toml"]
    explained = run("policy", "explain", "CHG-1")
    assert explained.code == 2
    assert "There is no database" in explained.err


def test_a_change_is_explained_for_a_person(house: Run) -> None:
    said = house("policy", "explain", "CHG-1", "--user", "U0ANNA")
    assert said.code == 0
    assert said.out.splitlines() == [
        "CHG-1 is pending approval; production · high",
        f"  rule: {HIGH}. Once approved, the requester or approvers may apply it",
        "  because: scale is high in production",
        "  vote: U0BOB approved; it counts (approvers)",
        "  1 of 2 approvals count today. Missing: 1 more approval.",
        "  could: U0CAROL, U0DAN",
        "  break glass: Not possible: its rule does not say break_glass = true.",
        "U0ANNA: Not allowed: this is your own request.",
    ]
    found = json.loads(house("policy", "explain", "chg-1", "--user", "U0BOB", "--json").out)
    assert found["answer"] == (
        "Not allowed: you have already voted on this revision. To say something else, take your approval back first: "
        "`change unapprove CHG-1`."
    )
    assert found["could"] == ["U0CAROL", "U0DAN"]


def test_who_is_asked_about_is_named_by_id(house: Run) -> None:
    said = house("policy", "explain", "CHG-1", "--user", "bob")
    assert (said.code, said.out) == (2, "")
    assert "'bob' is no Slack user id" in said.err
    assert "Copy member ID" in said.err


def test_a_change_that_is_not_there_is_said_in_words(house: Run) -> None:
    said = house("policy", "explain", "CHG-99")
    assert (said.code, said.out) == (2, "")
    assert "There is no CHG-99" in said.err


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ("quorum = 0", "quorum = 0", "same"),
        ("distinct_groups = true", 'distinct_groups = true\nrequired_groups = ["security"]', "stricter"),
        (f"quorum = 2\n{BOTH}\nd", f"quorum = 1\n{BOTH}\nd", "looser"),
        ("[policy.production.high]", "[policy.lab.high]", "impossible"),
    ],
)  # fmt: skip
def test_a_candidate_is_replayed_on_past_changes(
    house: Run, tmp_path: Path, old: str, new: str, verdict: str
) -> None:
    assert old in HOUSE
    path = candidate(tmp_path, lambda text: text.replace(old, new))
    said = house("policy", "replay", path)
    assert said.code == 0
    assert said.out.splitlines()[0].split()[:2] == ["CHG-1", verdict]
    assert said.out.splitlines()[-1].endswith("of 1 changes.")
    found = json.loads(house("policy", "replay", path, "--json").out)
    assert found["counts"][verdict] == 1
    assert found["changes"][0]["verdict"] == verdict


def test_the_schema_is_printed(run: Run) -> None:
    assert run("policy", "schema").out == schema_text()


def test_reading_writes_nothing(house: Run, tmp_path: Path) -> None:
    before = (tmp_path / "countersign.db").read_bytes()
    for words in (("check",), ("explain", "CHG-1"), ("replay", "countersign.toml")):
        assert house("policy", *words).code == 0
    assert (tmp_path / "countersign.db").read_bytes() == before
