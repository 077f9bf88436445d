"""Threats 7 and 9: a button like ours on somebody else's message, another app's payload, another workspace's."""

from collections.abc import Mapping
from typing import Any

import pytest

from handlers.slack_payloads import foreign
from tests.fakes.house import BOB, House

CLICK: Mapping[str, Any] = {
    "type": "block_actions",
    "api_app_id": "A0APP",
    "team": {"id": "T0CONTOSO"},
    "user": {"id": BOB, "team_id": "T0CONTOSO"},
    "message": {"ts": "1.1", "app_id": "A0APP", "bot_id": "B0OURS"},
    "actions": [{"action_id": "change.approve", "value": '{"v":1,"id":"CHG-1","rev":1,"pd":"0123456789ab"}'}],
}


def test_our_own_button_is_ours() -> None:
    assert foreign(CLICK, House().desk) is None


@pytest.mark.threat(9)
@pytest.mark.asvs("8.3.1")
@pytest.mark.parametrize(
    "changed",
    [
        {"message": {"ts": "1.1", "app_id": "A0PHISHING", "bot_id": "B0THEIRS"}},
        {"message": {"ts": "1.1", "app_id": "a0app"}},
        {"api_app_id": "A0PHISHING"},
    ],
    ids=str,
)
def test_a_button_with_our_action_id_on_another_apps_message_is_foreign(changed: Mapping[str, Any]) -> None:
    assert foreign({**CLICK, **changed}, House().desk) is not None


@pytest.mark.threat(7)
@pytest.mark.asvs("8.4.1")
@pytest.mark.parametrize(
    "changed",
    [
        {"team": {"id": "T0OTHER"}},
        {"team": {"id": "t0contoso"}},
        {"user": {"id": BOB, "team_id": "T0OTHER"}},
        {"team": None, "enterprise": {"id": "E0"}, "user": {"id": BOB, "team_id": "T0OTHER"}},
        {"team": None, "enterprise": {"id": "E0"}, "user": {"id": BOB}},
        {"team": None, "user": None},
        {"team": [], "user": [], "team_id": 7},
    ],
    ids=str,
)
def test_what_is_not_from_our_workspace_alone_is_foreign(changed: Mapping[str, Any]) -> None:
    assert foreign({**CLICK, **changed}, House().desk) is not None
