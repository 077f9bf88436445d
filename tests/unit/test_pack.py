"""The evidence pack: four parts, both files, the digest that the entry names, and nothing unescaped."""

import json
from dataclasses import replace
from hashlib import sha256

from bot.domain.entry import EntryProof
from bot.domain.evidence import Evidence, Fact, SectionResult
from bot.domain.pack import PARTS, Pack
from bot.evidence.sections import SECTIONS
from bot.render.pack_html import render_pack_html
from handlers.answers_pack import files_of
from tests.unit.test_evidence_sections import NOW, THING

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
PACK = Pack(EVIDENCE, EntryProof(7, '{"seq":7}', ("aa" * 32,), "origin\n8\nroot\n"), "vkey", "CHG-3")


def test_every_section_there_is_belongs_to_exactly_one_part() -> None:
    placed = [key for keys in PARTS.values() for key in keys]
    assert sorted(placed) == sorted(section.key for section in SECTIONS)


def test_the_json_holds_the_snapshot_whose_digest_the_trail_records() -> None:
    _, data = files_of(PACK)
    document = json.loads(data.content)
    assert sha256(document["snapshot"].encode()).hexdigest() == document["sha256"] == EVIDENCE.digest
    assert document["proof"]["seq"] == 7
    assert document["about"] == "CHG-3"
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


def test_the_files_are_named_after_the_target_and_the_time() -> None:
    page, data = files_of(replace(PACK, evidence=replace(EVIDENCE, alias="a b/<c>")))
    assert page.name == f"evidence-a-b--c--{NOW:%Y%m%d-%H%M}.html"
    assert data.name.endswith(".json")
