"""Threats 4 to 8: another account, a mapping that does not fit, outsiders, and names that say what they like."""

import tomllib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.change import ChangeState, Choice, Tier
from bot.domain.errors import CountersignError, InvalidInputError, SlackRefusedError, SlackUnavailableError
from bot.domain.policy import Refused
from bot.ports.slack import File, SlackDirectory
from bot.render.answer import render_text
from bot.render.change_card import render_change
from bot.render.change_view import ChangeView
from bot.slack.directory import SlackWebDirectory
from bot.slack.messenger import SlackMessenger
from bot.usecases.check_change import Red
from handlers.configuration_file import configuration_of, read_configuration
from tests.fakes.clock import NOON
from tests.fakes.house import ANNA, BOB, CAROL, RULES, House, company
from tests.fakes.slack_server import Script, scripted, simulated
from tests.unit.test_configuration_file import example

OID = "8f14e45f-ceea-467f-a0e6-0e02b2c3d479"
SAID = render_text("For our own eyes.", "r1")
OUTSIDERS = (
    {"deleted": True},
    {"is_bot": True},
    {"is_workflow_bot": True},
    {"is_ultra_restricted": True},
    {"is_restricted": True},
    {"is_stranger": True},
    {"is_invited_user": True},
    {"team_id": "T0OTHER"},
    {"team_id": ""},
    {"team_id": None},
    {"team_id": "T0OTHER", "enterprise_user": {"teams": ["T0THIRD"]}},
)


def people(*rows: tuple[str, str]) -> str:
    """Return the example configuration with these people instead of its own."""
    listed = "".join(f'[[people]]\nuser = "{user}"\nentra_oid = "{oid}"\n\n' for user, oid in rows)
    before, _, after = example().partition("[[people]]")
    return before + listed + after[after.index("[groups.") :]


def read_oids(folder: Path, *rows: tuple[str, str]) -> dict[str, str]:
    """Return who is who, as a file with these rows says it."""
    path = folder / "countersign.toml"
    path.write_text(people(*rows), encoding="utf-8")
    return dict(read_configuration(path).entra_oids)


@pytest.mark.threat(4)
@pytest.mark.asvs("2.3.5")
@pytest.mark.parametrize("spelled", [OID, OID.upper(), f" {OID}\t"])
async def test_an_account_with_the_requesters_oid_in_any_spelling_approves_nothing(
    tmp_path: Path, spelled: str
) -> None:
    house = House(configuration=company(entra_oids=read_oids(tmp_path, (ANNA, OID), (BOB, spelled))))
    await house.pending()
    outcome = await house.say(Choice.APPROVE, BOB)
    assert isinstance(outcome, Refused)
    assert "under your other account" in outcome.words
    assert house.change().state is ChangeState.PENDING_APPROVAL


@pytest.mark.threat(5)
@pytest.mark.asvs("8.3.3")
@pytest.mark.parametrize(
    "rows",
    [((BOB, OID), (BOB, OID[::-1])), ((BOB, ""),), ((BOB, " "),), (("", OID),), (("Bob", OID),)],
    ids=["two rows", "no id", "a blank id", "no user", "a name"],
)
def test_a_mapping_that_is_not_one_user_and_one_id_is_refused(
    tmp_path: Path, rows: tuple[tuple[str, str], ...]
) -> None:
    with pytest.raises(InvalidInputError, match="people") as refused:
        read_oids(tmp_path, *rows)
    assert "countersign.toml" in str(refused.value)


@pytest.mark.threat(5)
@pytest.mark.asvs("8.3.3")
async def test_a_profile_that_claims_an_approvers_mail_and_name_changes_nobodys_standing() -> None:
    async with simulated() as (peer, world):
        before = await peer.directory.standing("U0ALICE")
        bob = world.people["U0BOB"].as_slack()
        claims = {
            "real_name": bob["real_name"],
            "profile": {**bob["profile"], "email": "bob@contoso.example"},
        }
        world.change_person("U0ALICE", claims)
        assert await peer.directory.standing("U0ALICE") == before
        assert "U0ALICE" not in await peer.directory.members("S0AIOPS")


def strict(**oids: str) -> House:
    """A house whose policy lets only mapped people decide, with these rows."""
    rules = {(each.environment, each.tier): replace(each, mapped_only=True) for each in RULES}
    return House(company(rules=rules, entra_oids=oids))


@pytest.mark.threat(5)
@pytest.mark.asvs("8.3.3")
async def test_an_account_without_a_row_is_nobody_where_policy_wants_to_know_who_it_is() -> None:
    house = strict(U0ANNA="oid-a", U0BOB="oid-b")
    await house.pending()
    refused = await house.say(Choice.APPROVE, CAROL)
    assert isinstance(refused, Refused)
    assert "no row in [[people]]" in refused.reason
    assert refused.could == (BOB,)
    assert (house.archive.state.votes, house.tags[-1]) == ({}, "change.refused")
    await house.say(Choice.APPROVE, BOB)
    assert house.change().state is ChangeState.APPROVED


@pytest.mark.threat(5)
@pytest.mark.asvs("8.3.3")
def test_the_file_says_tier_by_tier_who_must_be_mapped(tmp_path: Path) -> None:
    path = tmp_path / "countersign.toml"
    high = "[policy.production.high]\n"
    assert high in example()
    path.write_text(example().replace(high, f"{high}mapped_only = true\n"), encoding="utf-8")
    before, found = configuration_of(tomllib.loads(example())), read_configuration(path)
    strict_ones = [tier for (_, tier), each in found.rules.items() if each.mapped_only]
    assert strict_ones == [Tier.HIGH]
    assert found.policy_digest != before.policy_digest


@pytest.mark.threat(5)
@pytest.mark.asvs("8.3.3")
async def test_nobody_is_asked_about_a_request_by_an_account_without_a_row() -> None:
    house = strict(U0BOB="oid-b", U0CAROL="oid-c")
    await house.ask()
    checked = await house.precheck()
    assert isinstance(checked, Red)
    assert any("requester has no row in [[people]]" in problem for problem in checked.problems)
    assert house.change().state is ChangeState.DRAFT


@pytest.mark.threat(5)
@pytest.mark.asvs("8.3.3")
async def test_a_row_that_is_taken_away_takes_the_approval_with_it_before_the_apply() -> None:
    house = strict(U0ANNA="oid-a", U0BOB="oid-b")
    await house.approved()
    house.configuration = replace(house.configuration, entra_oids={"U0ANNA": "oid-a"})
    await house.ask_apply(ANNA)
    await house.look_at_people()
    await house.apply()
    assert house.writer.calls == []
    assert house.change().state is ChangeState.SUPERSEDED


@pytest.mark.threat(6)
@pytest.mark.asvs("8.2.1")
@pytest.mark.parametrize("flags", OUTSIDERS, ids=str)
async def test_each_kind_of_outsider_is_no_member_and_decides_nothing(flags: dict[str, Any]) -> None:
    async with simulated() as (peer, world):
        world.change_person("U0BOB", flags)
        standing = await peer.directory.standing("U0BOB")
    assert not standing.full_member
    house = House()
    house.directory.bar(BOB, standing.why_not)
    await house.pending()
    outcome = await house.say(Choice.APPROVE, BOB)
    assert isinstance(outcome, Refused)
    assert standing.why_not in outcome.words
    assert house.archive.state.votes == {}


@pytest.mark.threat(6)
@pytest.mark.asvs("8.2.1")
async def test_a_member_of_several_workspaces_of_the_company_is_a_member_of_ours() -> None:
    async with simulated() as (peer, world):
        teams = {"team_id": "T0OTHER", "enterprise_user": {"teams": ["T0OTHER", "T0CONTOSO"]}}
        world.change_person("U0BOB", teams)
        assert (await peer.directory.standing("U0BOB")).full_member


@pytest.mark.threat(6)
@pytest.mark.asvs("8.2.1")
async def test_nothing_is_posted_where_another_company_reads_along() -> None:
    file = File("pack.json", "Pack", b"{}")
    async with simulated() as (peer, world):
        world.channels["C0OPS"] = replace(world.channels["C0OPS"], shared=True)
        said: tuple[Callable[[], Awaitable[object]], ...] = (
            lambda: peer.messenger.refuse_shared("C0OPS"),
            lambda: peer.messenger.post("C0OPS", SAID),
            lambda: peer.messenger.reply("C0OPS", "1.000001", SAID),
            lambda: peer.messenger.upload("C0OPS", [file]),
        )
        for say in said:
            with pytest.raises(SlackRefusedError, match="C0OPS is shared with another company") as refused:
                await say()
            assert refused.value.code == "shared_channel"
            assert "[workspace] shared_channels" in refused.value.advice
        assert world.messages == {}
        assert {call["method"] for call in world.calls} == {"conversations.info"}
        await peer.messenger.post("C0AUDIT", SAID)
        await peer.messenger.direct("U0BOB", SAID)
        await SlackMessenger(peer.client, frozenset(), frozenset({"C0OPS"})).post("C0OPS", SAID)
        assert {place for place, _ in world.messages} == {"C0AUDIT", "DU0BOB", "C0OPS"}


@pytest.mark.threat(6)
@pytest.mark.asvs("8.2.1")
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ('{"ok": true, "channel": {"id": "C0AWAY", "is_pending_ext_shared": true}}', SlackRefusedError),
        ('{"ok": true, "channel": {"id": "C0OTHER"}}', SlackUnavailableError),
        ('{"ok": true}', SlackUnavailableError),
        ('{"ok": false, "error": "missing_scope"}', SlackRefusedError),
        ('{"ok": false, "error": "channel_not_found"}', SlackRefusedError),
    ],
    ids=["invited", "another", "none", "no scope", "not found"],
)
async def test_where_slack_does_not_say_whose_a_channel_is_nothing_is_posted(
    answer: str, error: type[CountersignError]
) -> None:
    script = Script([(200, "application/json", answer)])
    async with scripted(script) as peer:
        with pytest.raises(error) as refused:
            await peer.messenger.post("C0AWAY", SAID)
    assert refused.value.advice or error is SlackUnavailableError
    assert {path for path, _ in script.asked} == {"/api/conversations.info"}


@pytest.mark.threat(8)
@pytest.mark.asvs("8.3.1")
async def test_a_name_that_says_approved_by_the_boss_is_shown_nowhere() -> None:
    async with simulated() as (peer, world):
        world.change_person("U0BOB", {"real_name": "Approved by CISO", "name": "Approved by CISO"})
        house = House()
        house.directory.known[BOB] = await peer.directory.standing("U0BOB")
    await house.pending(capacity="200")
    await house.say(Choice.APPROVE, BOB)
    view = ChangeView(house.change(), tuple(house.archive.state.votes.values()), summary="capacity")
    shown = str(render_change(view, now=NOON, ref="r1").blocks)
    assert f"<@{BOB}>" in shown
    assert "CISO" not in shown + str(house.archive.state)


def test_the_directory_has_no_word_for_a_name_or_a_mail() -> None:
    offered = {name for name in dir(SlackDirectory) + dir(SlackWebDirectory) if not name.startswith("_")}
    assert offered == {"members", "standing", "zone"}
