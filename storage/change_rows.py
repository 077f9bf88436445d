"""Changes in a transaction: reading them, and moving them by compare-and-set."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from bot.domain.change import (
    OPEN_ON_ACCOUNT,
    RUNNING,
    WAITING,
    Change,
    ChangeState,
    Request,
    Tier,
    holds_up,
    may_move,
)
from bot.domain.errors import ConflictError, NotFoundError
from bot.ports.archive import ChangeQuery, Draft
from storage.queries import Queries
from storage.rows import change_columns, change_of, request_columns
from storage.tables import CHANGE

_FORGOTTEN = (
    *("plan_digest", "evidence", "apply_asked_by", "rollback_asked_by", "decided_by", "note"),
    *("broke_glass_by", "reviewed_by"),
)
_UNPLANNED: Mapping[str, Any] = {
    **dict.fromkeys(_FORGOTTEN, ""),
    **dict.fromkeys(
        (
            *("plan", "evidence_at", "submitted_at", "expires_at", "window_ends_at", "executed_at"),
            "review_due_at",
        )
    ),
    "tier": Tier.NORMAL.value,
    "quorum": 1,
    "outcome": {},
}


class ChangeRows(Queries):
    """The part of a transaction that holds changes."""

    async def change(self, number: int) -> Change:
        """Return a change; raise NotFoundError. In a transaction on Postgres its row is ours to the end."""
        found = select(CHANGE).where(CHANGE.c.number == number)
        is_a_look = self._is_a_look()
        row = await self.one(found if is_a_look else found.with_for_update(key_share=True))
        if row is None:
            raise NotFoundError(f"There is no CHG-{number}.", advice="See `change list`.")
        return change_of(row)

    def _is_a_look(self) -> bool:
        """Return whether this connection cannot write: then it cannot lock a row either."""
        connection = self._connection.sync_connection
        return connection is not None and bool(connection.get_execution_options().get("postgresql_readonly"))

    async def hold(self, arm_id: str) -> None:
        """Let nobody else decide what is open on a deployment until this transaction ends.

        SQLite lets one transaction in at a time; on Postgres it is a lock by name, and what others committed before
        it was taken is seen by every statement after it.
        """
        if self._connection.dialect.name == "postgresql":
            name = func.hashtextextended(f"deployment {arm_id.lower()}", 0)
            await self.one(select(func.pg_advisory_xact_lock(name).is_(None)))

    async def changes(self, query: ChangeQuery) -> Sequence[Change]:
        """Return matching changes, newest first."""
        return [change_of(row) for row in await self.all(_selected(query))]

    async def add_draft(self, draft: Draft, now: datetime) -> Change:
        """Store a new draft under the next number."""
        values = {
            **_UNPLANNED,
            **request_columns(draft.request),
            "revision": 1,
            "state": ChangeState.DRAFT.value,
            "environment": draft.environment,
            "account": draft.account,
            "arm_id": draft.arm_id,
            "channel": draft.channel,
            "created_at": now,
            "card_ts": "",
            "view_id": draft.view_id,
        }
        row = await self.one(self.insert(CHANGE).values(values).returning(CHANGE))
        if row is None:
            raise ConflictError("The database did not keep the draft.", advice="Try again.")
        return change_of(row)

    async def redraft(self, change: Change, request: Request, view_id: str) -> Change | None:
        """Replace a draft's request, or make revision n + 1 in changes_requested; None when it moved."""
        if change.state not in (ChangeState.DRAFT, ChangeState.CHANGES_REQUESTED):
            return None
        revised = change.state is ChangeState.CHANGES_REQUESTED
        values = {
            **_UNPLANNED,
            **request_columns(request),
            "expires_at": change.expires_at,
            "view_id": view_id,
            "revision": change.revision + revised,
        }
        return await self._set(change, values)

    async def move(self, change: Change, to: ChangeState, **columns: Any) -> Change | None:
        """Move by one compare-and-set on (number, state, revision); None when it moved away.

        Raises:
            ConflictError: another change holds the account, or the state machine has no such move.
        """
        if not may_move(change.state, to):
            raise ConflictError(f"{change.id} is {change.state}: it cannot become {to}.")
        values = {**change_columns(columns), "state": to.value}
        if to not in OPEN_ON_ACCOUNT:
            return await self._set(change, values)
        if change.state not in OPEN_ON_ACCOUNT:
            await self._find_free(change)
        try:
            async with self._connection.begin_nested():
                return await self._set(change, values)
        except IntegrityError:
            holder = await self._holder(change)
            if holder is None:
                raise
        raise _held(change, holder)

    async def mark(self, change: Change, **columns: Any) -> Change | None:
        """Set columns while (number, state, revision) and their old values still hold; None when not."""
        old = change_columns({name: getattr(change, name) for name in columns})
        unchanged = [CHANGE.c[name].is_not_distinct_from(value) for name, value in old.items()]
        return await self._set(change, change_columns(columns), *unchanged)

    async def _set(
        self, change: Change, values: Mapping[str, Any], *unchanged: ColumnElement[bool]
    ) -> Change | None:
        row = await self.one(
            update(CHANGE)
            .where(
                CHANGE.c.number == change.number,
                CHANGE.c.state == change.state.value,
                CHANGE.c.revision == change.revision,
                *unchanged,
            )
            .values(dict(values))
            .returning(CHANGE)
        )
        return None if row is None else change_of(row)

    async def _find_free(self, change: Change) -> None:
        """Let nobody else of the account start until this transaction ends; raise ConflictError when it is held."""
        await self.hold(change.account)
        others = await self.changes(ChangeQuery(states=OPEN_ON_ACCOUNT, account=change.account, limit=100))
        holder = next((other.number for other in others if holds_up(other, change)), None)
        if holder is not None:
            raise _held(change, holder)

    async def _holder(self, change: Change) -> int | None:
        """Return who runs on the account, or is open on the deployment."""
        running = [state.value for state in RUNNING]
        row = await self.one(
            select(CHANGE.c.number).where(
                CHANGE.c.account == change.account,
                CHANGE.c.number != change.number,
                CHANGE.c.state.in_([state.value for state in OPEN_ON_ACCOUNT]),
                or_(CHANGE.c.state.in_(running), CHANGE.c.arm_id == change.arm_id),
            )
        )
        return None if row is None else int(row["number"])


def _held(change: Change, holder: int) -> ConflictError:
    return ConflictError(
        f"CHG-{holder} holds the account {change.account}.",
        advice=f"{change.id} can be applied when CHG-{holder} is through.",
    )


def _selected(query: ChangeQuery) -> Select[Any]:
    statement = select(CHANGE).order_by(CHANGE.c.number.desc()).limit(query.limit)
    if query.states:
        statement = statement.where(CHANGE.c.state.in_(sorted(state.value for state in query.states)))
    for name in ("target", "requester", "account"):
        if getattr(query, name):
            statement = statement.where(CHANGE.c[name] == getattr(query, name))
    if query.start_before is not None:
        statement = statement.where(_starting(query.start_before))
    if query.unreviewed_before is not None:
        statement = statement.where(_unreviewed(query.unreviewed_before))
    return statement if query.due_before is None else statement.where(_due(query.due_before))


def _starting(at: datetime) -> ColumnElement[bool]:
    """Return the condition: scheduled, its start has come, and no sweep has said so yet."""
    scheduled = CHANGE.c.state == ChangeState.SCHEDULED.value
    return and_(scheduled, CHANGE.c.start_at <= at, CHANGE.c.apply_asked_by != "", CHANGE.c.note == "")


def _unreviewed(at: datetime) -> ColumnElement[bool]:
    """Return the condition: its glass was broken, and the review is due and not there."""
    return and_(CHANGE.c.broke_glass_by != "", CHANGE.c.reviewed_by == "", CHANGE.c.review_due_at <= at)


def _due(at: datetime) -> ColumnElement[bool]:
    """Return the condition: what waits for people is due at expires_at, what runs at window_ends_at."""
    waiting = CHANGE.c.state.in_(sorted(state.value for state in WAITING))
    return or_(and_(waiting, CHANGE.c.expires_at <= at), and_(~waiting, CHANGE.c.window_ends_at <= at))
