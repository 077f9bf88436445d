"""Where the trail goes on, as the database says, and whether this process has the key for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.errors import AuditRefusedError, NoteError
from bot.domain.note import Signer, Verifier, parse_note
from storage.audit_reader import AuditReader
from storage.key_chain import KeyChain, read_key_chain


@dataclass(frozen=True)
class Place:
    """The newest shard, its name, and the key that signs it now."""

    shard: int
    origin: str
    vkey: str
    trusted: bool


async def keys_of(connection: AsyncConnection, given: Sequence[Verifier]) -> KeyChain:
    """Return the keys of every shard, as the log's entries name them."""

    def read(sync: Connection) -> KeyChain:
        return read_key_chain(AuditReader(sync), given)

    return await connection.run_sync(read)


async def newest_place(connection: AsyncConnection, given: Sequence[Verifier]) -> Place | None:
    """Return where the trail goes on; None for an empty one."""
    newest = (await keys_of(connection, given)).newest
    if newest is None:
        return None
    return Place(newest.shard, newest.origin, newest.keys[-1].verifier.vkey, newest.trusted)


async def head_keys(connection: AsyncConnection, shard: int, given: Sequence[Verifier]) -> list[Verifier]:
    """Return which of the given keys may sign a shard's newest checkpoint: its last key, where it names any."""
    keys = (await keys_of(connection, given)).of(shard).keys
    return [each for each in given if not keys or each.vkey == keys[-1].verifier.vkey]


def key_of_place(place: Place, signers: Mapping[str, Signer]) -> Signer:
    """Return the key that signs there.

    Raises:
        AuditRefusedError: it is not among these.
    """
    if place.vkey in signers:
        return signers[place.vkey]
    names = ", ".join(sorted({each.name for each in signers.values()}))
    raise AuditRefusedError(
        f"The audit trail goes on as {place.origin} under the key {place.vkey.split('+')[1]},"
        f" which this process does not have (its keys: {names}).",
        advice="Nothing was recorded. Add that key to COUNTERSIGN_SIGNING_KEY and start again; if nobody sealed the"
        " trail or rotated its key, stop all changes and run `countersign audit verify`.",
    )


def stands_alone(note: str, signer: Signer) -> bool:
    """Return whether this key, and no other of its name, signed a note: then nobody else has the log."""
    try:
        _, signatures = parse_note(note)
    except NoteError:
        return False
    return {each.key_id for each in signatures if each.name == signer.name} == {signer.key_id}
