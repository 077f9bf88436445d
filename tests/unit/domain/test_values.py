"""Small values: evidence and its digest, people, errors, ids, commands and canonical JSON."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain import az_command
from bot.domain.deployment import Usage
from bot.domain.entry import is_ulid, new_ulid
from bot.domain.errors import (
    AuditBusyError,
    AzureUnavailableError,
    ConflictError,
    CountersignError,
    DoubtError,
    InvalidInputError,
    NotAppliedError,
    RunAgain,
    SlackRefusedError,
    SlackUnavailableError,
)
from bot.domain.evidence import (
    Evidence,
    Fact,
    Point,
    SectionResult,
    Series,
    Window,
    changed_since,
    evidence_id,
)
from bot.domain.json import canonical, digest
from bot.domain.people import Actor, Person, actor_of, system
from tests.fakes.azure_reads import PLACE, THING
from tests.fakes.clock import NOON

FACT = Fact("Capacity", "120", "units", "az show", NOON)
EVIDENCE = Evidence(
    THING, "triage-prod", NOON, (SectionResult("a", "A", (FACT,)), SectionResult("b", "B", gap="no answer"))
)
SOON = NOON + timedelta(hours=1)


def test_the_id_of_evidence_is_made_from_its_digest() -> None:
    assert EVIDENCE.digest == digest(EVIDENCE.as_json())
    assert EVIDENCE.id == evidence_id(EVIDENCE.digest) == f"EV-{EVIDENCE.digest[:12]}"
    assert EVIDENCE.body == canonical(EVIDENCE.as_json())


@pytest.mark.parametrize(
    "other",
    [
        replace(EVIDENCE, alias="other"),
        replace(EVIDENCE, sections=EVIDENCE.sections[::-1]),
        replace(EVIDENCE, sections=(SectionResult("a", "A", (replace(FACT, value="121"),)),)),
        replace(EVIDENCE, sections=(SectionResult("a", "A", (FACT,)), SectionResult("b", "B", gap="other"))),
    ],
)
def test_other_evidence_has_another_digest(other: Evidence) -> None:
    assert other.digest != EVIDENCE.digest


def test_the_second_a_fact_was_seen_does_not_change_the_digest() -> None:
    later = SectionResult("a", "A", (replace(FACT, observed_at=SOON),))
    assert replace(EVIDENCE, sections=(later, EVIDENCE.sections[1])).digest == EVIDENCE.digest


def test_gaps_are_the_sections_that_could_not_look() -> None:
    assert [gap.key for gap in EVIDENCE.gaps] == ["b"]


def test_a_fact_reads_with_its_unit_and_without_one() -> None:
    assert (FACT.words, replace(FACT, unit="").words) == ("120 units", "120")


def test_a_series_adds_and_averages_only_what_was_measured() -> None:
    series = Series("m", "", (Point(NOON, 2.0), Point(NOON, None), Point(NOON, 4.0)))
    assert (series.total, series.mean) == (6.0, 3.0)
    assert Series("m", "", (Point(NOON, None),)).mean is None


def test_an_actor_is_the_verified_person_or_one_of_our_roles() -> None:
    person = Person("U1", "T1", entra_oid="oid", auth="slack-socket")
    assert actor_of(person) == Actor("slack_user", "U1", "T1", "oid", "slack-socket")
    assert system("timer") == Actor("system", "timer", auth="process")


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (CountersignError("x"), False),
        (InvalidInputError("x"), False),
        (ConflictError("x"), False),
        (DoubtError("x"), False),
        (NotAppliedError("x", code="X"), False),
        (SlackRefusedError("x", code="y"), False),
        (AzureUnavailableError("x"), True),
        (SlackUnavailableError("x"), True),
        (AuditBusyError("x"), True),
        (RunAgain(NOON), True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_says_whether_a_job_may_try_again(error: CountersignError, retryable: bool) -> None:
    assert error.retryable is retryable


def test_errors_carry_what_their_catcher_needs() -> None:
    assert InvalidInputError("x", field="ticket", advice="y").field == "ticket"
    assert NotAppliedError("x", code="C", retryable_conflict=True).retryable_conflict
    assert SlackRefusedError("x", code="not_found").code == "not_found"
    assert (RunAgain(NOON, "soon").at, str(RunAgain(NOON, "soon"))) == (NOON, "soon")


def test_ulids_are_well_formed_different_and_sorted_by_time() -> None:
    first, second, later = new_ulid(NOON), new_ulid(NOON), new_ulid(SOON)
    assert all(is_ulid(each) for each in (first, second, later))
    assert first != second
    assert first[:10] == second[:10] < later[:10]


@pytest.mark.parametrize(
    "text", ["", "0" * 25, "8" + "0" * 25, "0" * 25 + "I", "0" * 25 + "a", "0" * 26 + "\n"]
)
def test_what_is_no_ulid(text: str) -> None:
    assert not is_ulid(text)


def test_what_is_left_of_a_quota_is_never_negative() -> None:
    assert Usage("q", "", Decimal(10), Decimal(8)).left == 0
    assert Usage("q", "", Decimal("1.5"), Decimal(8)).left == Decimal("6.5")


def test_commands_name_the_resource_and_the_window() -> None:
    assert az_command.deployment_show(THING).endswith("--deployment-name support-triage-ft")
    assert PLACE.subscription in az_command.models_list(PLACE)
    assert az_command.usage_list(PLACE).endswith("-l westeurope")
    assert "raiPolicies/strict?" in az_command.content_filter_get(PLACE, "strict")
    command = az_command.metrics_list(THING, "M", Window(NOON, SOON), "PT5M")
    assert "--start-time 2026-11-24T12:00:00Z --end-time 2026-11-24T13:00:00Z" in command
    assert "ModelDeploymentName eq 'support-triage-ft'" in command


def test_canonical_json_sorts_and_refuses_what_has_no_one_form() -> None:
    assert canonical({"b": 1, "a": [True, None, "é"]}) == '{"a":[true,null,"é"],"b":1}'.encode()
    for value in (float("nan"), 2**53):
        with pytest.raises(ValueError):
            canonical(value)


def test_the_same_seen_later_by_another_person_has_the_same_digest() -> None:
    later = replace(EVIDENCE, taken_at=SOON, asked_by="U0BOB")
    aged = replace(FACT, aside="41 days ago")
    other = replace(EVIDENCE, sections=(SectionResult("a", "A", (aged,)), *EVIDENCE.sections[1:]))
    assert later.digest == EVIDENCE.digest
    assert (
        replace(other, sections=(SectionResult("a", "A", (FACT,)), *EVIDENCE.sections[1:])).digest
        == other.digest
    )


def test_what_changed_since_a_stored_snapshot_is_said_fact_by_fact() -> None:
    moved = replace(EVIDENCE, sections=(SectionResult("a", "A", (replace(FACT, value="150"),)),))
    before = json.loads(EVIDENCE.body)
    assert changed_since(before, EVIDENCE.as_json()) == ()
    assert f"A · {FACT.name}: {FACT.value} {FACT.unit}".strip() in changed_since(before, moved.as_json())[0]
    assert changed_since({}, moved.as_json())[0].endswith(
        "not seen → 150" + (f" {FACT.unit}" if FACT.unit else "")
    )
