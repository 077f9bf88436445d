"""Our own changes by name before Azure's log has them, and a deployment that does not exist, said once."""

import json
from dataclasses import replace
from datetime import timedelta

from bot.domain.deployment import DeploymentRef
from bot.domain.effect import Effect, Phase
from bot.domain.entry import new_ulid
from bot.domain.errors import AzureUnavailableError, NotFoundError
from bot.domain.evidence import Evidence, stored_evidence
from bot.domain.inventory import ActivityEntry
from bot.domain.own_write import JOURNAL
from bot.evidence.age import AgeSection
from bot.evidence.changes import ChangesSection
from bot.evidence.sections import COST_SECTIONS, STATUS_SECTIONS
from bot.ports.registry import Readers
from bot.render.evidence import render_evidence
from bot.render.metrics import gone_words
from bot.usecases.find_gone import find_gone
from bot.usecases.look import gather
from handlers.own_journal import OwnJournal
from tests.fakes.archive import FakeArchive
from tests.fakes.azure_inventory import MemoryInventory, MemoryJournal
from tests.fakes.azure_reads import NOW, PLACE, THING, MemoryAzure, live_deployment, memory_readers

JUST_NOW = NOW - timedelta(minutes=1)
DOWN = AzureUnavailableError("Azure did not answer within 5 s.")
OTHER = DeploymentRef(PLACE, "another")


def effect(number: int, *, phase: Phase = Phase.DONE, step: str = "forward", minutes: int = 1) -> Effect:
    at = NOW - timedelta(minutes=minutes)
    return Effect(number, 1, step, phase, at, 1, new_ulid(at - timedelta(seconds=20)))


def write(verb: str, *, minutes: int, correlation: str = "c-1", status: str = "Succeeded") -> ActivityEntry:
    operation = f"Microsoft.CognitiveServices/accounts/deployments/{verb}"
    return ActivityEntry(
        NOW - timedelta(minutes=minutes), operation, status, "8f14e45f", correlation, THING.key
    )


async def changes(journal: MemoryJournal, *writes: ActivityEntry) -> dict[str, str]:
    readers = memory_readers(inventory=MemoryInventory(writes=writes), journal=journal)
    facts = await ChangesSection().look(readers, THING, NOW)
    assert all(fact.az.startswith("az ") is not bool(fact.source) for fact in facts)
    return {fact.name: fact.words for fact in facts}


async def test_our_own_change_is_named_before_azures_log_has_it() -> None:
    facts = await changes(MemoryJournal((effect(7),)))
    assert facts["Writes"] == "none (Azure's activity log shows a write some minutes late)"
    assert facts["24 Nov 12:02 UTC"] == "CHG-7 was applied · Azure's activity log does not show it yet"
    back = await changes(MemoryJournal((effect(7, step="rollback"),)))
    assert back["24 Nov 12:02 UTC"].startswith("CHG-7 was rolled back")


async def test_a_write_in_the_log_is_named_by_its_change_and_is_not_said_twice() -> None:
    facts = await changes(MemoryJournal((effect(7),)), write("write", minutes=1, correlation="x"))
    assert len(facts) == 2
    assert "by 8f14e45f for CHG-7 · correlation x" in facts["24 Nov 12:02 UTC"]
    theirs = await changes(MemoryJournal((effect(7, minutes=50),)), write("write", minutes=1))
    assert "CHG" not in theirs["24 Nov 12:02 UTC"]


async def test_what_was_not_sent_or_long_ago_is_no_change_of_today() -> None:
    old, failed = effect(1, minutes=2000), effect(2, phase=Phase.FAILED)
    assert list(await changes(MemoryJournal((old, failed)))) == ["Writes"]


async def test_the_last_change_is_named_where_it_is_ours() -> None:
    azure = MemoryAzure(replace(live_deployment(), modified_at=JUST_NOW))
    journal = MemoryJournal((effect(7),))
    facts = await AgeSection().look(memory_readers(azure, journal=journal), THING, NOW)
    said = {fact.name: fact.words for fact in facts}
    assert said["Last changed"] == "2026-11-24 12:02 UTC (1 min ago, CHG-7)"
    assert "CHG" not in said["Created"]


async def test_the_journal_is_read_from_the_archive() -> None:
    assert list(await OwnJournal(FakeArchive()).sent(THING)) == []


def without_it(*writes: ActivityEntry, broken: bool = False, journal: MemoryJournal | None = None) -> Readers:
    inventory = MemoryInventory(writes=writes, broken={"activity": DOWN} if broken else {})
    azure = MemoryAzure(replace(live_deployment(), ref=OTHER))
    return memory_readers(azure, inventory=inventory, journal=journal)


async def status(readers: Readers) -> Evidence:
    return await gather(THING, "triage-prod", readers=readers, now=NOW, sections=STATUS_SECTIONS)


def said_of(evidence: Evidence) -> dict[str, str]:
    assert evidence.gone is not None
    return {fact.name: fact.words for fact in evidence.gone.facts}


async def test_a_deployment_that_was_deleted_is_said_to_be_once_with_when_and_by_whom() -> None:
    evidence = await status(without_it(write("delete", minutes=27), write("write", minutes=60)))
    assert said_of(evidence) == {
        "State": "does not exist any more",
        "Deleted": "24 Nov 2026 11:36 UTC by 8f14e45f",
    }
    assert not evidence.gaps
    message = render_evidence(evidence, target=None, ref="r", now=NOW)
    assert message.text.endswith("does not exist any more. Read-only.")
    assert str(message.blocks).count("does not know the deployment") == 0
    assert "*Does not exist any more* :warning:" in str(message.blocks[1])


async def test_a_deletion_of_ours_is_named_and_a_failed_one_or_anothers_is_none() -> None:
    journal = MemoryJournal((effect(9, minutes=27),))
    ours = said_of(await status(without_it(write("delete", minutes=27), journal=journal)))
    assert ours["Deleted"].endswith("by 8f14e45f, CHG-9")
    failed = write("delete", minutes=5, status="Failed")
    anothers = replace(write("delete", minutes=5), resource=OTHER.key)
    for none in (failed, anothers):
        said = said_of(await status(without_it(none)))
        assert said["State"] == "does not exist"
        assert said["Deleted"].startswith("not in 89 days")


async def test_who_deleted_it_is_unknown_where_the_log_cannot_be_read() -> None:
    said = said_of(await status(without_it(broken=True)))
    assert said["Deleted"] == "unknown: the activity log could not be read"


async def test_a_deployment_that_is_there_or_cannot_be_asked_for_is_not_gone() -> None:
    assert await find_gone(THING, readers=memory_readers(), now=NOW) is None
    down = memory_readers(MemoryAzure(broken={"deployment": DOWN}))
    assert await find_gone(THING, readers=down, now=NOW) is None
    evidence = await status(down)
    assert evidence.gone is None
    assert len(evidence.gaps) > 1


async def test_a_look_of_one_section_says_that_it_is_gone_too() -> None:
    readers = without_it()
    evidence = await gather(THING, "t", readers=readers, now=NOW, sections=COST_SECTIONS)
    assert [each.key for each in evidence.sections] == ["gone"]


async def test_another_thing_that_is_missing_stays_a_gap_of_its_section() -> None:
    readers = memory_readers(MemoryAzure(known=(), broken={"quota": NotFoundError("No such region.")}))
    evidence = await status(readers)
    assert evidence.gone is None
    assert [gap.key for gap in evidence.gaps] == ["quota"]


async def test_metrics_of_a_deployment_that_is_gone_say_so_before_their_zeros() -> None:
    gone = await find_gone(THING, readers=without_it(write("delete", minutes=27)), now=NOW)
    assert gone is not None
    words = gone_words("triage-prod", gone)
    assert words.startswith("*triage-prod does not exist any more* :warning:")
    assert "Deleted: 24 Nov 2026 11:36 UTC by 8f14e45f" in words
    assert "nothing to call" in words


async def test_a_stored_snapshot_comes_back_as_it_was_seen_and_only_as_of_its_deployment() -> None:
    seen = await status(
        memory_readers(MemoryAzure(broken={"quota": DOWN}), journal=MemoryJournal((effect(7),)))
    )
    again = stored_evidence(json.loads(seen.body), THING, NOW)
    assert again is not None
    assert (again.id, again.taken_at, again.alias) == (seen.id, NOW, "triage-prod")
    assert [gap.key for gap in again.gaps] == ["quota"]
    assert {fact.source for each in again.sections for fact in each.facts} > {"", JOURNAL}
    assert stored_evidence(json.loads(seen.body), OTHER, NOW) is None
