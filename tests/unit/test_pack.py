"""The evidence pack: four parts, both files, the digest that the entry names, and nothing unescaped."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from bot.domain.baseline import Kept
from bot.domain.entry import EntryProof
from bot.domain.errors import InvalidInputError
from bot.domain.evidence import Evidence, Fact, SectionResult
from bot.domain.json import digest
from bot.domain.pack import PARTS, ChangeRecord, Pack
from bot.evidence.sections import SECTIONS
from bot.render.pack_html import render_pack_html
from bot.usecases.describe_change import describe_change
from bot.usecases.keep_baseline import State, keep_baseline
from handlers.answers_pack import files_of
from tests.fakes.azure_reads import NOW, THING
from tests.fakes.house import BOB, House

FACT = Fact("Capacity", "120", "units", "az cognitiveservices account deployment show", NOW)
EVIDENCE = Evidence(
    THING,
    "triage-prod",
    NOW,
    (
        SectionResult("configuration", "Configuration", (FACT,)),
        SectionResult("posture", "Account posture", gap="Azure did not answer <b>now</b>"),
        SectionResult("cost", "Cost", (replace(FACT, name="Hosting", value="<script>alert(1)</script>"),)),
        SectionResult("traffic", "Traffic", (replace(FACT, name="Requests"),)),
    ),
)
PACK = Pack(EVIDENCE, EntryProof(7, '{"seq":7}', ("aa" * 32,), "origin\n8\nroot\n"), "vkey")


def test_every_section_there_is_belongs_to_exactly_one_part() -> None:
    placed = [key for keys in PARTS.values() for key in keys]
    assert sorted(placed) == sorted(section.key for section in SECTIONS)


def test_the_json_holds_the_snapshot_whose_digest_the_trail_records() -> None:
    _, data = files_of(PACK)
    document = json.loads(data.content)
    assert sha256(document["snapshot"].encode()).hexdigest() == document["sha256"] == EVIDENCE.digest
    assert document["proof"]["seq"] == 7
    assert document["change"] is None
    assert document["parts"]["Cost"] == ["cost"]


def test_the_page_has_four_parts_the_proof_and_the_gap_and_escapes_everything() -> None:
    page = render_pack_html(PACK)
    for part in PARTS:
        assert f"<h2>{part}</h2>" in page
    assert "Could not be looked at: Azure did not answer &lt;b&gt;now&lt;/b&gt;" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert EVIDENCE.digest in page
    assert "does not prove" in page
    assert "http://" not in page
    assert "https://" not in page


async def _record(house: House) -> ChangeRecord:
    change = house.change()
    async with house.archive.transaction() as tx:
        return await describe_change(change.number, change.arm_id, EVIDENCE.digest, tx=tx)


async def test_a_pack_of_a_change_has_its_plan_states_votes_and_baselines_and_names_the_snapshot() -> None:
    house = House()
    change = await house.validated()
    async with house.archive.transaction() as tx:
        state = State(house.configuration.target("triage-prod"), {}, Kept.HAND, house.clock.now())
        await keep_baseline(state, by=house.caller(BOB).actor, cause=house.cause, tx=tx)
    record = await _record(house)
    found: dict[str, Any] = dict(record.document)
    assert (found["id"], found["snapshot"]) == (change.id, EVIDENCE.digest)
    assert digest(found["plan"]) == found["plan_digest"] == change.plan_digest
    whats = [state["what"] for state in found["states"]]
    assert whats[-1] == "change.validated"
    assert {"change.requested", "change.approved", "change.execution.finished"} <= set(whats)
    assert [vote["choice"] for vote in found["votes"]] == ["approve"] * len(found["votes"])
    assert [(each["id"], each["kind"]) for each in found["baselines"]] == [
        ("BL-1", "submit"),
        ("BL-2", "apply"),
    ]
    named = {found["evidence"], found["outcome"]["figures"], *(each["sha256"] for each in found["baselines"])}
    assert set(record.kept) == named
    assert all(sha256(text.encode()).hexdigest() == name for name, text in record.kept.items())
    for words in (change.request.reason, change.request.rollback_plan):
        assert words not in record.body.decode()
    page, data = files_of(replace(PACK, change=record))
    stored = json.loads(data.content)["change"]
    assert sha256(stored["text"].encode()).hexdigest() == stored["sha256"] == record.sha256
    assert len(stored["entries"]) == len(whats)
    text = page.content.decode()
    assert f"<h2>Change {change.id}</h2>" in text
    assert record.sha256 in text
    assert change.id in page.name


async def test_a_change_of_another_deployment_makes_no_pack_of_this_one() -> None:
    house = House()
    change = await house.pending()
    async with house.archive.transaction() as tx:
        with pytest.raises(InvalidInputError) as refused:
            await describe_change(change.number, "/another", "", tx=tx)
    assert "--change CHG-1" in refused.value.advice


def test_the_files_are_named_after_the_target_and_the_time() -> None:
    page, data = files_of(replace(PACK, evidence=replace(EVIDENCE, alias="a b/<c>")))
    assert page.name == f"evidence-a-b--c--{NOW:%Y%m%d-%H%M}.html"
    assert data.name.endswith(".json")
