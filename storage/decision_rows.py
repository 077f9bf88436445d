"""Votes and the journal of effects in a transaction: unique keys and fences decide who was first."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from bot.domain.change import Change, Choice, Vote
from bot.domain.effect import Effect
from bot.domain.pairs import Given
from storage.queries import Queries
from storage.rows import effect_columns, effect_of, vote_columns, vote_of
from storage.tables import CHANGE, EFFECT, VOTE


class DecisionRows(Queries):
    """The part of a transaction that holds votes and effects."""

    async def votes(self, change: Change) -> Sequence[Vote]:
        """Return the votes on the change's current revision, oldest first."""
        rows = await self.all(
            select(VOTE)
            .where(VOTE.c.number == change.number, VOTE.c.revision == change.revision)
            .order_by(VOTE.c.at, VOTE.c.person)
        )
        return [vote_of(row) for row in rows]

    async def approvals_since(self, since: datetime) -> Sequence[Given]:
        """Return who approved whose changes since a time, on any revision, and how often."""
        who = (CHANGE.c.requester, VOTE.c.person)
        rows = await self.all(
            select(*who, func.count().label("count"))
            .join_from(VOTE, CHANGE, VOTE.c.number == CHANGE.c.number)
            .where(VOTE.c.choice == Choice.APPROVE.value, VOTE.c.at >= since)
            .group_by(*who)
        )
        return [Given(str(row["requester"]), str(row["person"]), int(row["count"])) for row in rows]

    async def add_vote(self, vote: Vote) -> bool:
        """Store a vote; False when that person has already voted on that revision."""
        return await self.changed(
            self.insert(VOTE)
            .values(vote_columns(vote))
            .on_conflict_do_nothing(index_elements=["number", "revision", "person"])
        )

    async def drop_vote(self, vote: Vote) -> bool:
        """Take a vote away, as it was given; False when it is not there any more."""
        key = (VOTE.c.number == vote.number, VOTE.c.revision == vote.revision, VOTE.c.person == vote.person)
        return await self.changed(delete(VOTE).where(*key, VOTE.c.at == vote.at))

    async def effect(self, change: Change, step: str) -> Effect | None:
        """Return the journal row of a step of the change's revision."""
        row = await self.one(
            select(EFFECT).where(
                EFFECT.c.number == change.number,
                EFFECT.c.revision == change.revision,
                EFFECT.c.step == step,
            )
        )
        return None if row is None else effect_of(row)

    async def journal(self, effect: Effect, *, expected: str) -> bool:
        """Write a row by compare-and-set on its phase (`expected` empty: insert); False when it moved.

        The fence never goes down, and writing the same phase again (a takeover) must raise it: of two that
        take over at once, one is refused, and whoever was taken over from can write no more.
        """
        values = effect_columns(effect)
        if not expected:
            return await self.changed(
                self.insert(EFFECT)
                .values(values)
                .on_conflict_do_nothing(index_elements=["number", "revision", "step"])
            )
        return await self.changed(
            update(EFFECT)
            .where(
                EFFECT.c.number == effect.number,
                EFFECT.c.revision == effect.revision,
                EFFECT.c.step == effect.step,
                EFFECT.c.phase == expected,
                or_(
                    EFFECT.c.fence < effect.fence,
                    (EFFECT.c.fence == effect.fence) & (EFFECT.c.phase != effect.phase.value),
                ),
            )
            .values(values)
        )
