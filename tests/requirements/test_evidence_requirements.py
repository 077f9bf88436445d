"""Each requirement that concerns evidence, by its number: what is there of it today."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from azure.core.rest import HttpRequest

from bot.azure.credentials import async_credential
from bot.azure.endpoints import Endpoints, Identity
from bot.azure.errors import AzureRefusedError
from bot.azure.pipeline import reader_client
from bot.domain.baseline import DriftException, Kept, exception_for
from bot.domain.configuration import FieldRule
from bot.domain.deployment import Deployment, DeploymentRef, Sku, Target
from bot.domain.drift import (
    Source,
    differences_of,
    from_app,
    from_baseline,
    from_rules,
    from_runbook,
    from_template,
)
from bot.domain.errors import NotFoundError
from bot.domain.evidence import Evidence, Window
from bot.domain.inventory import ActivityEntry, LogFigures, Operator, RoleAssignment
from bot.domain.json import Json
from bot.domain.meter import Meter
from bot.domain.metric_catalogue import CATALOGUE
from bot.domain.pack import PARTS
from bot.domain.redaction import scrub
from bot.ports.registry import Readers
from bot.render.evidence import render_evidence
from bot.usecases.compare_metrics import compare_metrics
from bot.usecases.compare_targets import compare_targets
from bot.usecases.look import gather
from tests.fakes.azure_inventory import (
    READER,
    TENANT,
    MemoryDeclared,
    MemoryInventory,
    MemoryLogs,
    MemoryOperator,
    training_job,
)
from tests.fakes.azure_reads import (
    NOW,
    THING,
    TUNED,
    MemoryAzure,
    MemoryMetrics,
    live_deployment,
    memory_readers,
)
from tests.fakes.azure_server import REF, Reply, scripted
from tests.fakes.house import OTTO, House

SAID = LogFigures(1000, 12, 3, 1, 410.4, 1480.0, 2100.0)
CALLERS = ("support desk", "billing mailer")
TARGET = Target("triage-prod", THING, OTTO, "C0OPS", "Tickets wait", Decimal(4000), dependents=CALLERS)


async def _seen(readers: Readers | None = None) -> Evidence:
    known = readers or memory_readers(
        logs=MemoryLogs(found=SAID), declared=MemoryDeclared((TARGET,)), metrics=_busy()
    )
    return await gather(THING, "triage-prod", readers=known, now=NOW)


def _busy() -> MemoryMetrics:
    metrics = MemoryMetrics()
    for status, requests in (("200", 95.0), ("429", 5.0)):
        metrics.add("AzureOpenAIRequests", NOW - timedelta(minutes=20), requests, status)
        metrics.add("AzureOpenAIRequests", NOW - timedelta(days=1, minutes=20), requests * 2, status)
    metrics.add("TokenTransaction", NOW - timedelta(minutes=20), 70_000.0)
    return metrics


def _facts(evidence: Evidence, key: str) -> dict[str, str]:
    """Return what a section says; a section that could not look fails the test."""
    section = next(each for each in evidence.sections if each.key == key)
    assert not section.gap, section.gap
    return {fact.name: fact.words for fact in section.facts}


def _card(evidence: Evidence, minutes: int = 0) -> str:
    now = NOW + timedelta(minutes=minutes)
    message = render_evidence(evidence, target=TARGET, ref="ref-1", now=now)
    return json.dumps(message.blocks, ensure_ascii=False)


async def test_r02_the_nine_surfaces_are_shown_or_say_why_they_are_not() -> None:
    seen = await _seen()
    model = _facts(seen, "model")
    assert (model["Model"], model["Base model"]) == (TUNED, "gpt-4.1-mini 2025-04-14")
    assert _facts(seen, "lineage")["Training job"].startswith("ftjob-0a")
    assert _facts(seen, "lineage")["Serves as"] == THING.deployment
    assert _facts(seen, "configuration")["State"] == "Running"
    assert _facts(seen, "quota")["Left"] == "90 units"
    assert _facts(seen, "requests")["HTTP 200"] == "95 requests"
    assert _facts(seen, "logs")["p95"] == "1,480 ms"
    assert _facts(seen, "cost")["Evaluation runs"].startswith("unknown: ")
    gap = next(each.gap for each in (await _seen(memory_readers())).sections if each.key == "logs")
    assert "No Log Analytics workspace" in gap


async def test_r04_the_protections_of_the_account_are_said_before_a_default_is_assumed() -> None:
    seen = await _seen()
    posture = _facts(seen, "posture")
    for name in ("Key access", "Public network", "Network default", "Private endpoints", "Encryption"):
        assert posture[name], name
    assert posture["Managed identity"] == "SystemAssigned"
    assert "Log Analytics" in posture["Diagnostic settings"]
    assert _facts(seen, "configuration")["Version upgrade"] == "NoAutoUpgrade"
    assert _facts(seen, "content_filter")["Policy"] == "strict"
    assert _facts(seen, "scope")["Called by"] == "support desk, billing mailer"


async def test_r05_training_files_are_counted_and_never_named() -> None:
    assert _facts(await _seen(), "lineage")["Training files"] == "2"
    assert not {name for name in vars(training_job()) if "prompt" in name or "name" in name}
    said, found = scrub("trained on tickets-2026.jsonl")
    assert (said, found["file name"]) == ("trained on [redacted: file name]", 1)


async def test_r06_lineage_and_both_ends_of_life_are_counted_down() -> None:
    seen = await _seen()
    assert _facts(seen, "lineage")["Base model"] == "gpt-4.1-mini-2025-04-14"
    retirement = _facts(seen, "retirement")
    assert retirement["Fine-tuned deployment retires"] == "2027-10-14 (323 days left)"
    assert "days left" in _facts(seen, "model")["Base model ends"]


async def test_r07_a_write_behind_the_apps_back_is_seen_with_its_caller() -> None:
    write = ActivityEntry(
        NOW - timedelta(hours=1),
        "Microsoft.CognitiveServices/accounts/deployments/write",
        "Succeeded",
        "8f14e45f",
        "c-1",
        THING.arm_id,
    )
    seen = await _seen(memory_readers(inventory=MemoryInventory(writes=(write,))))
    said = " ".join(_facts(seen, "changes").values())
    assert "by 8f14e45f" in said
    assert "correlation c-1" in said


async def test_r08_hosting_is_said_by_the_hour_and_by_the_month() -> None:
    assert _facts(await _seen(), "cost")["Hosting"] == "$1.70/h, about $1,241 a month, calls or not"


async def test_r09_what_the_content_filter_lets_through_is_said_by_name() -> None:
    seen = _facts(await _seen(), "content_filter")
    assert seen["Rules that block"] == "1 of 2"
    assert seen["Rules that do not block"] == "Jailbreak, prompt: off"


async def test_r15_a_snapshot_is_named_by_what_it_says_and_stands_for_one_time() -> None:
    seen = await _seen()
    assert seen.digest == (await _seen()).digest
    assert seen.id == f"EV-{seen.digest[:12]}"
    scaled = MemoryAzure(live_deployment(sku=Sku("Standard", 121)))
    assert (await _seen(memory_readers(scaled))).digest != (await _seen(memory_readers())).digest
    assert seen.taken_at == NOW


async def test_r16_one_look_has_what_each_of_the_four_reviews_asks_for() -> None:
    seen = await _seen()
    assert list(PARTS) == ["Security", "Reliability", "Cost", "Performance"]
    for keys in PARTS.values():
        assert all(_facts(seen, key) for key in keys)
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
    seen = await _seen()
    facts = [fact for section in seen.sections for fact in section.facts]
    assert len(facts) > 60
    assert all(fact.az.startswith("az ") is not bool(fact.source) for fact in facts)
    card = _card(seen)
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


async def test_r21_the_scope_says_where_for_whom_and_with_which_credential() -> None:
    seen = await _seen()
    scope = _facts(seen, "scope")
    place = THING.account
    assert scope["Subscription"] == place.subscription
    assert scope["Resource group"] == place.resource_group
    assert scope["Account"] == place.account
    assert scope["Environment"] == "production"
    assert scope["Tenant"] == TENANT
    assert scope["Region"] == "westeurope"
    assert scope["Operator"] == f"managed identity {READER}"
    assert scope["Credential"] == "managed: reads only"
    nobody = MemoryOperator(Operator("managed"))
    unknown = await _seen(memory_readers(operator=nobody))
    assert _facts(unknown, "scope")["Operator"] == "unknown: its token does not say"
    assert f"for <@{OTTO}>" in _card(replace(seen, asked_by=OTTO))


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

    assert "redacted: 3" in _card(await _seen(replace(memory_readers(), again=holding)))
    assert "redacted" not in _card(await _seen())


async def test_r25_a_deployment_exists_in_a_state_or_is_said_to_be_unknown() -> None:
    moving = MemoryAzure(replace(live_deployment(), provisioning_state="Updating"))
    assert _facts(await _seen(memory_readers(moving)), "configuration")["Provisioning"] == "Updating"
    gone = MemoryAzure(broken={"deployment": NotFoundError("Azure does not know the deployment x.")})
    section = next(
        each for each in (await _seen(memory_readers(gone))).sections if each.key == "configuration"
    )
    assert "does not know" in section.gap


async def test_r26_what_is_active_now_is_listed() -> None:
    seen = await _seen()
    live, posture = _facts(seen, "configuration"), _facts(seen, "posture")
    assert (live["SKU"], live["Capacity"]) == ("Standard", "120 thousand tokens per minute")
    assert _facts(seen, "scope")["Region"] == "westeurope"
    assert posture["Managed identity"] == "SystemAssigned"
    assert posture["Diagnostic settings"].startswith("to-logs")
    assert _facts(seen, "content_filter")["Policy"] == "strict"
    assert THING.deployment in _card(seen)


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
    commands = {fact.az for section in (await _seen()).sections for fact in section.facts}
    shown = [each for each in commands if each.startswith("az cognitiveservices account deployment show ")]
    assert len(shown) == 1
    assert any(each.startswith("az cognitiveservices account deployment list ") for each in commands)


async def test_r31_tokens_are_counted_by_the_token_transaction_metric_of_this_deployment() -> None:
    seen = await _seen()
    assert _facts(seen, "tokens")["Processed"] == "70,000 tokens"
    az = next(each for each in seen.sections if each.key == "tokens").facts[0].az
    assert "az monitor metrics list" in az
    assert "--metrics TokenTransaction" in az
    assert f"ModelDeploymentName eq '{THING.deployment}'" in az


async def test_r32_who_may_write_delete_and_list_keys_is_named_and_whether_it_is_logged() -> None:
    roles = (
        RoleAssignment("8f14e45f-0000", "User", "Contributor", "/", True, True, True),
        RoleAssignment("aaaaaaaa-0000", "Group", "Deployer", "/", True, False, False),
    )
    seen = await _seen(memory_readers(inventory=MemoryInventory(roles=roles)))
    access = _facts(seen, "access")
    assert access["May write deployments"] == "User 8f14e45f (Contributor), Group aaaaaaaa (Deployer)"
    assert access["May delete deployments"] == access["May list keys"] == "User 8f14e45f (Contributor)"
    assert "RequestResponse" in _facts(seen, "posture")["Diagnostic settings"]


async def test_r33_an_account_that_takes_keys_and_the_public_network_says_so() -> None:
    known = MemoryInventory()
    known.account = replace(known.account, local_auth=True, public_network="Enabled", private_endpoints={})
    posture = _facts(await _seen(memory_readers(inventory=known)), "posture")
    assert posture["Key access"] == "on: account keys work"
    assert (posture["Public network"], posture["Private endpoints"]) == ("Enabled", "none")


def test_r34_an_exception_silences_a_difference_until_it_lapses() -> None:
    until = NOW + timedelta(days=1)
    kept = DriftException(1, THING.key, "triage-prod", "sku.capacity", OTTO, until, "peak", OTTO, NOW)
    assert exception_for("sku.capacity", [kept], NOW) is kept
    assert exception_for("sku.name", [kept], NOW) is None
    assert exception_for("sku.capacity", [kept], until) is None


async def test_r37_the_eight_drivers_of_cost_each_have_a_value_or_unknown() -> None:
    cost = _facts(await _seen(), "cost")
    drivers = ("Training", "Hosting", "Tokens, 7 days", "Evaluation runs", "Reserved capacity", "Monitoring")
    assert list(cost)[:8] == [*drivers, "Training-file storage", "Retraining"]
    assert all(cost.values())


async def test_r38_tags_that_are_missing_are_named() -> None:
    assert _facts(await _seen(), "posture")["Tags missing"] == "workload, cost-center, environment"


async def test_r39_usage_now_is_set_beside_usage_before() -> None:
    window = Window(NOW - timedelta(hours=1), NOW)
    compared = await compare_metrics(
        THING, window, timedelta(days=1), readers=memory_readers(metrics=_busy())
    )
    assert (compared.now.requests, compared.before.requests) == (100, 200)


async def test_r40_two_targets_are_compared_field_by_field_with_what_is_idle() -> None:
    other = replace(_projected(), ref=replace(THING, deployment="triage-spill"), sku=Sku("Standard", 10))
    smaller: dict[str, Json] = {**other.projection, "sku": {"name": "Standard", "capacity": 10}}
    world = _Two(_projected(), siblings=(replace(other, projection=smaller),))
    found = await compare_targets(
        ("triage-prod", THING), ("spill", other.ref), readers=memory_readers(world, _busy()), now=NOW
    )
    assert [(row.field, row.left, row.right) for row in found.rows] == [("sku.capacity", "120", "10")]
    assert found.left.use.idle is not None
    assert found.left.use.idle > 0.8


async def test_r42_the_budget_is_said_with_its_owner() -> None:
    assert _facts(await _seen(), "cost")["Budget"] == (
        f"$4,000 a month; hosting alone takes 31 %; owner <@{OTTO}>"
    )


async def test_r48_the_symptom_that_shows_first_is_said() -> None:
    assert _facts(await _seen(), "scope")["First symptom"] == "Tickets wait"


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
    seen = await _seen()
    assert "taken just now" in _card(seen)
    assert "20 min ago" in _card(seen, minutes=20)
    assert all(fact.observed_at for section in seen.sections for fact in section.facts)


async def test_r60_which_model_serves_what_trained_it_and_what_is_billed_is_said() -> None:
    seen = await _seen()
    assert _facts(seen, "model")["Model"] == TUNED
    assert "supervised" in _facts(seen, "lineage")["Training job"]
    assert "a month" in _facts(seen, "cost")["Hosting"]


async def test_r61_what_was_seen_is_recorded_in_the_trail_when_a_change_is_submitted() -> None:
    house = House()
    change = await house.pending()
    entry = next(each for each in house.archive.state.entries if each.tag == "evidence.snapshot")
    assert getattr(entry.event, "evidence", "") == change.evidence
