"""Anchors of the trail that is attacked; and attacks 47 and 50, on anchors of their own."""

from dataclasses import replace
from typing import Any

from bot.anchors.file import FileAnchor
from bot.ports.anchors import OurLog
from storage.audit_anchors import Witnessed, with_anchors
from tests.contracts.anchor_house import CHANNEL, AnchorHouse, anchor_house
from tests.contracts.anchor_house import codes as codes_of
from tests.contracts.audit_house import NOW, ORIGIN, entry
from tests.contracts.catalogue import SQLITE, Attack, Stage, codes
from tests.contracts.catalogue_entries import CUT, CUT_NOTES, unguarded

RESIDUAL = "residual: what is newer than the last anchor"


def older(stage: Stage) -> FileAnchor:
    """Return the anchor that was last told at size 9."""
    return FileAnchor(stage.place.folder / "older.jsonl")


def newer(stage: Stage) -> FileAnchor:
    """Return the anchor that was told of everything."""
    return FileAnchor(stage.place.folder / "newer.jsonl")


async def publish(stage: Stage, anchor: FileAnchor, size: int) -> None:
    """Publish the checkpoint of a size."""
    await anchor.publish(await _log(stage, size))


async def anchored(stage: Stage) -> None:
    """Tell both anchors what they know before the attack."""
    await publish(stage, older(stage), 9)
    for size in (9, 11):
        await publish(stage, newer(stage), size)


async def found_with(stage: Stage, anchor: FileAnchor) -> str:
    """Return the codes that verifying against an anchor finds besides the others."""
    log = OurLog(ORIGIN, 0, "", NOW, _unasked)
    witnessed = Witnessed("file", ORIGIN, await anchor.newest(log))
    report = replace(stage.verified(), findings=())
    return codes(with_anchors(report, stage.place.url, [stage.place.vkey], [witnessed]))


async def _log(stage: Stage, size: int) -> OurLog:
    ((note,),) = await stage.house.rows("SELECT note FROM {}audit_checkpoint WHERE size = :size", size=size)
    return OurLog(ORIGIN, size, note, NOW, _unasked)


async def _unasked(_: int) -> Any:
    raise AssertionError("a file asks for no proof")


async def backup_restored(stage: Stage) -> None:
    """Put a backup in the place of the database after two more entries were written and anchored."""
    async with stage.backed_up():
        await stage.house.append(entry(), entry("change.approved"))
        await publish(stage, newer(stage), 13)


async def older_backup_restored(stage: Stage) -> None:
    """Do the same after both anchors were told."""
    async with stage.backed_up():
        await stage.house.append(entry(), entry("change.approved"))
        await publish(stage, newer(stage), 13)
        await publish(stage, older(stage), 13)


async def forked(stage: Stage) -> None:
    """Go on from an earlier size with the real key, as if the newest two entries had never been."""
    await unguarded(CUT, CUT_NOTES)(stage)
    await stage.house.append(entry(), entry("change.approved"), ledger=stage.house.another_ledger())


def own(stage: Stage, name: str) -> str:
    """Return the address of a database beside the one that is attacked."""
    return f"sqlite:///{stage.place.folder / name}"


async def _said(house: AnchorHouse) -> str:
    return " ".join(sorted(codes_of(await house.ask())))


async def slack_edited(stage: Stage) -> str:
    """Edit the message that holds the checkpoint, as an administrator of the workspace can."""
    async with anchor_house("slack", own(stage, "slack.db"), stage.place.folder) as house:
        await house.anchored()
        assert await _said(house) == ""
        world = house.places.slack
        assert world is not None
        world.change(next(each for each in world.messages.values() if each.channel == CHANNEL))
        return await _said(house)


async def slack_deleted(stage: Stage) -> str:
    """Delete the messages that hold the checkpoints."""
    async with anchor_house("slack", own(stage, "slack.db"), stage.place.folder) as house:
        await house.anchored()
        world = house.places.slack
        assert world is not None
        for message in list(world.messages.values()):
            world.remove(message)
        return await _said(house)


async def witness_ahead(stage: Stage) -> str:
    """Ask a witness to cosign an older copy; it answers 409 with the larger size that it has seen."""
    async with anchor_house("witness", own(stage, "witness.db"), stage.place.folder) as house:
        await house.anchored(2)
        backup = await house.backup(stage.place.folder / "backup.db")
        await house.anchored(3)
        async with house.on(backup) as older_copy:
            return await _said(older_copy)


ANCHORED = (
    Attack(
        29,
        "older-backup",
        older_backup_restored,
        older="A2",
        newer="A2",
        stops="had 13 entries and now has 11",
        says="found by the anchor alone",
    ),
    Attack(
        30,
        "backup-above-the-anchor",
        backup_restored,
        older="",
        newer="A2",
        stops="had 13 entries and now has 11",
        says=f"{RESIDUAL}; the process that wrote it refuses to go on, after a restart by its high-water mark",
    ),
    Attack(31, "fork-with-the-real-key", forked, older="", newer="A3", says="found by the anchor alone"),
    Attack(47, "edit-the-anchor", slack_edited, "A5", on=(SQLITE,)),
    Attack(47, "delete-the-anchor", slack_deleted, "A5", on=(SQLITE,)),
    Attack(50, "witness-that-saw-more", witness_ahead, "A2", on=(SQLITE,), says="every apply is stopped"),
)
