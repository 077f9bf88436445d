"""Requirements on what a deployment stands on: scope, state, protections, life and cost."""

from dataclasses import replace
from decimal import Decimal

from bot.domain.errors import NotFoundError
from bot.domain.inventory import Operator, RoleAssignment
from tests.fakes.azure_inventory import (
    READER,
    TENANT,
    MemoryDeclared,
    MemoryInventory,
    MemoryOperator,
)
from tests.fakes.azure_reads import (
    THING,
    MemoryAzure,
    live_deployment,
    memory_readers,
)
from tests.fakes.house import OTTO
from tests.requirements.looking import TARGET, card_of, facts_of, look


async def test_r04_the_protections_of_the_account_are_said_before_a_default_is_assumed() -> None:
    seen = await look()
    posture = facts_of(seen, "posture")
    for name in ("Key access", "Public network", "Endpoint", "Private endpoints", "Encryption"):
        assert posture[name], name
    assert posture["Managed identity"] == "pass: SystemAssigned"
    assert "Log Analytics" in posture["Diagnostic settings"]
    assert facts_of(seen, "configuration")["Version upgrade"] == "NoAutoUpgrade"
    assert facts_of(seen, "content_filter")["Policy"] == "strict"
    assert facts_of(seen, "scope")["Called by"] == "support desk, billing mailer"


async def test_r06_lineage_and_both_ends_of_life_are_counted_down() -> None:
    seen = await look()
    assert facts_of(seen, "lineage")["Base model"] == "gpt-4.1-mini-2025-04-14"
    retirement = facts_of(seen, "retirement")
    assert retirement["Fine-tuned deployment retires"] == "2027-10-14 (323 days left)"
    assert retirement["On that day"].startswith("stops answering on 2027-10-14 (NoAutoUpgrade)")
    assert "days left" in facts_of(seen, "model")["Base model ends"]


async def test_r08_hosting_is_said_by_the_hour_and_by_the_month() -> None:
    assert facts_of(await look(), "cost")["Hosting"] == "$1.70/h, about $1,241 a month, calls or not"


async def test_r09_what_the_content_filter_lets_through_is_said_by_name() -> None:
    seen = facts_of(await look(), "content_filter")
    assert seen["Rules that block"] == "1 of 2"
    assert seen["Rules that do not block"] == "Jailbreak, prompt: off"


async def test_r21_the_scope_says_where_for_whom_and_with_which_credential() -> None:
    seen = await look()
    scope = facts_of(seen, "scope")
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
    unknown = await look(memory_readers(operator=nobody))
    assert facts_of(unknown, "scope")["Operator"] == "unknown: its token does not say"
    assert f"for <@{OTTO}>" in card_of(replace(seen, asked_by=OTTO))


async def test_r25_a_deployment_exists_in_a_state_or_is_said_to_be_unknown() -> None:
    moving = MemoryAzure(replace(live_deployment(), provisioning_state="Updating"))
    said = facts_of(await look(memory_readers(moving)), "configuration")["Provisioning"]
    assert said == "being changed (Azure: Updating)"
    gone = MemoryAzure(broken={"deployment": NotFoundError("Azure does not know the deployment x.")})
    assert facts_of(await look(memory_readers(gone)), "gone")["State"] == "does not exist"


async def test_r26_what_is_active_now_is_listed() -> None:
    seen = await look()
    live, posture = facts_of(seen, "configuration"), facts_of(seen, "posture")
    assert (live["SKU"], live["Capacity"]) == ("Standard", "120 thousand tokens per minute")
    assert facts_of(seen, "scope")["Region"] == "westeurope"
    assert posture["Managed identity"] == "pass: SystemAssigned"
    assert posture["Endpoint"] == "pass: custom subdomain"
    assert posture["Diagnostic settings"].startswith("pass: to-logs")
    assert facts_of(seen, "content_filter")["Policy"] == "strict"
    assert THING.deployment in card_of(seen)


async def test_r32_who_may_write_delete_and_list_keys_is_named_and_whether_it_is_logged() -> None:
    roles = (
        RoleAssignment("8f14e45f-0000", "User", "Contributor", "/", True, True, True),
        RoleAssignment("aaaaaaaa-0000", "Group", "Deployer", "/", True, False, False),
    )
    seen = await look(memory_readers(inventory=MemoryInventory(roles=roles)))
    access = facts_of(seen, "access")
    assert access["May write deployments"] == "User 8f14e45f (Contributor), Group aaaaaaaa (Deployer)"
    assert access["May delete deployments"] == access["May list keys"] == "User 8f14e45f (Contributor)"
    assert "RequestResponse" in facts_of(seen, "posture")["Diagnostic settings"]


async def test_r33_an_account_that_takes_keys_and_the_public_network_says_so() -> None:
    known = MemoryInventory()
    known.account = replace(known.account, local_auth=True, public_network="Enabled", private_endpoints={})
    known.account = replace(known.account, network_default="Allow")
    posture = facts_of(await look(memory_readers(inventory=known)), "posture")
    assert posture["Verdict"].startswith("4 of 8 checks pass; warnings: Key access, Public network")
    assert posture["Key access"].startswith("warning: on, account keys work. Why: a key names nobody")
    assert "Fix: set publicNetworkAccess to Disabled" in posture["Public network"]
    assert posture["Private endpoints"].startswith("warning: none. Why: ")
    assert posture["Encryption"] == "pass: customer-managed key in Key Vault"


async def test_r37_the_eight_drivers_of_cost_each_have_a_value_or_unknown() -> None:
    cost = facts_of(await look(), "cost")
    drivers = ("Training", "Hosting", "Tokens, 7 days", "Evaluation runs", "Reserved capacity", "Monitoring")
    assert list(cost)[:8] == [*drivers, "Training-file storage", "Retraining"]
    assert all(cost.values())


async def test_r38_tags_that_are_missing_are_named_with_what_to_do() -> None:
    tags = facts_of(await look(), "posture")["Tags"]
    assert tags.startswith("warning: missing workload, cost-center, environment. Why: ")
    assert "az tag update --operation Merge" in tags


async def test_r42_a_forecast_over_the_budget_names_its_owner_on_the_card() -> None:
    assert (
        "forecast $1,224 (hosting $1,224, tokens $0): within it" in facts_of(await look(), "cost")["Budget"]
    )
    poor = replace(TARGET, monthly_budget_usd=Decimal(1000))
    seen = await look(memory_readers(declared=MemoryDeclared((poor,))))
    assert f"over it by $224; <@{OTTO}> follows up" in card_of(seen)
