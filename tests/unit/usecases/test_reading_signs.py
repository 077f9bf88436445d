"""Reading the signs of a target: what Azure says becomes minutes, and what it does not say becomes a reason."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.deployment import Target
from bot.domain.errors import AzureUnavailableError
from bot.domain.inventory import ActivityEntry
from bot.domain.sign_rules import findings
from bot.domain.signs import Condition, Level, Restore, Sign, Unseen
from bot.usecases.read_signs import read_signs
from tests.fakes.azure_inventory import MemoryInventory
from tests.fakes.azure_reads import MemoryAzure, MemoryMetrics, live_deployment, memory_readers
from tests.fakes.house import House

REQUESTS, LATENCY, FILTERED = "AzureOpenAIRequests", "AzureOpenAITimeToResponse", "RAIRejectedRequests"
MINUTE = timedelta(minutes=1)


def _target(house: House) -> Target:
    return house.configuration.targets[0]


def _entry(house: House, verb: str, status: str) -> ActivityEntry:
    return ActivityEntry(
        house.clock.now() - 5 * MINUTE,
        f"Microsoft.CognitiveServices/accounts/deployments/{verb}",
        status,
        "person-0a",
        f"c-{verb}-{status}",
        _target(house).ref.arm_id,
    )


async def test_minutes_carry_how_calls_ended_and_the_day_before_says_what_is_usual() -> None:
    house, metrics = House(), MemoryMetrics()
    now = house.clock.now().replace(second=0, microsecond=0)
    for status, count in (("200", 60.0), ("429", 30.0), ("500", 6.0), ("400", 4.0)):
        metrics.add(REQUESTS, now - 2 * MINUTE, count, status)
    metrics.add(LATENCY, now - 2 * MINUTE, 900, "200")
    metrics.add(FILTERED, now - 2 * MINUTE, 3)
    for back, time in ((5, 700), (6, 800), (7, 9_000)):
        at = now - timedelta(hours=back)
        metrics.add(REQUESTS, at, 100, "200")
        metrics.add(LATENCY, at, time, "200")
        metrics.add(FILTERED, at, 1)
    readers = memory_readers(MemoryAzure(replace(live_deployment(), ref=_target(house).ref)), metrics)
    signs = await read_signs(_target(house), readers=readers, desk=house.desk)
    assert not isinstance(signs.minutes, Unseen)
    assert not isinstance(signs.usual, Unseen)
    (minute,) = signs.minutes
    assert (minute.answered, minute.throttled, minute.failed, minute.refused) == (60, 30, 6, 4)
    assert (minute.filtered, minute.latency_ms, minute.at) == (3, 900, now - 2 * MINUTE)
    assert (signs.usual.latency_ms, signs.usual.filtered_percent, signs.usual.hours) == (800, 1.0, 3)
    assert len(metrics.asked) == 6


async def test_a_deployment_deleted_by_hand_is_named_with_who_and_when() -> None:
    house = House()
    inventory = MemoryInventory(writes=(_entry(house, "delete", "Succeeded"),))
    azure = MemoryAzure(replace(live_deployment(), ref=replace(_target(house).ref, deployment="another")))
    readers = memory_readers(azure, inventory=inventory)
    signs = await read_signs(_target(house), readers=readers, desk=house.desk)
    if isinstance(signs.condition, Unseen):
        raise AssertionError(signs.condition.why)
    assert signs.condition.provisioning == ""
    assert signs.condition.deleted.endswith("by person-0a")
    worst = findings(signs)[0]
    assert (worst.sign, worst.level) == (Sign.DEPLOYMENT_FAILURES, Level.CRITICAL)


async def test_failed_writes_on_the_deployment_are_kept_with_their_caller() -> None:
    house = House()
    inventory = MemoryInventory(
        writes=(_entry(house, "write", "Failed"), _entry(house, "write", "Succeeded"))
    )
    signs = await read_signs(_target(house), readers=memory_readers(inventory=inventory), desk=house.desk)
    if isinstance(signs.failed, Unseen):
        raise AssertionError(signs.failed.why)
    assert [(each.what, each.caller) for each in signs.failed] == [("deployments write", "person-0a")]


async def test_what_azure_does_not_answer_is_unseen_with_the_reason_and_the_rest_is_there() -> None:
    house = House()
    broken = AzureUnavailableError("Azure did not answer.")
    azure = MemoryAzure(replace(live_deployment(), ref=_target(house).ref), broken={"quota": broken})
    readers = memory_readers(azure, MemoryMetrics(broken=broken))
    signs = await read_signs(_target(house), readers=readers, desk=house.desk)
    assert isinstance(signs.minutes, Unseen)
    assert isinstance(signs.pool, Unseen)
    assert signs.pool.why.startswith("Azure did not answer.")
    assert signs.condition == Condition("Succeeded", "Running")
    assert signs.restore == Restore("")


async def test_a_model_that_is_not_offered_any_more_is_a_restore_gap() -> None:
    house = House()
    azure = MemoryAzure(replace(live_deployment(model="gone"), ref=_target(house).ref))
    signs = await read_signs(_target(house), readers=memory_readers(azure), desk=house.desk)
    gap = next(each for each in findings(signs) if each.sign is Sign.RESTORE_GAPS)
    assert (gap.level, gap.words) == (
        Level.CRITICAL,
        "It could not be put back: its model gone is not offered any more.",
    )


async def test_a_deployment_that_an_approved_change_deleted_is_known_to_be_gone_as_planned() -> None:
    house = House()
    change = await house.applied()
    assert change.plan is not None
    house.archive.state.changes[1] = replace(change, plan=replace(change.plan, after={}))
    elsewhere = MemoryAzure(replace(live_deployment(), ref=replace(_target(house).ref, deployment="another")))
    signs = await read_signs(_target(house), readers=memory_readers(elsewhere), desk=house.desk)
    assert signs.condition == Condition("", deleted="CHG-1 deleted it", is_planned=True)
    failures = next(each for each in findings(signs) if each.sign is Sign.DEPLOYMENT_FAILURES)
    assert failures.words == "It does not exist: CHG-1 deleted it, as was approved."
    assert not any(each.level is Level.CRITICAL for each in findings(signs))
