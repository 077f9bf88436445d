"""Incidents and the proofs of their entries, read without ever writing, by who trusts some keys and has none."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.change import Change
from bot.domain.entry import EntryProof
from bot.domain.note import Verifier
from bot.domain.proof_pack import ProofPack
from storage.incident_rows import IncidentRows
from storage.ledger_read import proof_of_entry
from storage.past import PastRows, unwritable
from storage.privacy import Privacy
from storage.proof_packs import proof_pack


class ProvenRows(PastRows, IncidentRows):
    """What the database holds now, and what its trail proves of it to somebody who trusts these keys."""

    def __init__(self, connection: AsyncConnection, verifiers: Sequence[Verifier]) -> None:
        super().__init__(connection)
        self._verifiers = verifiers

    async def proof_of(self, entry_id: str) -> EntryProof:
        """Return the proof of an entry; raise NotFoundError or LedgerBrokenError."""
        return await proof_of_entry(self._connection, entry_id, self._verifiers)

    async def proof_pack(self, change: Change, *, disclose: bool) -> ProofPack:
        """Return what the trail holds of a change; raise NotFoundError or LedgerBrokenError."""
        return await proof_pack(self._connection, change.id, self._verifiers, disclose=disclose)


@asynccontextmanager
async def reading_proven(url: str, vkeys: Sequence[str], privacy: Privacy) -> AsyncIterator[ProvenRows]:
    """Give the rows of a database as of one moment, to somebody who trusts these public keys.

    Raises:
        NotFoundError: there is no database, or it cannot be read. Nothing is created.
    """
    async with unwritable(url, privacy) as connection:
        yield ProvenRows(connection, [Verifier.parse(each) for each in vkeys])
