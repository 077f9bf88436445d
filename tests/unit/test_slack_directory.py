"""The directory says who is a full member, why somebody is not, and who is in a user group."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.errors import SlackRefusedError, SlackUnavailableError
from bot.slack.client import is_slack_url, response_hosts
from tests.fakes.slack_server import Script, scripted, simulated

JSON = "application/json"


async def test_a_full_member_may_take_part() -> None:
    async with simulated() as (peer, _):
        standing = await peer.directory.standing("U0ALICE")
        assert (standing.user, standing.full_member, standing.groups) == ("U0ALICE", True, frozenset())


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        ({"deleted": True}, "deactivated"),
        ({"is_bot": True}, "bot"),
        ({"is_restricted": True}, "guest"),
        ({"is_ultra_restricted": True}, "guest"),
        ({"is_stranger": True}, "another workspace"),
    ],
)
async def test_somebody_who_is_no_full_member_is_told_why(flags: dict[str, Any], why: str) -> None:
    async with simulated() as (peer, world):
        world.change_person("U0BOB", flags)
        standing = await peer.directory.standing("U0BOB")
        assert not standing.full_member
        assert why in standing.why_not


async def test_somebody_slack_does_not_know_is_no_member() -> None:
    async with simulated() as (peer, _):
        standing = await peer.directory.standing("U0NOBODY")
        assert not standing.full_member
        assert "does not know" in standing.why_not


@pytest.mark.parametrize(
    ("flags", "hours"),
    [
        ({}, 1),
        ({"tz": "Asia/Kolkata"}, 5.5),
        ({"tz": "Moon/Base", "tz_offset": -18000}, -5),
        ({"tz": None, "tz_offset": "late"}, 0),
        ({"tz": "", "tz_offset": 10**9}, 0),
    ],
)
async def test_a_person_has_the_time_zone_slack_names_or_its_distance_or_utc(
    flags: dict[str, Any], hours: float
) -> None:
    async with simulated() as (peer, world):
        world.change_person("U0BOB", flags)
        zone = await peer.directory.zone("U0BOB")
    assert datetime(2026, 11, 24, tzinfo=zone).utcoffset() == timedelta(hours=hours)


async def test_a_user_group_is_read_afresh() -> None:
    async with simulated() as (peer, _):
        assert await peer.directory.members("S0AIOPS") == {"U0BOB", "U0CAROL"}
        with pytest.raises(SlackRefusedError) as refused:
            await peer.directory.members("S0NOTHING")
        assert refused.value.code == "no_such_subteam"


@pytest.mark.parametrize("body", ['{"ok": true}', '{"ok": true, "user": {"id": "U0EVE"}, "users": "U0EVE"}'])
async def test_an_answer_about_somebody_else_counts_for_nobody(body: str) -> None:
    async with scripted(Script([(200, JSON, body)])) as peer:
        with pytest.raises(SlackUnavailableError):
            await peer.directory.standing("U0ALICE")
        with pytest.raises(SlackUnavailableError):
            await peer.directory.members("S0AIOPS")


async def test_a_missing_scope_is_said_with_its_fix() -> None:
    async with scripted(Script([(200, JSON, '{"ok": false, "error": "missing_scope"}')])) as peer:
        with pytest.raises(SlackRefusedError) as refused:
            await peer.directory.standing("U0ALICE")
        assert "Reinstall" in refused.value.advice


@pytest.mark.threat(12)
@pytest.mark.asvs("1.3.6")
@pytest.mark.parametrize(
    ("api", "url", "allowed"),
    [
        ("https://slack.com/api/", "https://hooks.slack.com/commands/1", True),
        ("https://slack.com/api/", "https://hooks.slack.com:443/commands/1", True),
        ("https://slack.com/api/", "http://hooks.slack.com/commands/1", False),
        ("https://slack.com/api/", "https://hooks.slack.com:8443/commands/1", False),
        ("https://slack.com/api/", "https://hooks.slack.com.example.com/1", False),
        ("https://slack.com/api/", "https://hooks.slack.com@example.com/1", False),
        ("https://slack.com/api/", "https://user@hooks.slack.com/1", False),
        ("https://slack.com/api/", "https://hooks.slack.com:x/1", False),
        ("https://slack.com/api/", "http://127.0.0.1:8080/hooks/1", False),
        ("http://127.0.0.1:8080/api/", "http://127.0.0.1:8080/hooks/1", True),
        ("http://127.0.0.1:8080/api/", "https://hooks.slack.com/commands/1", False),
        ("http://localhost:8080/api/", "http://localhost:8080/hooks/1", True),
        ("http://127.0.0.1:8080/api/", "ftp://127.0.0.1/hooks/1", False),
    ],
)
def test_only_slacks_own_response_urls_are_called(api: str, url: str, allowed: bool) -> None:
    assert is_slack_url(url, response_hosts(api)) is allowed
