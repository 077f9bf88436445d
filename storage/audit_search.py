"""Searching the audit trail: one page costs the same whatever the size of the log, newest first.

An index gives the entries of one change, resource, actor or type in the order of the page; what else was asked is
looked up in those. A time becomes a range of numbers first.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from bot.domain.errors import InvalidInputError
from bot.ports.trail import FoundEntry, TrailPage, TrailQuery
from storage.audit_schema import prefix
from storage.audit_times import END, by_index, ranges_of
from storage.ledger_read import stored
from storage.ledger_sql import Row
from storage.ledger_values import timestamp
from storage.privacy import privacy_of, third
from storage.queries import Queries

_MOST = 500
_RESOURCE = {
    "sqlite": "lower(json_extract(body, '$.subject.resource'))",
    "postgresql": "lower(body::json -> 'subject' ->> 'resource')",
}
_ACTOR = "actor_id = :actor"
_TYPES = """WITH RECURSIVE known(type) AS (
  SELECT min(type) FROM {}audit_entry
  UNION ALL
  SELECT (SELECT min(e.type) FROM {}audit_entry e WHERE e.type > known.type)
  FROM known WHERE known.type IS NOT NULL
) SELECT type FROM known WHERE type IS NOT NULL"""
_PAGE = """SELECT e.shard, e.seq, e.body, e.leaf_hash FROM ({arms}) AS page
  JOIN {{}}audit_entry e ON e.shard = :shard AND e.seq = page.seq ORDER BY e.seq DESC LIMIT :limit"""
_ARM = """SELECT seq FROM (SELECT seq FROM {{}}audit_entry{index}
  WHERE shard = :shard AND seq >= :low AND seq < :high{where} ORDER BY seq DESC LIMIT :limit) AS arm"""

_COMMITTED = """SELECT seq FROM (SELECT d.seq FROM {{}}audit_disclosure d{index} CROSS JOIN {{}}audit_entry e
  WHERE d.shard = :shard AND d.path = '/actor.id' AND {third} IN ({names}) AND d.seq >= :low AND d.seq < :high
  AND e.shard = :shard AND e.seq = d.seq{where} ORDER BY d.seq DESC LIMIT :limit) AS arm"""


class TrailRows(Queries):
    """The part of a transaction that searches the trail."""

    async def search_trail(self, query: TrailQuery) -> TrailPage:
        """Return a page of the entries that fit, newest first; nothing of it is verified.

        Raises:
            InvalidInputError: the page asked for is none, or too large.
        """
        if not 0 < query.limit <= _MOST:
            raise InvalidInputError(
                f"A page has 1 to {_MOST} entries.", field="limit", advice="Ask for fewer."
            )
        upto, below = _place(query.after)
        types = await self._types(query.type)
        found: list[Row] = []
        while types is not None and len(found) <= query.limit:
            shard = (await self._ask("SELECT max(shard) FROM {}audit_entry WHERE shard <= :upto", upto=upto))[
                0
            ][0]
            if shard is None:
                break
            found += await self._in_shard(
                query,
                types,
                shard=shard,
                high=below if shard == upto else END,
                limit=query.limit + 1 - len(found),
            )
            upto, below = shard - 1, END
        return await self._page(found, query.limit)

    async def _types(self, asked: str) -> list[str] | None:
        """Return the types that fit, none of them when every type does, None when no entry is of such a type."""
        if not asked.endswith("."):
            return [asked] if asked else []
        return [each for (each,) in await self._ask(_TYPES) if each.startswith(asked)] or None

    async def _in_shard(
        self, query: TrailQuery, types: Sequence[str], *, shard: int, high: int, limit: int
    ) -> list[Row]:
        """Return the newest entries below `high` that fit, of one shard."""
        names = privacy_of(self._connection).names(query.actor) if query.actor else []
        arms, values = _arms(query, types, names, self._connection.dialect.name)
        sql = _PAGE.format(arms=" UNION ALL ".join(arms))
        found: list[Row] = []
        for low, top in await ranges_of(self._connection, shard, high, query.since, query.until):
            left = limit - len(found)
            rows = await self._ask(sql, **values, shard=shard, low=low, high=top, limit=left) if left else []
            found += [Row(row[0], row[1], row[2], bytes(row[3])) for row in rows]
        return found

    async def _page(self, found: Sequence[Row], limit: int) -> TrailPage:
        entries = [
            FoundEntry(each.shard, each.seq, each.body, each.leaf_hash, each.disclosed())
            for each in await stored(self._connection, found[:limit])
        ]
        more = len(found) > limit
        return TrailPage(entries, f"{entries[-1].shard}.{entries[-1].seq}" if more else "")

    async def _ask(self, sql: str, **values: Any) -> Sequence[Any]:
        statement = text(sql.replace("{}", prefix(self._connection.dialect.name)))
        return (await self._connection.execute(statement, values)).all()


def _arms(
    query: TrailQuery, types: Sequence[str], names: Sequence[str], dialect: str
) -> tuple[list[str], dict[str, Any]]:
    """Return one SELECT of numbers for each run through an index, and the values they share."""
    resource = f"{_RESOURCE[dialect]} = lower(:resource)"
    asked = [
        ("ix_audit_change", "change_id = :change", {"change": query.change}),
        ("ix_audit_resource", resource, {"resource": query.resource}),
        ("ix_audit_actor", _ACTOR, {"actor": query.actor}),
    ]
    fits = [each for each in asked if all(each[2].values())]
    values = {name: value for each in fits for name, value in each[2].items()}
    values |= {f"type{n}": each for n, each in enumerate(types)}
    values |= {f"name{n}": each for n, each in enumerate(names)}
    where = "".join(f" AND {each[1]}" for each in fits)
    if query.since is not None:
        where, values["since"] = f"{where} AND ts >= :since", timestamp(query.since)
    if query.until is not None:
        where, values["until"] = f"{where} AND ts <= :until", timestamp(query.until)
    if fits and types:
        where += f" AND type IN ({', '.join(f':type{n}' for n in range(len(types)))})"
    if fits or not types:
        by_name = [_committed_arm(where, len(names), dialect)] if names else []
        return [_arm(dialect, fits[0][0] if fits else "", where), *by_name], values
    return [_arm(dialect, "ix_audit_type", f"{where} AND type = :type{n}") for n in range(len(types))], values


def _arm(dialect: str, index: str, where: str) -> str:
    return _ARM.format(index=by_index(dialect, index) if index else "", where=where)


def _committed_arm(where: str, names: int, dialect: str) -> str:
    """Return the SELECT of the actor's numbers where entries only commit to who it was: by text or handle."""
    return _COMMITTED.format(
        index=by_index(dialect, "ix_audit_disclosed_actor"),
        third=third(dialect, "d."),
        names=", ".join(f":name{n}" for n in range(names)),
        where=where.replace(f" AND {_ACTOR}", ""),
    )


def _place(after: str) -> tuple[int, int]:
    """Return the shard and the number below which a page begins."""
    if not after:
        return END, END
    shard, _, seq = after.partition(".")
    if not (shard.isascii() and shard.isdigit() and seq.isascii() and seq.isdigit() and len(after) < 20):
        raise InvalidInputError(
            "There is no such page.", field="after", advice="Begin with the first page again."
        )
    return int(shard), int(seq)
