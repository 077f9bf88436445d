"""Comments on changes and their revisions as submitted, in a transaction."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select

from bot.domain.comment import Comment
from bot.domain.errors import ConflictError
from bot.domain.revision import Revision
from storage.queries import Queries
from storage.tables import COMMENT, REVISION


class CommentRows(Queries):
    """The part of a transaction that holds comments and revisions."""

    async def comments(self, number: int) -> Sequence[Comment]:
        """Return the comments on a change, oldest first."""
        mine = select(COMMENT).where(COMMENT.c.number == number)
        return [Comment(**row) for row in await self.all(mine.order_by(COMMENT.c.n))]

    async def add_comment(self, comment: Comment) -> Comment:
        """Keep a comment under its change's next `n`.

        Raises:
            ConflictError: another comment took that place in the same instant.
        """
        last = await self.one(
            select(func.max(COMMENT.c.n).label("n")).where(COMMENT.c.number == comment.number)
        )
        kept = replace(comment, n=int((last or {}).get("n") or 0) + 1)
        if not await self.changed(self.insert(COMMENT).values(vars(kept)).on_conflict_do_nothing()):
            raise ConflictError("Somebody commented in the same instant.", advice="Send it again.")
        return kept

    async def revision(self, number: int, revision: int) -> Revision | None:
        """Return a revision as it was submitted, None when it never was."""
        one = (REVISION.c.number == number, REVISION.c.revision == revision)
        row = await self.one(select(REVISION).where(*one))
        return None if row is None else Revision(**row)

    async def keep_revision(self, revision: Revision) -> None:
        """Keep a revision as it is submitted; the first word stands."""
        await self.changed(self.insert(REVISION).values(vars(revision)).on_conflict_do_nothing())
