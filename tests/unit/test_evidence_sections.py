"""Each section says what it saw, with unit, command and time; what it could not see is its caller's gap."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.domain.deployment import Sku, Usage
from bot.domain.errors import AzureUnavailableError, CountersignError, NotFoundError
from bot.evidence.age import AgeSection
from bot.evidence.configuration import ConfigurationSection
from bot.evidence.content_filter import ContentFilterSection
from bot.evidence.model import ModelSection
from bot.evidence.quota import QuotaSection
from bot.evidence.sections import BRIEF, SECTIONS, STATUS_SECTIONS
from bot.ports.registry import Readers, Section
from bot.usecases.look import gather
from tests.fakes.azure_inventory import MemoryInventory, MemoryLogs
from tests.fakes.azure_reads import NOW, THING, MemoryAzure, MemoryMetrics, live_deployment, memory_readers

DOWN = AzureUnavailableError("Azure did not answer within 5 s.")

READS = ("deployment", "deployments", "posture", "health", "activity", "role_assignments", "figures")


async def _look(section: Section, readers: Readers | None = None) -> dict[str, str]:
    facts = await section.look(readers or memory_readers(), THING, NOW)
    assert all(fact.observed_at == NOW for fact in facts)
    assert all(fact.az.startswith("az ") is not bool(fact.source) for fact in facts)
    assert len({fact.name for fact in facts}) == len(facts)
    return {fact.name: fact.words for fact in facts}


def test_every_section_has_a_key_and_a_title_of_its_own() -> None:
    keys = [section.key for section in SECTIONS]
    assert len(set(keys)) == len(keys) == 21
    assert {section.key for section in STATUS_SECTIONS} == set(BRIEF)
    assert len({section.title for section in SECTIONS}) == len(SECTIONS)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
async def test_a_section_that_cannot_look_raises_a_reason(section: Section) -> None:
    down = dict.fromkeys(READS, DOWN)
    readers = memory_readers(
        MemoryAzure(broken=down),
        MemoryMetrics(broken=DOWN),
        inventory=MemoryInventory(broken=down),
        logs=MemoryLogs(broken=down),
    )
    if section.key == "scope":
        assert await section.look(readers, THING, NOW)
        return
    with pytest.raises(CountersignError, match="did not answer"):
        await section.look(readers, THING, NOW)


async def test_one_section_that_cannot_look_is_a_gap_and_the_others_stand() -> None:
    readers = memory_readers(MemoryAzure(broken={"quota": DOWN}))
    evidence = await gather(THING, "triage-prod", readers=readers, now=NOW)
    said = {gap.key: gap.gap for gap in evidence.gaps}
    assert said["quota"] == "Azure did not answer within 5 s."
    assert all(section.facts for section in evidence.sections if section.key not in said)


async def test_the_configuration_names_sku_capacity_limits_and_states() -> None:
    facts = await _look(ConfigurationSection())
    assert facts["SKU"] == "Standard"
    assert facts["Capacity"] == "120 thousand tokens per minute"
    assert facts["Limit on tokens"] == "120,000 per 60 s"
    assert (facts["State"], facts["Provisioning"]) == ("Running", "in place (Azure: Succeeded)")
    assert facts["Version upgrade"] == "NoAutoUpgrade"
    assert facts["Spills over to"] == "triage-spill"


async def test_the_capacity_of_a_provisioned_deployment_is_in_ptu() -> None:
    azure = MemoryAzure(live_deployment(sku=Sku("GlobalProvisionedManaged", 50)))
    assert (await _look(ConfigurationSection(), memory_readers(azure)))["Capacity"] == "50 PTU"


async def test_a_fine_tuned_model_is_shown_with_its_base_and_both_ends() -> None:
    facts = await _look(ModelSection())
    assert facts["Base model"] == "gpt-4.1-mini 2025-04-14"
    assert facts["Lifecycle"] == "GenerallyAvailable"
    assert facts["Inference ends"].endswith("(300 days left)")
    assert facts["Base model ends"] == "2027-02-22 (90 days left)"


async def test_the_earlier_of_two_ends_is_said_first_with_why_they_differ() -> None:
    azure = MemoryAzure()
    facts = await _look(ModelSection(), memory_readers(azure))
    assert facts["Deployment retires"] == "2027-10-14 (323 days left)"
    assert facts["Comes first"].startswith("2027-09-20: its inference ends. Two lists: ")
    later = replace(azure.known[0], inference_ends=datetime(2027, 10, 20, tzinfo=UTC))
    facts = await _look(ModelSection(), memory_readers(MemoryAzure(known=(later, *azure.known[1:]))))
    assert facts["Comes first"].startswith("2027-10-14: the deployment retires. Two lists: ")
    same = replace(later, inference_ends=datetime(2027, 10, 14, tzinfo=UTC))
    facts = await _look(ModelSection(), memory_readers(MemoryAzure(known=(same,))))
    assert "Comes first" not in facts


async def test_a_model_the_account_does_not_list_is_said_to_be_missing() -> None:
    facts = await _look(ModelSection(), memory_readers(MemoryAzure(known=())))
    assert "not among the models" in facts["Lifecycle"]


async def test_the_content_filter_counts_what_blocks_and_names_what_does_not() -> None:
    facts = await _look(ContentFilterSection())
    assert (facts["Policy"], facts["Mode"]) == ("strict", "Default")
    assert facts["Rules that block"] == "1 of 2"
    assert facts["Rules that do not block"] == "Jailbreak, prompt: off"


async def test_a_deployment_without_a_filter_says_so_and_asks_nothing_more() -> None:
    azure = MemoryAzure(live_deployment(content_filter=""), broken={"content_filter": DOWN})
    assert await _look(ContentFilterSection(), memory_readers(azure)) == {"Policy": "none named"}


async def test_the_quota_is_of_the_pool_the_sku_draws_from() -> None:
    other = Usage("OpenAI.GlobalStandard.gpt-4.1-mini", "", Decimal(1), Decimal(2))
    azure = MemoryAzure()
    azure.lines = (other, *azure.lines)
    facts = await _look(QuotaSection(), memory_readers(azure))
    assert facts["Pool"] == "OpenAI.Standard.gpt-4.1-mini"
    assert (facts["Allocated"], facts["Limit"], facts["Left"]) == ("150 units", "240 units", "90 units")


@pytest.mark.parametrize("azure", [MemoryAzure(known=()), MemoryAzure(lines=())], ids=["no pool", "no line"])
async def test_a_quota_azure_does_not_name_is_a_reason_and_never_a_zero(azure: MemoryAzure) -> None:
    with pytest.raises(NotFoundError):
        await QuotaSection().look(memory_readers(azure), THING, NOW)


async def test_the_age_says_when_azure_would_delete_a_fine_tuned_deployment() -> None:
    metrics = MemoryMetrics()
    metrics.add("AzureOpenAIRequests", NOW - timedelta(days=3), 12)
    facts = await _look(AgeSection(), memory_readers(metrics=metrics))
    assert facts["Created"] == "2026-10-14 12:03 UTC (41 days ago)"
    assert facts["Last changed"] == "2026-11-24 11:33 UTC (30 min ago)"
    assert facts["Last call"] == "2026-11-21"
    assert facts["Azure deletes it"] == "not before 2026-12-06 (after 15 days without calls)"


async def test_a_fine_tuned_deployment_nobody_called_can_go_at_any_time() -> None:
    facts = await _look(AgeSection())
    assert facts["Last call"] == "none in 15 days"
    assert facts["Azure deletes it"].startswith("at any time")


async def test_a_young_deployment_nobody_called_yet_has_its_days_from_its_creation() -> None:
    azure = MemoryAzure(live_deployment(created_at=NOW - timedelta(days=2)))
    facts = await _look(AgeSection(), memory_readers(azure))
    assert facts["Azure deletes it"].startswith("not before 2026-12-07")


async def test_the_developer_tier_goes_after_a_day_whatever_is_called() -> None:
    azure = MemoryAzure(live_deployment(sku=Sku("DeveloperTier", 10), created_at=NOW - timedelta(hours=5)))
    facts = await _look(AgeSection(), memory_readers(azure))
    assert facts["Azure deletes it"] == "2026-11-25 07:03 UTC (developer tier: 24 h)"


async def test_a_base_model_has_no_deletion_clock() -> None:
    azure = MemoryAzure(live_deployment(model="gpt-4.1-mini"))
    assert "Azure deletes it" not in await _look(AgeSection(), memory_readers(azure))


async def test_two_looks_at_the_same_thing_have_the_same_facts() -> None:
    one = await gather(THING, "triage-prod", readers=memory_readers(), now=NOW)
    two = await gather(THING, "triage-prod", readers=memory_readers(), now=NOW)
    moved = replace(live_deployment(), sku=Sku("Standard", 121))
    three = await gather(THING, "triage-prod", readers=memory_readers(MemoryAzure(moved)), now=NOW)
    assert one.digest == two.digest != three.digest
