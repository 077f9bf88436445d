"""Handing the trail on: to another key of its name (rotate), or to a new shard with a key of its own (seal).

Both are signed by the key that had it, so that whoever trusts that key can follow.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import AuditMissingError, InvalidInputError
from bot.domain.json import Json
from bot.domain.note import Signer
from storage.keeper import Keeper
from storage.key_chain import KeyChain, ShardKeys
from storage.ledger_keys import keys_of
from storage.ledger_sql import AuditRows


@dataclass(frozen=True)
class Handed:
    """What was done: the shard and size it was done at, the shard and key that go on, and the last note before."""

    verb: str
    shard: int
    size: int
    checkpoint: str
    next_shard: int
    next_origin: str
    next_vkey: str

    def as_json(self) -> dict[str, Json]:
        """Return it as the command prints it."""
        return dict(vars(self))


async def rotate(keeper: Keeper) -> Handed:
    """Let the next key of the same name sign from here on; the checkpoint that says so is signed by both.

    Raises:
        InvalidInputError: there is no further key of that name.
        AuditRefusedError: this process does not have the key that signs now.
    """
    async with keeper.act() as connection:
        keys = await _present(keeper, connection)
        used = {each.verifier.vkey for each in keys.keys}
        to = _next(keeper.signers, lambda each: each.name == keys.origin and each.vkey not in used)
        if to is None:
            raise _no_key(f"No further signing key is named {keys.origin}.", keys.origin)
        introduced: dict[str, Json] = {"vkey": to.vkey, "origin": to.name, "shard": keys.shard}
        entry = keeper.entry("key.introduced", introduced)
        receipt = (await keeper.ledger.append(connection, [entry], now=keeper.now))[0]
        size = receipt.seq + 2
        rotated: dict[str, Json] = {"vkey": to.vkey, "previous_vkey": keeper.ledger.vkey, "from_size": size}
        said = [keeper.entry("key.rotated", rotated)]
        await keeper.ledger.append(connection, said, now=keeper.now, handing_to=to)
        _, note = await AuditRows(connection, keys.shard).head()
    return Handed("rotate", keys.shard, size, note, keys.shard, keys.origin, to.vkey)


async def seal(keeper: Keeper) -> Handed:
    """End the shard with an entry that names the next one's key, and open that shard.

    Raises:
        InvalidInputError: there is no key of another name.
        AuditRefusedError: this process does not have the key that signs now.
    """
    async with keeper.act() as connection:
        keys = await _present(keeper, connection)
        to = await next_shard_key(keeper, connection)
        introduced: dict[str, Json] = {"vkey": to.vkey, "origin": to.name, "shard": keys.shard + 1}
        sealed: dict[str, Json] = {"next_vkey": to.vkey, "next_origin": to.name, "next_shard": keys.shard + 1}
        said = [keeper.entry("key.introduced", introduced), keeper.entry("log.sealed", sealed)]
        receipts = await keeper.ledger.append(connection, said, now=keeper.now)
        _, note = await AuditRows(connection, keys.shard).head()
        await keeper.ledger.successor(to, keys.shard + 1).open_log(connection, keeper.now, actor=keeper.actor)
    return Handed("seal", keys.shard, receipts[-1].seq + 1, note, keys.shard + 1, to.name, to.vkey)


async def next_shard_key(keeper: Keeper, connection: AsyncConnection, beside: Collection[str] = ()) -> Signer:
    """Return the first of the keys whose name no shard has yet, nor one `beside` them.

    Raises:
        InvalidInputError: there is none.
    """
    chain = await keys_of(connection, keeper.given)
    taken = {each.origin for each in chain.shards.values()} | set(beside)
    to = _next(keeper.signers, lambda each: each.name not in taken)
    if to is None:
        raise _no_key("No signing key has a name that is not a part of the trail already.", "<a new name>")
    return to


async def _present(keeper: Keeper, connection: AsyncConnection) -> ShardKeys:
    """Return the newest shard's keys, with the ledger standing there."""
    await keeper.ledger.follow(connection, opening=True)
    return present_of(await keys_of(connection, keeper.given))


def present_of(chain: KeyChain) -> ShardKeys:
    """Return the newest shard's keys; raise AuditMissingError where no log was opened."""
    if chain.newest is None:
        raise AuditMissingError("The audit trail is not open.", advice="Run `countersign migrate`.")
    return chain.newest


def _next(signers: Sequence[Signer], fits: Callable[[Signer], bool]) -> Signer | None:
    return next((each for each in signers if fits(each)), None)


def _no_key(what: str, name: str) -> InvalidInputError:
    return InvalidInputError(
        f"{what} Nothing was changed.",
        field="COUNTERSIGN_SIGNING_KEY",
        advice=f"Make a key with `countersign audit keygen --origin {name}`, add it to COUNTERSIGN_SIGNING_KEY after"
        " the present one, and try again.",
    )
