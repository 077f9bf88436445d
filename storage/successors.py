"""A new shard that does not simply go on: after a stolen key (revoke), or a restore that lost entries (restore).

Nobody is asked to follow: the old key signs nothing here, so auditors are given the new one. Both cite a checkpoint
that stands outside the database and is believed, and the operator who says so.
"""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import ConflictError, InvalidInputError, LedgerBrokenError, NoteError
from bot.domain.json import Json
from bot.domain.note import Checkpoint, open_note
from storage.audit_findings import INFORMATION
from storage.audit_verify import verify_log
from storage.high_water import rolled_back
from storage.keeper import Keeper
from storage.key_chain import ShardKeys
from storage.ledger_keys import keys_of
from storage.ledger_proofs import TreeReader
from storage.ledger_sql import AuditRows
from storage.shards import Handed, next_shard_key, present_of


@dataclass(frozen=True)
class Believed:
    """A checkpoint from outside the database, and the note it is in."""

    checkpoint: Checkpoint
    note: str


async def revoke(keeper: Keeper, note: str) -> Handed:
    """Open a new shard that ends the present key, which was stolen; `note` is the last checkpoint believed good.

    Raises:
        InvalidInputError: there is no key for a new shard, or the note is not of this trail.
        LedgerBrokenError: the trail does not extend the checkpoint, or what the high-water mark remembers.
    """
    async with keeper.act() as connection:
        keys = present_of(await keys_of(connection, keeper.given))
        await _demand_remembered(keeper, connection, keys)
        good = _believed(keeper, note)
        if good.checkpoint.origin != keys.origin:
            raise _of_another_log(good, keys)
        await _demand_extends(connection, keys, good)
        stolen: dict[str, Json] = {
            "vkey": keys.keys[-1].verifier.vkey,
            "origin": keys.origin,
            "size": keys.head[0],
            "good_size": good.checkpoint.size,
        }
        data: dict[str, Json] = {"good_checkpoint": note}
        return await _opened(keeper, connection, keys, "revoke", data, {"key.revoked": stolen})


async def restore(keeper: Keeper, note: str, remembered: int = 0) -> Handed:
    """Open a new shard after a restore, which says what was lost: from this log's end up to the anchored size.

    `remembered`: a size that is known from elsewhere, where it is more than the anchor's; the high-water mark of
    this place is read by itself.

    Raises:
        ConflictError: nothing is missing, so nothing was restored.
        InvalidInputError: there is no key for a new shard, or the note is no checkpoint signed by a known key.
        LedgerBrokenError: the copy does not hold, or is not a beginning of what was anchored.
    """
    async with keeper.act() as connection:
        keys = present_of(await keys_of(connection, keeper.given))
        anchored = _believed(keeper, note)
        await _demand_whole(keeper, connection)
        same = anchored.checkpoint.origin == keys.origin
        mark = keeper.mark.size if keeper.mark and keeper.mark.origin == anchored.checkpoint.origin else 0
        first, end = (keys.head[0] if same else 0), max(anchored.checkpoint.size, remembered, mark)
        if same and anchored.checkpoint.size <= first:
            await _demand_extends(connection, keys, anchored)
        if end <= first:
            raise ConflictError(
                f"Nothing is missing: the trail has {first} entries, the anchor {anchored.checkpoint.size}.",
                advice="Nothing was changed. Give the newest anchor you hold, or the size that was remembered.",
            )
        lost: dict[str, Json] = {"origin": anchored.checkpoint.origin, "from_size": first, "to_size": end}
        data: dict[str, Json] = {"anchored_checkpoint": note, "lost": lost, "operator": keeper.by}
        return await _opened(keeper, connection, keys, "restore", data, {}, beside=anchored.checkpoint.origin)


async def _opened(  # noqa: PLR0913, PLR0917 (what the first entries say)
    keeper: Keeper,
    connection: AsyncConnection,
    keys: ShardKeys,
    verb: str,
    data: dict[str, Json],
    said: dict[str, dict[str, Json]],
    beside: str = "",
) -> Handed:
    to, shard = await next_shard_key(keeper, connection, {beside}), keys.shard + 1
    ledger = keeper.ledger.successor(to, shard)
    why: dict[str, Json] = {"reason": keeper.reason} if keeper.reason else {}
    genesis = "log.restored" if verb == "restore" else "log.opened"
    await ledger.open_log(connection, keeper.now, type=genesis, actor=keeper.actor, data=data | why)
    entries = [keeper.entry(name, each) for name, each in said.items()]
    introduced: dict[str, Json] = {"vkey": to.vkey, "origin": to.name, "shard": shard}
    await ledger.append(connection, [*entries, keeper.entry("key.introduced", introduced)], now=keeper.now)
    return Handed(verb, keys.shard, *keys.head, shard, to.name, to.vkey)


def _believed(keeper: Keeper, note: str) -> Believed:
    try:
        opened = open_note(note, keeper.given)
        checkpoint = Checkpoint.parse(opened.text)
    except NoteError as error:
        raise InvalidInputError(
            "The anchor is no checkpoint signed by a known key.",
            advice="Give the whole note, or its line of the anchor file, and the key that signed it with --vkey.",
        ) from error
    if checkpoint.origin not in {each.name for each in opened.verified}:
        raise InvalidInputError(f"The anchor of {checkpoint.origin} is signed by another log's key.")
    return Believed(checkpoint, note)


def _of_another_log(good: Believed, keys: ShardKeys) -> InvalidInputError:
    return InvalidInputError(
        f"The anchor is of {good.checkpoint.origin}; the trail goes on as {keys.origin}.",
        advice="Give an anchor of the shard whose key was stolen.",
    )


async def _demand_extends(connection: AsyncConnection, keys: ShardKeys, good: Believed) -> None:
    """Raise LedgerBrokenError unless the shard begins with what the checkpoint signed."""
    size = good.checkpoint.size
    tree = TreeReader(AuditRows(connection, keys.shard), size)
    if not 0 < size <= keys.head[0] or await tree.root(0, size) != good.checkpoint.root:
        raise LedgerBrokenError(
            f"The trail in this database does not extend the anchor of {size} entries.",
            advice="It was rewritten or rolled back: restore a copy that does, then run this again.",
        )


async def _demand_remembered(keeper: Keeper, connection: AsyncConnection, keys: ShardKeys) -> None:
    """Raise LedgerBrokenError where the high-water mark knows of more than there is, or of something else."""
    mark = keeper.mark
    if mark is None or mark.shard < keys.shard:
        return
    found = await AuditRows(connection, mark.shard).leaf_hashes(mark.size - 1, mark.size)
    if found != [mark.last]:
        raise rolled_back(f"The audit trail had {mark.size} entries in shard {mark.shard}, and not these.")


async def _demand_whole(keeper: Keeper, connection: AsyncConnection) -> None:
    vkeys = [each.vkey for each in keeper.given]
    report = await connection.run_sync(lambda sync: verify_log(sync, vkeys))
    found = [each for each in report.findings if each.code not in INFORMATION]
    if found:
        raise LedgerBrokenError(
            f"The restored copy does not hold by itself: {found[0].code}, {found[0].message}.",
            advice="Restore another copy. Nothing was changed.",
        )
