"""Threat 22: what is empty, missing or of another type opens nothing."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.change import ChangeState, Choice, Tier
from bot.domain.errors import InvalidInputError
from bot.domain.people import Standing
from bot.domain.policy import Allowed, Refused, may_act, may_decide, quorum_met
from bot.render.change_view import read_button_value
from bot.usecases.decide_change import is_current
from handlers.configuration_file import read_configuration
from tests.fakes.house import ANNA, BOB, EVE, House, company, rule
from tests.golden import values as ex
from tests.unit.test_configuration_file import example

EMPTY = ("", " ", "null", "None", "0", "false", "{}", "[]")
REQUIRED = (
    'team_id = "T0CONTOSO"',
    'alias = "triage-prod"',
    'account = "prod-weu"',
    'owner = "U0OWNER"',
    'channel = "C0OPS"',
    'user = "U0BOB"',
    'environment = "production"',
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside, max_size=3),
    max_leaves=5,
)


@pytest.mark.threat(22)
@pytest.mark.asvs("2.2.1")
@pytest.mark.parametrize("line", REQUIRED)
@pytest.mark.parametrize("empty", ['""', '" "', "0", "false", "[]", "{}"])
def test_no_id_of_the_policy_file_may_be_empty_or_of_another_type(
    tmp_path: Path, line: str, empty: str
) -> None:
    assert line in example()
    path = tmp_path / "countersign.toml"
    path.write_text(example().replace(line, f"{line.partition('=')[0]}= {empty}"), encoding="utf-8")
    with pytest.raises(InvalidInputError):
        read_configuration(path)


@pytest.mark.threat(22)
@pytest.mark.asvs("2.2.1")
@pytest.mark.parametrize("line", REQUIRED)
def test_no_id_of_the_policy_file_may_be_missing(tmp_path: Path, line: str) -> None:
    path = tmp_path / "countersign.toml"
    path.write_text(example().replace(line, ""), encoding="utf-8")
    with pytest.raises(InvalidInputError):
        read_configuration(path)


@pytest.mark.threat(22)
@pytest.mark.asvs("15.3.5")
@given(st.dictionaries(st.sampled_from(["v", "id", "rev", "pd"]), JSON))
def test_a_button_whose_value_is_of_another_type_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError, match="out of date"):
        read_button_value(json.dumps(value))


@pytest.mark.threat(22)
@pytest.mark.asvs("15.3.5")
@pytest.mark.parametrize(
    "text",
    [
        *EMPTY,
        '{"v":true,"id":"CHG-1","rev":1,"pd":null}',
        '{"v":1,"id":"CHG-1","rev":true,"pd":"0"}',
        '{"v":1,"id":"CHG-1","rev":"1","pd":"0"}',
        '{"v":1,"id":"CHG-0","rev":1,"pd":"0"}',
        '{"v":1,"id":"CHG-","rev":1,"pd":"0"}',
        '{"v":1,"id":["CHG-1"],"rev":1,"pd":"0"}',
        '{"v":1,"id":"CHG-1\\n","rev":1,"pd":"0"}',
    ],
)
def test_a_button_with_nothing_in_it_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="out of date"):
        read_button_value(text)


@pytest.mark.threat(22)
@pytest.mark.asvs("2.2.1")
def test_an_empty_plan_is_nobodys_plan() -> None:
    assert is_current(ex.CHANGE, ex.CHANGE.revision, ex.CHANGE.plan_digest)
    assert not is_current(ex.CHANGE, ex.CHANGE.revision, "")


@pytest.mark.threat(22)
@pytest.mark.asvs("8.3.1")
async def test_a_rule_without_groups_and_a_policy_without_rules_let_nobody_through() -> None:
    for rules in ({}, {("production", Tier.NORMAL): rule("production", Tier.NORMAL, 1)}):
        house = House()
        await house.pending()
        house.configuration = company(rules=rules)
        for user in (ANNA, BOB, EVE):
            assert isinstance(await house.say(Choice.APPROVE, user), Refused)
            assert isinstance(await house.ask_apply(user), Refused)
        assert house.change().state is ChangeState.PENDING_APPROVAL


@pytest.mark.threat(22)
@pytest.mark.asvs("8.3.1")
def test_whoever_has_no_name_and_no_group_is_in_none() -> None:
    nobody = Standing("", full_member=True, groups=frozenset({""}))
    normal = rule("production", Tier.NORMAL, 1, "approvers")
    assert isinstance(may_decide(ex.CHANGE, nobody, normal), Refused)
    assert isinstance(may_decide(ex.CHANGE, nobody, None), Refused)
    for names in ((), ("",), ("approvers",)):
        verdict = may_act(Standing("", full_member=True), ex.CHANGE, names, "apply")
        assert not isinstance(verdict, Allowed), names


@pytest.mark.threat(22)
@pytest.mark.asvs("2.2.1")
def test_no_approval_is_no_quorum_and_an_approval_from_no_group_stands_for_none() -> None:
    two = rule("production", Tier.HIGH, 2, "approvers", "security", distinct_groups=True)
    for approvals in ([], [frozenset[str]()], [frozenset[str](), frozenset[str]()], [frozenset({""})] * 2):
        assert not quorum_met(two, approvals)
