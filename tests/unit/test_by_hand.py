"""Each fact has a command that shows it, each command is on the card, and what does not fit is counted."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest

from bot.domain.az_command import apart, metrics_list
from bot.domain.evidence import Window
from bot.evidence.access import AccessSection
from bot.evidence.cost import CostSection
from bot.evidence.requests import RequestsSection
from bot.evidence.traffic import TrafficSection
from bot.ports.registry import Section
from bot.ports.slack import Block, Message
from bot.render.blocks import PREFORMATTED
from bot.render.by_hand import by_hand
from bot.render.evidence import render_evidence
from bot.render.texts import units
from bot.usecases.look import gather
from tests.fakes.azure_reads import NOW, THING, MemoryMetrics, memory_readers
from tests.golden.examples import message_of
from tests.unit.test_render_facts import expanded

HOUR = Window(NOW - timedelta(hours=1), NOW)
SPLIT = "ModelDeploymentName eq 'support-triage-ft' and StatusCode eq '*'"


def boxes(blocks: Iterable[Block]) -> list[str]:
    return [
        part["elements"][0]["text"]
        for block in blocks
        if block["type"] == "rich_text"
        for part in block["elements"]
        if part["type"] == "rich_text_preformatted"
    ]


def commands(blocks: Iterable[Block]) -> list[str]:
    return expanded([line for box in boxes(blocks) for line in box.splitlines()])


def metrics_of(line: str) -> list[str]:
    """The same call once for each metric it asks for."""
    head, mark, rest = line.partition(" --metrics ")
    names, _, tail = rest.partition(" --filter ")
    return [f"{head}{mark}{name} --filter {tail}" for name in names.split()] if mark else [line]


async def _facts(section: Section) -> dict[str, str]:
    metrics = MemoryMetrics()
    metrics.add("AzureOpenAIRequests", NOW - timedelta(minutes=20), 9.0, "429")
    return {fact.name: fact.az for fact in await section.look(memory_readers(metrics=metrics), THING, NOW)}


async def test_show_has_the_command_of_every_fact_of_every_section() -> None:
    evidence = await gather(THING, "triage-prod", readers=memory_readers(), now=NOW)
    message = render_evidence(evidence, target=None, ref="r", now=NOW)
    shown = {each for line in commands(message.blocks) for each in metrics_of(line)}
    wanted = {each for part in evidence.sections for fact in part.facts if fact.az for each in apart(fact.az)}
    assert len(wanted) > 20
    assert wanted <= shown
    assert any("az role assignment list" in line for line in shown)
    assert any("az monitor activity-log list" in line for line in shown)


def test_long_commands_go_to_several_boxes_that_slack_takes_whole_and_the_rest_is_counted() -> None:
    given = [f"az rest --method get --url {n:03}{'x' * 900}" for n in range(20)]
    blocks = by_hand(given)
    shown = boxes(blocks)
    assert len(shown) == 4
    assert all(units(box) <= PREFORMATTED and "…" not in box for box in shown)
    assert commands(blocks) == given[:12]
    said = blocks[0]["elements"][-1]["elements"][0]["text"]
    assert said == "8 more commands in the pack: evidence <target>"


async def test_what_is_shown_by_status_is_asked_for_by_status() -> None:
    assert SPLIT in (await _facts(RequestsSection()))["HTTP 429"]
    traffic = await _facts(TrafficSection())
    assert all(SPLIT in traffic[name] for name in ("HTTP 429", "HTTP 5xx", "HTTP 429, usual"))
    assert "StatusCode" not in traffic["Tokens"]
    assert SPLIT in metrics_list(THING, "AzureOpenAIRequests", HOUR, "PT1M", split_by="StatusCode")


async def test_who_may_do_what_takes_the_roles_that_are_held_and_what_they_allow() -> None:
    access = await _facts(AccessSection())
    for name in ("May write deployments", "May delete deployments", "May list keys"):
        held, allowed = apart(access[name])
        assert held == access["Role assignments"]
        assert held.startswith("az role assignment list ")
        assert allowed.startswith("az role definition list ")


async def test_retraining_and_monitoring_have_their_commands() -> None:
    cost = await _facts(CostSection())
    assert cost["Retraining"].endswith('/fine_tuning/jobs"')
    assert cost["Monitoring"].startswith("az monitor diagnostic-settings list ")


@pytest.mark.parametrize(
    ("card", "starts"),
    [
        ("status", ["az cognitiveservices account deployment list"]),
        ("quota", ["az cognitiveservices usage list"]),
        (
            "drift_every_target",
            ["az cognitiveservices account deployment show", "az monitor activity-log list"],
        ),
        (
            "lineage",
            [
                "az cognitiveservices account deployment show",
                "az cognitiveservices model list",
                "az cognitiveservices account deployment list",
            ],
        ),
        ("baseline", ["az cognitiveservices account deployment show", "az monitor metrics list"]),
    ],
)
def test_a_card_has_the_commands_of_what_it_says(card: str, starts: Sequence[str]) -> None:
    message: Message = message_of(card)
    shown = commands(message.blocks)
    for start in starts:
        assert any(line.startswith(start) for line in shown), (start, shown)


def test_a_lineage_has_the_commands_of_its_job_and_its_checkpoints() -> None:
    shown = commands(message_of("lineage").blocks)
    assert any("/fine_tuning/jobs/" in line and "/checkpoints" in line for line in shown)


def test_every_target_says_how_many_could_not_be_read() -> None:
    message = message_of("drift_every_target")
    assert "1 could not be read" in message.text
    assert any("1 could not be read" in str(block) for block in message.blocks[:3])
