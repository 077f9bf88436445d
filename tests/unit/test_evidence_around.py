"""The sections that look around a deployment: account, history, access, training, logs, cost, life."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.deployment import DeploymentRef, Model, Sku, Target
from bot.domain.errors import AzureUnavailableError, NotFoundError
from bot.domain.inventory import ActivityEntry, LogFigures, Operator, RoleAssignment
from bot.evidence.access import AccessSection
from bot.evidence.changes import ChangesSection
from bot.evidence.cost import CostSection
from bot.evidence.health import HealthSection
from bot.evidence.latency import LatencySection
from bot.evidence.lineage import LineageSection
from bot.evidence.logs import LogsSection
from bot.evidence.posture import PostureSection
from bot.evidence.ptu import PtuSection
from bot.evidence.requests import RequestsSection
from bot.evidence.retirement import RetirementSection
from bot.evidence.safety import SafetySection
from bot.evidence.scope import ScopeSection
from bot.evidence.siblings import SiblingsSection
from bot.evidence.tokens import TokensSection
from bot.evidence.traffic import TrafficSection
from bot.ports.registry import Readers, Section
from tests.fakes.azure_inventory import (
    READER,
    SEEN,
    TENANT,
    TRAINED,
    MemoryDeclared,
    MemoryInventory,
    MemoryLogs,
    MemoryOperator,
    MemoryTraining,
    posture,
)
from tests.fakes.azure_reads import MemoryAzure, MemoryMetrics, live_deployment, memory_readers
from tests.unit.test_evidence_sections import NOW, THING

DOWN = AzureUnavailableError("Azure did not answer within 5 s.")
MODEL = TRAINED


async def _look(section: Section, readers: Readers | None = None) -> dict[str, str]:
    facts = await section.look(readers or memory_readers(), THING, NOW)
    assert facts
    assert all(fact.az.startswith("az ") is not bool(fact.source) for fact in facts)
    assert len({fact.name for fact in facts}) == len(facts)
    return {fact.name: fact.words for fact in facts}


def _target(budget: Decimal | None = None) -> Target:
    callers = ("support desk", "billing mailer")
    return Target("triage-prod", THING, "U0OWNER", "C0OPS", "Tickets wait", budget, dependents=callers)


async def test_the_scope_names_where_and_with_which_right() -> None:
    facts = await _look(ScopeSection(), memory_readers(declared=MemoryDeclared((_target(),))))
    assert facts["Subscription"] == THING.account.subscription
    assert facts["Environment"] == THING.account.environment
    assert facts["First symptom"] == "Tickets wait"
    assert facts["Tenant"] == TENANT
    assert facts["Operator"] == f"managed identity {READER}"
    assert facts["Credential"] == "managed: reads only"
    assert facts["Called by"] == "support desk, billing mailer"
    bare = await _look(ScopeSection())
    assert (bare["First symptom"], bare["Called by"]) == ("not recorded", "not declared")


async def test_a_scope_that_azure_does_not_tell_is_said_by_who_does_or_to_be_unknown() -> None:
    down = MemoryInventory(broken={"tenant": DOWN, "posture": DOWN})
    seen = await ScopeSection().look(memory_readers(inventory=down), THING, NOW)
    said = {fact.name: (fact.value, fact.source) for fact in seen}
    assert said["Tenant"] == (TENANT, "the claims of the reader's own token")
    assert said["Region"] == (THING.account.location, "countersign.toml")
    nobody = MemoryOperator(Operator("cli"))
    facts = await _look(ScopeSection(), memory_readers(inventory=down, operator=nobody))
    assert facts["Tenant"] == "unknown: Azure did not answer within 5 s."
    assert facts["Operator"] == "unknown: its token does not say"
    silent = MemoryOperator(Operator("cli", READER))
    facts = await _look(ScopeSection(), memory_readers(operator=silent))
    assert facts["Operator"] == f"identity of a kind its token does not say {READER}"


async def test_the_region_is_azures_where_the_configuration_is_wrong() -> None:
    moved = MemoryInventory(account=replace(posture(), location="swedencentral"))
    facts = await _look(ScopeSection(), memory_readers(inventory=moved))
    assert facts["Region"] == "swedencentral"


async def test_the_posture_says_each_protection_and_counts_what_it_must_not_show() -> None:
    facts = await _look(PostureSection())
    assert facts["Verdict"] == "7 of 8 checks pass; warnings: Tags"
    assert facts["Kind"] == "OpenAI · S0 · in place (Azure: Succeeded)"
    assert facts["Key access"] == "pass: off, Entra only"
    assert facts["Public network"] == "pass: Disabled"
    assert facts["Private endpoints"] == "pass: 1 Approved"
    assert facts["Endpoint"] == "pass: custom subdomain"
    assert facts["Tags"].startswith("warning: missing workload, cost-center, environment. Why: ")
    assert facts["Tags"].endswith("--tags workload=… cost-center=… environment=…")
    assert facts["Diagnostic settings"] == "pass: to-logs: RequestResponse → Log Analytics"


async def test_an_open_account_is_said_to_be_open() -> None:
    bare = replace(
        posture(),
        local_auth=True,
        public_network="",
        network_default="",
        endpoint_kind="",
        private_endpoints={},
        encryption="",
        identity="",
        tags={},
    )
    facts = await _look(
        PostureSection(), memory_readers(inventory=MemoryInventory(account=bare, settings=()))
    )
    assert facts.pop("Verdict").startswith("0 of 8 checks pass; warnings: Key access, Public network")
    assert facts.pop("Kind")
    assert len(facts) == 8
    for said in facts.values():
        assert said.startswith("warning: ")
        assert ". Why: " in said
        assert ". Fix: " in said
    assert "on, account keys work" in facts["Key access"]
    assert "requests are not logged" in facts["Diagnostic settings"]


async def test_siblings_are_counted_and_those_that_lean_on_it_are_named() -> None:
    other = live_deployment(sku=Sku("Standard", 30))
    other = replace(
        other,
        ref=DeploymentRef(THING.account, "other"),
        projection={"properties": {"spilloverDeploymentName": THING.deployment}},
    )
    facts = await _look(SiblingsSection(), memory_readers(MemoryAzure(siblings=(other,))))
    assert facts["Others on the account"] == "1 deployments"
    assert facts["Lean on this one"] == "other"


async def test_requests_are_counted_by_status_most_first() -> None:
    metrics = MemoryMetrics()
    for status, count in (("429", 40.0), ("200", 960.0), ("500", 1.0)):
        metrics.add("AzureOpenAIRequests", NOW - timedelta(minutes=20), count, status)
    facts = await RequestsSection().look(memory_readers(metrics=metrics), THING, NOW)
    values = [float(fact.value.replace(",", "")) for fact in facts]
    assert values == sorted(values, reverse=True)
    assert [fact.name for fact in facts] == ["HTTP 200", "HTTP 429", "HTTP 500"]
    assert (await _look(RequestsSection()))["Requests"] == "none"


@pytest.mark.parametrize("section", [TokensSection(), SafetySection()], ids=["tokens", "safety"])
async def test_totals_of_the_hour_are_facts_with_their_unit(section: Section) -> None:
    facts = await section.look(memory_readers(), THING, NOW)
    assert len(facts) == 3
    assert all(fact.unit and fact.value.replace(",", "").isdigit() for fact in facts)


async def test_both_sections_that_say_the_mean_time_to_response_say_the_same() -> None:
    metrics = MemoryMetrics()
    for minutes, requests, time in ((10, 90.0, 100.0), (40, 10.0, 1_100.0)):
        metrics.add("AzureOpenAIRequests", NOW - timedelta(minutes=minutes), requests, "200")
        metrics.add("AzureOpenAITimeToResponse", NOW - timedelta(minutes=minutes), time)
        metrics.add("AzureOpenAITTLTInMS", NOW - timedelta(minutes=minutes), 2 * time)
    readers = memory_readers(metrics=metrics)
    latency, traffic = await _look(LatencySection(), readers), await _look(TrafficSection(), readers)
    assert latency["Mean time to response"] == traffic["Mean time to response"] == "200 ms"
    assert latency["Mean time to last byte"] == "400 ms"


async def test_a_time_nobody_measured_is_no_data() -> None:
    facts = await _look(LatencySection(), memory_readers(metrics=MemoryMetrics(samples={})))
    assert set(facts.values()) == {"no data"}


async def test_a_sku_that_is_not_provisioned_has_no_utilisation() -> None:
    assert (await _look(PtuSection()))["Utilisation"] == "none: Standard is not provisioned"


async def test_a_provisioned_sku_without_samples_is_a_gap() -> None:
    azure = MemoryAzure(live_deployment(sku=Sku("ProvisionedManaged", 50)))
    with pytest.raises(NotFoundError):
        await PtuSection().look(memory_readers(azure, MemoryMetrics(samples={})), THING, NOW)


async def test_logs_give_percentiles_and_say_when_they_are_partial() -> None:
    found = LogFigures(1000, 12, 3, 1, 410.4, 1480.0, None, partial=True)
    facts = await _look(LogsSection(), memory_readers(logs=MemoryLogs(found=found)))
    assert (facts["p50"], facts["p95"], facts["p99"]) == ("410 ms", "1,480 ms", "no data")
    assert "partial" in facts["Complete"]


async def test_without_a_workspace_logs_are_a_gap() -> None:
    with pytest.raises(NotFoundError, match="workspace"):
        await LogsSection().look(memory_readers(), THING, NOW)


async def test_platform_health_is_said_with_its_reason_and_since_when() -> None:
    state = replace(MemoryInventory().state, state="Degraded", reason="PlatformInitiated")
    facts = await _look(HealthSection(), memory_readers(inventory=MemoryInventory(state=state)))
    assert (facts["Availability"], facts["Reason"]) == ("Degraded", "PlatformInitiated")
    assert facts["Since"].endswith("UTC")


async def test_the_lineage_runs_from_base_model_to_deployments() -> None:
    facts = await _look(LineageSection(), memory_readers(MemoryAzure(live_deployment(model=MODEL))))
    assert facts["Base model"] == "gpt-4.1-mini-2025-04-14"
    assert facts["Training job"] == "ftjob-0a · supervised · succeeded"
    assert facts["Checkpoint"] == "the job's final model"
    assert facts["Hyperparameters"] == "batch_size 1, n_epochs 3"
    assert facts["Serves as"] == THING.deployment


async def test_a_checkpoint_is_said_by_its_step() -> None:
    model = f"{TRAINED}:ckpt-step-100"
    facts = await _look(LineageSection(), memory_readers(MemoryAzure(live_deployment(model=model))))
    assert facts["Checkpoint"] == "step 100"


async def test_access_says_who_may_do_the_three_dangerous_things() -> None:
    roles = tuple(
        RoleAssignment(f"0000000{n}-aaaa", "User", "Contributor", "/", n < 5, n < 1, n < 1) for n in range(6)
    )
    facts = await _look(AccessSection(), memory_readers(inventory=MemoryInventory(roles=roles)))
    assert facts["Role assignments"] == "6"
    assert facts["May write deployments"].endswith("and 1 more")
    assert facts["May list keys"] == "User 00000000 (Contributor)"
    assert (await _look(AccessSection()))["May delete deployments"] == "nobody"


async def test_changes_name_who_and_the_correlation_and_leave_out_other_resources() -> None:
    def write(resource: str, hours: int) -> ActivityEntry:
        operation = "Microsoft.CognitiveServices/accounts/deployments/write"
        return ActivityEntry(
            NOW - timedelta(hours=hours), operation, "Succeeded", "8f14e45f", "c-1", resource
        )

    inventory = MemoryInventory(writes=(write(THING.arm_id, 2), write("/other", 1), write(THING.arm_id, 30)))
    facts = await _look(ChangesSection(), memory_readers(inventory=inventory))
    assert facts["Writes"].startswith("1 (")
    (said,) = [words for name, words in facts.items() if name != "Writes"]
    assert "deployments write · Succeeded · by 8f14e45f · correlation c-1" in said
    late = "(Azure's activity log shows a write some minutes late)"
    assert (await _look(ChangesSection()))["Writes"] == f"none {late}"


async def test_the_retirement_of_a_fine_tuned_model_comes_from_the_table() -> None:
    facts = await _look(RetirementSection(), memory_readers(MemoryAzure(live_deployment(model=MODEL))))
    assert facts["Fine-tuned deployment retires"].startswith("2027-10-14 (")
    assert facts["On that day"].startswith("stops answering on 2027-10-14 (NoAutoUpgrade): train on")
    moving = replace(live_deployment(model=MODEL), upgrade_option="OnceCurrentVersionExpired")
    facts = await _look(RetirementSection(), memory_readers(MemoryAzure(moving)))
    assert "2027-10-14, as OnceCurrentVersionExpired cannot move trained weights" in facts["On that day"]
    assert facts["Base model"] == "gpt-4.1-mini 2025-04-14 · GenerallyAvailable"
    assert facts["Training ends"] == f"{SEEN + timedelta(days=60):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("NoAutoUpgrade", "stops answering on 2027-02-22 (NoAutoUpgrade)"),
        ("OnceCurrentVersionExpired", "Azure moves it to another version by 2027-02-22"),
    ],
)
async def test_the_upgrade_option_of_a_model_that_is_not_tuned_is_judged_by_azures_date(
    option: str, said: str
) -> None:
    live = replace(live_deployment(), model=Model("gpt-4.1-mini", "2025-04-14"), upgrade_option=option)
    facts = await _look(RetirementSection(), memory_readers(MemoryAzure(live)))
    assert facts["Deployment retires"] == "2027-02-22 (89 days left)"
    assert facts["On that day"].startswith(said)
    unknown = await _look(
        RetirementSection(), memory_readers(MemoryAzure(live), inventory=MemoryInventory(lives=()))
    )
    assert unknown == {"Deployment retires": "unknown: Azure names no date for its model"}


async def test_a_base_model_the_table_does_not_know_is_unknown() -> None:
    model = "some-model.ft-9"
    facts = await _look(RetirementSection(), memory_readers(MemoryAzure(live_deployment(model=model))))
    assert facts["Fine-tuned deployment retires"].startswith("unknown")


async def test_cost_has_the_eight_drivers_each_a_value_or_unknown() -> None:
    declared = MemoryDeclared((_target(Decimal(4000)),))
    azure = MemoryAzure(live_deployment(model=MODEL))
    facts = await _look(CostSection(), memory_readers(azure, declared=declared))
    drivers = ("Training", "Hosting", "Tokens, 7 days", "Evaluation runs", "Reserved capacity", "Monitoring")
    assert list(facts)[:8] == [*drivers, "Training-file storage", "Retraining"]
    assert facts["Training"] == "1,200,000 tokens, once"
    assert facts["Hosting"] == "$1.70/h, about $1,241 a month, calls or not"
    assert facts["Evaluation runs"].startswith("unknown")
    assert facts["Budget"] == (
        "$4,000 a month; forecast $1,224 (hosting $1,224, tokens $0): within it; "
        "owner <@U0OWNER> (month to date $959)"
    )


async def test_a_forecast_over_the_budget_names_who_follows_up() -> None:
    azure = MemoryAzure(live_deployment(created_at=NOW - timedelta(days=2)))
    declared = MemoryDeclared((_target(Decimal(300)),))
    metrics = MemoryMetrics()
    metrics.add("ProcessedPromptTokens", NOW - timedelta(days=1), 10_000_000)
    metrics.add("GeneratedTokens", NOW - timedelta(days=1), 5_000_000)
    metrics.add("GeneratedTokens", NOW - timedelta(days=3), 99_000_000)
    facts = await _look(CostSection(), memory_readers(azure, metrics, declared=declared))
    assert facts["Budget"].startswith(
        "$300 a month; forecast $398 (hosting $347, tokens $51): over it by $98; <@U0OWNER> follows up"
    )
    assert facts["Budget"].endswith("(month to date $94)")
    untold = MemoryAzure(live_deployment(model="o4-mini-2025-04-16.ft-1"))
    facts = await _look(CostSection(), memory_readers(untold, declared=declared))
    assert "(hosting $1,224, no price for tokens): over it" in facts["Budget"]
    other = MemoryAzure(live_deployment(sku=Sku("ProvisionedManaged", 50)))
    facts = await _look(CostSection(), memory_readers(other, declared=declared))
    assert facts["Budget"] == "$300 a month; no price is known to forecast with; owner <@U0OWNER>"


async def test_cost_without_its_reads_says_unknown_and_does_not_fail() -> None:
    readers = memory_readers(
        MemoryAzure(live_deployment(sku=Sku("GlobalProvisionedManaged", 50))),
        training=MemoryTraining(broken={"job_of": DOWN}),
        inventory=MemoryInventory(broken={"diagnostics": DOWN}),
    )
    facts = await _look(CostSection(), readers)
    assert facts["Training"].startswith("unknown")
    assert facts["Hosting"] == "unknown: no price for GlobalProvisionedManaged"
    assert facts["Reserved capacity"] == "50 PTU"
    assert facts["Monitoring"].startswith("unknown")
    assert facts["Budget"] == "none recorded"
