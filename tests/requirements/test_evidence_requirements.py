"""Each requirement that concerns evidence, by its number: what is there of it today."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from azure.core.rest import HttpRequest

from bot.azure.credentials import async_credential
from bot.azure.endpoints import Endpoints, Identity
from bot.azure.errors import AzureRefusedError
from bot.azure.pipeline import reader_client
from bot.domain.baseline import DriftException, Kept, exception_for
from bot.domain.configuration import FieldRule
from bot.domain.deployment import Deployment, DeploymentRef, Sku
from bot.domain.drift import (
    Source,
    differences_of,
    from_app,
    from_baseline,
    from_rules,
    from_runbook,
    from_template,
)
from bot.domain.evidence import Window
from bot.domain.inventory import ActivityEntry
from bot.domain.json import Json
from bot.domain.meter import Meter
from bot.domain.metric_catalogue import CATALOGUE
from bot.domain.pack import PARTS
from bot.domain.redaction import scrub
from bot.ports.registry import Readers
from bot.usecases.compare_metrics import compare_metrics
from bot.usecases.compare_targets import compare_targets
from tests.fakes.azure_inventory import (
    MemoryInventory,
    training_job,
)
from tests.fakes.azure_reads import (
    NOW,
    THING,
    TUNED,
    MemoryAzure,
    live_deployment,
    memory_readers,
)
from tests.fakes.azure_server import REF, Reply, scripted
from tests.fakes.house import OTTO, House
from tests.requirements.looking import TARGET, busy_metrics, card_of, facts_of, look


async def test_r02_the_nine_surfaces_are_shown_or_say_why_they_are_not() -> None:
    seen = await look()
    model = facts_of(seen, "model")
    assert (model["Model"], model["Base model"]) == (TUNED, "gpt-4.1-mini 2025-04-14")
    assert facts_of(seen, "lineage")["Training job"].startswith("ftjob-0a")
    assert facts_of(seen, "lineage")["Serves as"] == THING.deployment
    assert facts_of(seen, "configuration")["State"] == "Running"
    assert facts_of(seen, "quota")["Left"] == "90 units"
    assert facts_of(seen, "requests")["HTTP 200"] == "95 requests"
    assert facts_of(seen, "logs")["p95"] == "1,480 ms"
    assert facts_of(seen, "cost")["Evaluation runs"].startswith("unknown: ")
    gap = next(each.gap for each in (await look(memory_readers())).sections if each.key == "logs")
    assert "No Log Analytics workspace" in gap


async def test_r05_training_files_are_counted_and_never_named() -> None:
    assert facts_of(await look(), "lineage")["Training files"] == "2"
    assert not {name for name in vars(training_job()) if "prompt" in name or "name" in name}
    said, found = scrub("trained on tickets-2026.jsonl")
    assert (said, found["file name"]) == ("trained on [redacted: file name]", 1)


async def test_r07_a_write_behind_the_apps_back_is_seen_with_its_caller() -> None:
    write = ActivityEntry(
        NOW - timedelta(hours=1),
        "Microsoft.CognitiveServices/accounts/deployments/write",
        "Succeeded",
        "8f14e45f",
        "c-1",
        THING.arm_id,
    )
    seen = await look(memory_readers(inventory=MemoryInventory(writes=(write,))))
    said = " ".join(facts_of(seen, "changes").values())
    assert "by 8f14e45f" in said
    assert "correlation c-1" in said


async def test_r15_a_snapshot_is_named_by_what_it_says_and_stands_for_one_time() -> None:
    seen = await look()
    assert seen.digest == (await look()).digest
    assert seen.id == f"EV-{seen.digest[:12]}"
    scaled = MemoryAzure(live_deployment(sku=Sku("Standard", 121)))
    assert (await look(memory_readers(scaled))).digest != (await look(memory_readers())).digest
    assert seen.taken_at == NOW


async def test_r16_one_look_has_what_each_of_the_four_reviews_asks_for() -> None:
    seen = await look()
    assert list(PARTS) == ["Security", "Reliability", "Cost", "Performance"]
    for keys in PARTS.values():
        assert all(facts_of(seen, key) for key in keys)
    assert sorted(key for keys in PARTS.values() for key in keys) == sorted(
        each.key for each in seen.sections
    )


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST"])
async def test_r17_the_identity_that_looks_cannot_change(method: str) -> None:
    async with scripted(lambda _: Reply()) as server:
        place = Endpoints(server.url)
        async with reader_client(place, async_credential(Identity("sandbox"), place)) as client:
            with pytest.raises(AzureRefusedError):
                await client.send_request(HttpRequest(method, f"{server.url}{REF.arm_id}"))
    assert server.seen == []


async def test_r18_every_fact_has_its_command_and_the_card_its_digest() -> None:
    seen = await look()
    facts = [fact for section in seen.sections for fact in section.facts]
    assert len(facts) > 60
    assert all(fact.az.startswith("az ") is not bool(fact.source) for fact in facts)
    card = card_of(seen)
    assert seen.digest[:16] in card
    assert f"--deployment-name {THING.deployment}" in card


def _differences(live: Deployment, source: Source, wanted: Json) -> list[str]:
    before = {**live.projection, "sku": {"capacity": wanted, "name": live.sku.name}}
    expected = {
        Source.IAC: from_template({"sku": {"capacity": wanted}}, "main.bicep"),
        Source.RUNBOOK: from_runbook(replace(TARGET, runbook={"capacity": wanted})),
        Source.POLICY: from_rules([FieldRule("small", "capacity", "at_most", (wanted,))], TARGET.alias),
        Source.APP: from_app(replace(TARGET, serves=str(wanted))),
        Source.SNAPSHOT: from_baseline(before, live.projection, "BL-1"),
    }
    return [each.name for each in differences_of(expected[source], live.projection)]


@dataclass
class _Two(MemoryAzure):
    """An account of which two deployments can be looked at."""

    async def deployment(self, ref: DeploymentRef) -> Deployment:
        """Return the one that is asked for."""
        return next(each for each in await self.deployments(ref.account) if each.ref == ref)


def _projected() -> Deployment:
    projection: dict[str, Json] = {
        "properties": {"model": {"name": TUNED, "version": "1"}},
        "sku": {"name": "Standard", "capacity": 120},
        "tags": {},
    }
    return replace(live_deployment(), projection=projection)


def test_r19_live_state_is_compared_with_a_deployment_script_without_noise() -> None:
    assert _differences(_projected(), Source.IAC, 150) == ["capacity"]
    assert _differences(_projected(), Source.IAC, "120") == []


async def test_r22_nobody_is_asked_before_a_fresh_snapshot_is_kept() -> None:
    house = House()
    change = await house.pending()
    assert change.evidence
    assert change.evidence_at == change.submitted_at
    tags = house.tags
    assert tags.index("evidence.snapshot") < tags.index("change.requested")


@pytest.mark.parametrize(
    ("label", "secret"),
    [
        ("key", "0123456789abcdef" * 2),
        ("token", "Bearer abcdefgh12345"),
        ("SAS", "?sv=2025-11-05&sig=abc%3D"),
        ("connection string", "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=Zm9vZm9v"),
        ("e-mail", "jane.doe@contoso.example"),
        ("UPN", "jane@contoso.onmicrosoft.com"),
        ("IP", "10.20.30.40"),
        ("path", "/mnt/finetune/corpus"),
        ("endpoint", "https://x.openai.azure.com/"),
        ("file name", "train.csv"),
    ],
)
def test_r23_each_class_of_secret_is_masked_and_counted(label: str, secret: str) -> None:
    said, found = scrub(f"see {secret} there")
    assert secret not in said
    assert found == {label: 1}


async def test_r23_the_card_says_how_many_values_were_held_back() -> None:
    def holding(meter: Meter) -> Readers:
        meter.hold_back({"endpoint": 2, "IP": 1})
        return replace(memory_readers(), meter=meter)

    assert "3 values held back" in card_of(await look(replace(memory_readers(), again=holding)))
    assert "redacted" not in card_of(await look())


@pytest.mark.parametrize(
    ("source", "wanted", "field"),
    [
        (Source.IAC, 150, "capacity"),
        (Source.RUNBOOK, 150, "capacity"),
        (Source.POLICY, 100, "capacity"),
        (Source.APP, "gpt-4.1-mini", "model"),
        (Source.SNAPSHOT, 90, "capacity"),
    ],
)
def test_r27_drift_is_found_against_each_who_declares(source: Source, wanted: Json, field: str) -> None:
    assert _differences(_projected(), source, wanted) == [field]


async def test_r29_a_deployment_is_shown_as_azure_lists_it() -> None:
    commands = {fact.az for section in (await look()).sections for fact in section.facts}
    shown = [each for each in commands if each.startswith("az cognitiveservices account deployment show ")]
    assert len(shown) == 1
    assert any(each.startswith("az cognitiveservices account deployment list ") for each in commands)


async def test_r31_tokens_are_counted_by_the_token_transaction_metric_of_this_deployment() -> None:
    seen = await look()
    assert facts_of(seen, "tokens")["Processed"] == "70,000 tokens"
    az = next(each for each in seen.sections if each.key == "tokens").facts[0].az
    assert "az monitor metrics list" in az
    assert "--metrics TokenTransaction" in az
    assert f"ModelDeploymentName eq '{THING.deployment}'" in az


def test_r34_an_exception_silences_a_difference_until_it_lapses() -> None:
    until = NOW + timedelta(days=1)
    kept = DriftException(1, THING.key, "triage-prod", "sku.capacity", OTTO, until, "peak", OTTO, NOW)
    assert exception_for("sku.capacity", [kept], NOW) is kept
    assert exception_for("sku.name", [kept], NOW) is None
    assert exception_for("sku.capacity", [kept], until) is None


async def test_r39_usage_now_is_set_beside_usage_before() -> None:
    window = Window(NOW - timedelta(hours=1), NOW)
    compared = await compare_metrics(
        THING, window, timedelta(days=1), readers=memory_readers(metrics=busy_metrics())
    )
    assert (compared.now.requests, compared.before.requests) == (100, 200)


async def test_r40_two_targets_are_compared_field_by_field_with_what_is_idle() -> None:
    other = replace(_projected(), ref=replace(THING, deployment="triage-spill"), sku=Sku("Standard", 10))
    smaller: dict[str, Json] = {**other.projection, "sku": {"name": "Standard", "capacity": 10}}
    world = _Two(_projected(), siblings=(replace(other, projection=smaller),))
    found = await compare_targets(
        ("triage-prod", THING), ("spill", other.ref), readers=memory_readers(world, busy_metrics()), now=NOW
    )
    assert [(row.field, row.left, row.right) for row in found.rows] == [("sku.capacity", "120", "10")]
    assert found.left.use.idle is not None
    assert found.left.use.idle > 0.8


async def test_r48_the_symptom_that_shows_first_is_said() -> None:
    assert facts_of(await look(), "scope")["First symptom"] == "Tickets wait"


async def test_r49_a_baseline_is_kept_at_submit_and_at_apply_and_the_old_one_stays() -> None:
    house = House()
    change = await house.applied()
    async with house.archive.transaction() as tx:
        kept = await tx.baselines(change.arm_id, 10)
        bodies = [await tx.evidence(each.sha256) for each in kept]
    assert [each.kind for each in kept] == [Kept.APPLY, Kept.SUBMIT]
    capacities = [json.loads(body)["projection"]["sku"]["capacity"] for body in bodies if body]
    assert capacities == [150, 120]


def test_r50_the_nine_names_have_a_metric_azure_gives_or_say_it_gives_none() -> None:
    assert len({each.name for each in CATALOGUE}) == 9
    assert {each.name for each in CATALOGUE if not each.is_emitted} == {
        "Queueing",
        "Query duration",
        "Restore time",
        "Deployment response",
    }
    assert all(each.note for each in CATALOGUE)
    assert CATALOGUE[0].metrics[0] == "TokenTransaction"


async def test_r57_a_card_says_when_it_was_taken_and_how_old_it_is() -> None:
    seen = await look()
    assert "taken just now" in card_of(seen)
    assert "20 min ago" in card_of(seen, minutes=20)
    assert all(fact.observed_at for section in seen.sections for fact in section.facts)


async def test_r60_which_model_serves_what_trained_it_and_what_is_billed_is_said() -> None:
    seen = await look()
    assert facts_of(seen, "model")["Model"] == TUNED
    assert "supervised" in facts_of(seen, "lineage")["Training job"]
    assert "a month" in facts_of(seen, "cost")["Hosting"]


async def test_r61_what_was_seen_is_recorded_in_the_trail_when_a_change_is_submitted() -> None:
    house = House()
    change = await house.pending()
    entry = next(each for each in house.archive.state.entries if each.tag == "evidence.snapshot")
    assert getattr(entry.event, "evidence", "") == change.evidence
