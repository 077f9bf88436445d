"""The configuration's look-ups and durations: an alias, a name or an ARM id, and never a guess."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.change import Tier
from bot.domain.configuration import parse_duration
from bot.domain.deployment import DeploymentRef, parse_arm_id
from bot.domain.errors import CountersignError, InvalidInputError, NotFoundError
from tests.fakes.azure_reads import PLACE, THING
from tests.fakes.house import company

HOUSE = company()


@pytest.mark.parametrize("name", ["prod", "PROD", "aoai-contoso-weu", "AOAI-Contoso-WEU"])
def test_an_account_is_found_by_its_name_or_its_azure_resource(name: str) -> None:
    assert HOUSE.account(name) is PLACE


@pytest.mark.parametrize("text", ["triage-prod", "Triage-PROD", "prod/support-triage-ft", THING.arm_id])
def test_a_deployment_is_found_by_alias_name_or_arm_id(text: str) -> None:
    assert HOUSE.find(text) == THING


@pytest.mark.parametrize(
    "text", ["triage", "nowhere/support-triage-ft", "", THING.arm_id.replace("weu", "eus")]
)
def test_what_is_not_configured_is_not_found(text: str) -> None:
    with pytest.raises(NotFoundError):
        HOUSE.find(text)


def test_the_name_of_a_deployment_is_enough_where_only_one_has_it() -> None:
    assert HOUSE.target("Classifier-FT").alias == "classifier-prod"
    with pytest.raises(NotFoundError, match="more than once") as refused:
        HOUSE.find("support-triage-ft")
    assert refused.value.advice == "Name one of: triage-prod, triage-stage."


def test_the_same_account_name_in_another_subscription_is_not_ours() -> None:
    other = THING.arm_id.replace("0001", "0002", 1)
    with pytest.raises(NotFoundError, match="does not look after"):
        HOUSE.find(other)


def test_an_unknown_name_is_answered_with_the_closest_or_the_known_ones() -> None:
    with pytest.raises(NotFoundError) as refused:
        HOUSE.target("triage-pro")
    assert refused.value.advice == "Did you mean triage-prod?"
    with pytest.raises(NotFoundError) as refused:
        HOUSE.target("nope")
    assert refused.value.advice == "Known: classifier-prod, triage-prod, triage-stage."
    with pytest.raises(NotFoundError) as refused:
        company(accounts=()).account("prod")
    assert refused.value.advice == "Known: none."


@pytest.mark.parametrize(
    "text",
    [
        "/subscriptions/x",
        THING.arm_id + "/../other",
        THING.arm_id + "?api-version=1",
        THING.arm_id + "\n",
        THING.account.arm_id,
        "prod/a/b",
        "prod/..",
        "prod/",
    ],
)
def test_a_text_that_could_lead_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        HOUSE.find(text)


@given(st.text(max_size=80))
def test_any_text_finds_a_deployment_or_says_why_not(text: str) -> None:
    try:
        found = HOUSE.find(text)
    except CountersignError:
        return
    assert found.account in HOUSE.accounts


def test_an_arm_id_reads_back_and_compares_without_case() -> None:
    assert parse_arm_id(THING.arm_id.upper()) == tuple(
        part.upper() for part in (PLACE.subscription, PLACE.resource_group, PLACE.account, THING.deployment)
    )
    assert THING.key == THING.arm_id.lower()


@pytest.mark.parametrize("name", ["", ".a", "a/b", "a b", "a?b", "x" * 65, "é"])
def test_a_deployment_name_that_could_change_a_path_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError):
        DeploymentRef(PLACE, name)


def test_a_target_is_found_by_its_deployment_and_a_stranger_has_none() -> None:
    found = HOUSE.target_of(THING)
    assert found is not None
    assert (found.alias, found.environment) == ("triage-prod", "production")
    assert HOUSE.target_of(DeploymentRef(PLACE, "summaries")) is None


def test_what_has_no_rule_is_denied() -> None:
    assert HOUSE.rule("production", Tier.STANDARD) is None
    assert HOUSE.rule("elsewhere", Tier.NORMAL) is None
    assert HOUSE.rule("production", Tier.NORMAL) is not None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0s", 0),
        ("90s", 90),
        ("30m", 1800),
        ("4h", 14400),
        ("7d", 604800),
        ("2w", 1209600),
        (" 1s ", 1),
        ("6H", 21600),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "s", "30", "1.5h", "-1h", "1 h", "1y", "１h", "1234567s", "m30"])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        parse_duration(text)
    assert "90s, 30m, 4h, 7d or 2w" in refused.value.advice
