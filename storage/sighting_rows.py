"""What was seen in Azure, in a transaction: deployments, writes that nothing explains, permissions, due times."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from bot.domain.permission import Permissions
from bot.domain.sighting import Sighting, Unexplained
from storage.queries import Queries
from storage.tables import DUE, PERMISSION, SIGHTING, UNEXPLAINED


class SightingRows(Queries):
    """The part of a transaction that remembers what was seen in Azure, and when to look again."""

    async def sighting(self, arm_id: str) -> Sighting | None:
        """Return how a deployment was last seen, None when it never was."""
        row = await self.one(select(SIGHTING).where(SIGHTING.c.arm_id == arm_id.lower()))
        return None if row is None else Sighting(**row)

    async def see(self, sighting: Sighting, *, before: Sighting | None) -> bool:
        """Remember a sighting in the place of the one `before`; False when another was quicker."""
        columns = {**vars(sighting), "arm_id": sighting.arm_id.lower()}
        if before is None:
            return await self.changed(self.insert(SIGHTING).values(columns).on_conflict_do_nothing())
        mine = (SIGHTING.c.arm_id == columns["arm_id"], SIGHTING.c.seen_at == before.seen_at)
        return await self.changed(update(SIGHTING).where(*mine).values(columns))

    async def add_unexplained(self, found: Unexplained) -> Unexplained | None:
        """Keep it under the next number; None when its key is kept already."""
        columns = {**_columns(found), "arm_id": found.arm_id.lower()}
        del columns["number"]
        statement = self.insert(UNEXPLAINED).values(columns).on_conflict_do_nothing(index_elements=["key"])
        row = await self.one(statement.returning(*UNEXPLAINED.c))
        return None if row is None else _unexplained(row)

    async def unexplained(self, number: int) -> Unexplained | None:
        """Return one by its number."""
        row = await self.one(select(UNEXPLAINED).where(UNEXPLAINED.c.number == number))
        return None if row is None else _unexplained(row)

    async def unexplained_on(self, arm_id: str, since: datetime) -> Sequence[Unexplained]:
        """Return what was seen on a deployment since a time, oldest first."""
        here = (UNEXPLAINED.c.arm_id == arm_id.lower(), UNEXPLAINED.c.seen_at >= since)
        rows = await self.all(select(UNEXPLAINED).where(*here).order_by(UNEXPLAINED.c.number))
        return [_unexplained(row) for row in rows]

    async def attribute(self, found: Unexplained) -> bool:
        """Say who made a write of which only the traces were known; False when that is said already."""
        named = {name: getattr(found, name) for name in ("at", "caller", "operation", "correlation")}
        nameless = (UNEXPLAINED.c.number == found.number, UNEXPLAINED.c.correlation == "")
        return await self.changed(update(UNEXPLAINED).where(*nameless).values(named))

    async def shown(self, number: int, channel: str, ts: str) -> None:
        """Remember which message tells of it."""
        one = update(UNEXPLAINED).where(UNEXPLAINED.c.number == number)
        await self.changed(one.values(channel=channel, ts=ts))

    async def permissions(self, account: str) -> Permissions | None:
        """Return what the executor was last seen to be allowed on an account."""
        row = await self.one(select(PERMISSION).where(PERMISSION.c.account == account))
        return None if row is None else Permissions(**row)

    async def observe_permissions(self, permissions: Permissions) -> None:
        """Remember what the executor is allowed on an account."""
        columns = vars(permissions)
        statement = self.insert(PERMISSION).values(columns)
        await self.changed(statement.on_conflict_do_update(index_elements=["account"], set_=dict(columns)))

    async def dues(self, kind: str) -> Mapping[str, datetime]:
        """Return when each look of a kind is next due."""
        looks = select(DUE).where(DUE.c.name.startswith(f"{kind}:"))
        return {row["name"]: row["at"] for row in await self.all(looks)}

    async def put_off(self, name: str, *, due: datetime | None, until: datetime) -> bool:
        """Make a look due at `until` that was due at `due`; False when another did it first."""
        if due is None:
            return await self.changed(self.insert(DUE).values(name=name, at=until).on_conflict_do_nothing())
        return await self.changed(update(DUE).where(DUE.c.name == name, DUE.c.at == due).values(at=until))


def _columns(found: Unexplained) -> dict[str, Any]:
    return {**vars(found), "fields": {name: list(pair) for name, pair in found.fields.items()}}


def _unexplained(row: Mapping[str, Any]) -> Unexplained:
    return Unexplained(**{**row, "fields": {name: tuple(pair) for name, pair in row["fields"].items()}})
