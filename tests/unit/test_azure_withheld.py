"""What goes no further: every class is replaced in a machine's text, and counted in an answer."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

import pytest

from bot.azure import parse
from bot.azure.withheld import withheld
from bot.domain.deployment import DeploymentRef
from bot.domain.errors import NotAppliedError
from bot.domain.evidence import Fact
from bot.domain.operation import Operation
from bot.domain.redaction import scrub
from bot.ports.registry import Readers
from bot.render.evidence import render_evidence
from bot.usecases.look import gather
from sandbox.azure.canaries import canaries
from tests.fakes.azure_server import (
    REF,
    Reply,
    ScriptedAzure,
    WallClock,
    executing,
    raw_deployment,
    reading,
    scripted,
)

HEX = "0123456789abcdef" * 2
CLASSES: Mapping[str, tuple[str, ...]] = {
    "key": (HEX, "A1" * 42, "api-key: q9q9q9q9"),
    "token": ("eyJ" + "a" * 20 + "." + "b" * 20 + ".c", "Bearer abcdefgh12345"),
    "SAS": ("?sv=2025-11-05&sr=b&sig=abc%3D", "sig=aB3%2faB3%2faB3%2f"),
    "connection string": ("DefaultEndpointsProtocol=https;AccountName=x;AccountKey=Zm9vZm9v==",),
    "e-mail": ("jane.doe@contoso.example",),
    "UPN": ("jane@contoso.onmicrosoft.com", "jane_x.com#EXT#@contoso.onmicrosoft.com"),
    "IP": ("10.20.30.40", "10.0.0.0/8", "fe80::7c2f:9aff:fe51:1%eth0"),
    "path": ("/mnt/finetune/corpus", "C:\\data\\corpus", "~/tickets/a"),
    "endpoint": ("https://x.openai.azure.com/", "contoso.blob.core.windows.net"),
    "file name": ("tickets-2026.jsonl", "train.csv"),
}
ORDINARY = (
    "gpt-4.1-mini-2025-04-14.ft-0123456789abcdef0123456789abcdef-support-triage",
    "ftjob-0123456789abcdef0123456789abcdef",
    "Tokens Per Minute (thousands) - gpt-4.1-mini - Standard",
    "2026-11-24T12:03:20Z",
    "12:03:20",
    "OPS-1187",
    "Microsoft.DefaultV2",
    "Microsoft.CognitiveServices/accounts/deployments/write",
    "v1.2.3",
    "support-ai",
)
CASES = [(label, text) for label, texts in CLASSES.items() for text in texts]


@pytest.mark.parametrize(("label", "text"), CASES)
@pytest.mark.parametrize("around", ["{}", "see {} there"])
def test_a_value_of_each_class_is_replaced_and_counted(label: str, text: str, around: str) -> None:
    said, found = scrub(around.format(text))
    assert text not in said
    assert f"[redacted: {label}]" in said
    assert found[label] == 1


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_words_of_azure_are_left_alone(text: str) -> None:
    assert scrub(text) == (text, {})
    assert withheld({"x": text}) == {}


@pytest.mark.parametrize(("label", "text"), CASES)
def test_a_value_anywhere_in_an_answer_is_counted(label: str, text: str) -> None:
    assert withheld({"value": [{"properties": {"x": {"y": [text]}}}]})[label] == 1


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("primaryKey", "key"),
        ("migrationToken", "token"),
        ("storageAccountConnectionString", "connection string"),
        ("principalName", "UPN"),
        ("clientIpAddress", "IP"),
        ("endpoint", "endpoint"),
        ("filename", "file name"),
        ("prompt", "prompt or completion"),
        ("completion", "prompt or completion"),
        ("grader", "prompt or completion"),
    ],
)
def test_a_field_that_is_named_like_a_class_is_counted_whatever_it_holds(field: str, label: str) -> None:
    assert withheld({field: {"source": "plain words"} if field == "grader" else "plain words"})[label] == 1


@pytest.mark.parametrize("name", [name for name in canaries() if name not in ("prompt", "completion")])
def test_no_canary_survives_in_a_tag(name: str) -> None:
    canary = canaries()[name]
    kept = parse.tags({"tags": {"x": canary, canary: "y"}})
    assert "canary" not in str(kept).lower()


async def test_a_tag_that_holds_a_secret_still_shows_that_it_changed_and_is_never_sent_back() -> None:
    async def projected(tag: str) -> str:
        body = {**raw_deployment(), "tags": {"contact": tag}}
        async with scripted(lambda _: Reply(body=body)) as server, reading(server.url) as azure:
            live = await azure.readers.azure.deployment(REF)
        return f"{live.projection['tags']}{live.tags}"

    one, same, other = [
        await projected(tag) for tag in ("a@contoso.example", "a@contoso.example", "b@contoso.example")
    ]
    assert one == same != other
    assert "@contoso" not in one + other


async def test_a_look_says_how_many_values_were_held_back_and_when_few_reads_are_left() -> None:
    class Holding:
        key: ClassVar[str] = "holding"
        title: ClassVar[str] = "Holding"

        async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
            await readers.azure.deployment(ref)
            return ()

    body = {**raw_deployment(), "x": {"primaryKey": "k", "contact": "jane@contoso.example"}}
    answer = Reply(200, body, {"x-ms-ratelimit-remaining-subscription-reads": "9"})
    async with scripted(lambda _: answer) as server, reading(server.url) as azure:
        now = WallClock().now()
        seen = [
            await gather(REF, "", readers=azure.readers, now=now, sections=(Holding(),)) for _ in range(2)
        ]
    assert [each.redacted for each in seen] == [2, 2]
    footer = render_evidence(seen[0], target=None, ref="ref-1", now=now).blocks[-1]
    assert "2 values held back" in str(footer)
    assert "9 more reads" in str(footer)
    assert "redacted" not in str(seen[0].as_json())


async def _put(tags: dict[str, str], live: dict[str, str]) -> tuple[ScriptedAzure, str]:
    """Send a PUT of a deployment as it was read with these tags, while Azure has those; returns what Azure got."""
    put = Operation("PUT", REF.arm_id, {"tags": parse.tags({"tags": tags}), "properties": {}})
    body = {**raw_deployment(), "tags": live}
    async with scripted(lambda _: Reply(200, body)) as server, executing(server.url) as executor:
        await executor.writer.send(put, change="CHG-7", correlation="ref-7")
    return server, server.seen[-1].body.decode()


async def test_a_write_puts_back_the_tags_that_were_held_back() -> None:
    tags = {"contact": "jane@contoso.example", "tickets.jsonl": "x", "owner": "support-ai"}
    _, written = await _put(tags, {**tags, "later": "y"})
    assert json.loads(written)["tags"] == {**tags, "countersign-change": "CHG-7"}


async def test_a_held_back_tag_that_changed_since_stops_the_write() -> None:
    with pytest.raises(NotAppliedError, match="Nothing was sent"):
        await _put({"contact": "jane@contoso.example"}, {"contact": "joan@contoso.example"})


async def test_tags_without_a_secret_need_no_look_before_the_write() -> None:
    server, _ = await _put({"owner": "support-ai"}, {})
    assert [each.method for each in server.seen] == ["PUT"]
