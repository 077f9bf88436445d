"""Record only: the state a pipeline has to reach, no call from here, and the tier of what changes."""

from collections.abc import Mapping

import pytest

from bot.changes.record_only import RecordOnly
from bot.domain.change import Impact, Tier
from bot.domain.deployment import ContentFilter, FilterRule
from bot.domain.errors import InvalidInputError
from bot.domain.operation import Plan, differences
from bot.ports.registry import Offer
from tests.fakes.every_kind import BASE, LIVE, WISHES, Wish, facts_of

HATE = FilterRule("Hate", "prompt", is_blocking=True, threshold="Low")
FILTERS = {name: ContentFilter(name, "Default", (HATE,)) for name in ("strict", "other")}


def _plan(values: Mapping[str, str]) -> Plan:
    return Wish("record-only", values).plan()


def test_nothing_is_sent_either_way_and_the_reason_is_said() -> None:
    plan = WISHES["record-only"].plan()
    assert plan.forward == plan.rollback == ()
    assert "pipeline" in RecordOnly.no_way_back
    assert RecordOnly().summary(plan) == "sku.capacity (120 → 150)"
    assert "four hours" in RecordOnly().notes(plan, facts_of())[0]


@pytest.mark.parametrize(
    ("values", "moved", "tier", "impact"),
    [
        ({"capacity": "150"}, ("sku.capacity",), Tier.NORMAL, Impact.COST),
        ({"capacity": "200"}, ("sku.capacity",), Tier.HIGH, Impact.COST),
        ({"capacity": "100"}, ("sku.capacity",), Tier.HIGH, Impact.MODIFYING),
        ({"sku": "GlobalStandard"}, ("sku.name",), Tier.HIGH, Impact.COST),
        (BASE, ("properties.model.name", "properties.model.version"), Tier.HIGH, Impact.MODIFYING),
        ({"version": "2"}, ("properties.model.version",), Tier.HIGH, Impact.MODIFYING),
        ({"content_filter": "other"}, ("properties.raiPolicyName",), Tier.HIGH, Impact.MODIFYING),
        ({"content_filter": "unread"}, ("properties.raiPolicyName",), Tier.CRITICAL, Impact.SECURITY),
        (
            {"upgrade_option": "OnceCurrentVersionExpired"},
            ("properties.versionUpgradeOption",),
            Tier.NORMAL,
            Impact.MODIFYING,
        ),
        (
            {"upgrade_option": "OnceCurrentVersionExpired", "capacity": "100"},
            ("properties.versionUpgradeOption", "sku.capacity"),
            Tier.HIGH,
            Impact.MODIFYING,
        ),
    ],
)
def test_the_tier_is_the_highest_of_what_changes(
    values: Mapping[str, str], moved: tuple[str, ...], tier: Tier, impact: Impact
) -> None:
    plan, facts = _plan(values), facts_of(filters=FILTERS)
    assert differences(plan.before, plan.after) == moved
    assert RecordOnly().tier(plan, facts) is tier
    assert impact in RecordOnly().impact(plan, facts)


def test_nothing_filled_in_or_nothing_new_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least one"):
        RecordOnly().read({"capacity": " ", "sku": ""})
    with pytest.raises(InvalidInputError, match="so already"):
        _plan({"capacity": "120", "sku": "Standard"})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"model": "gpt-9"}, "cannot deploy gpt-9"),
        ({"capacity": "99999"}, "this needs 99879 more"),
        ({"sku": "DeveloperTier"}, "not offered with DeveloperTier"),
        ({"content_filter": "nowhere"}, "no content filter called nowhere"),
    ],
)
def test_what_azure_would_refuse_the_pipeline_is_red_here(values: Mapping[str, str], said: str) -> None:
    assert said in " ".join(RecordOnly().check(_plan(values), facts_of(filters=FILTERS)))


def test_every_field_may_stay_empty() -> None:
    fields = RecordOnly().fields(Offer(LIVE))
    assert [field.block for field in fields] == [
        "capacity",
        "sku",
        "model",
        "version",
        "content_filter",
        "upgrade_option",
    ]
    assert not [field for field in fields if field.required or field.initial]
