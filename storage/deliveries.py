"""What a delivery leaves behind while it is acknowledged: its claim, its question, its answer; many in one go."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.effect import Question
from bot.domain.errors import ConflictError
from storage.queries import Queries
from storage.rows import question_columns
from storage.tables import QUESTION, RECEIPT

UNANSWERED = timedelta(seconds=3)


async def claim(connection: AsyncConnection, asked: Sequence[tuple[str, datetime]]) -> list[str | None]:
    """Claim keys: None for each that is new or free again, else its stored answer (empty: still at it)."""
    queries = Queries(connection)
    rows = [{"key": key, "at": at, "answer": ""} for key, at in sorted(asked)]  # one order in every process
    new = queries.insert(RECEIPT).on_conflict_do_nothing(index_elements=["key"]).returning(RECEIPT.c.key)
    ours = {row.key for row in await connection.execute(new, rows)}
    found: list[str | None] = []
    for key, at in asked:
        if key in ours:
            ours.remove(key)
            found.append(None)
        else:
            found.append(await _taken_over(queries, key, at))
    return found


async def _taken_over(queries: Queries, key: str, at: datetime) -> str | None:
    mine = (RECEIPT.c.key == key, RECEIPT.c.answer == "", RECEIPT.c.at < at - UNANSWERED)
    if await queries.changed(update(RECEIPT).where(*mine).values(at=at)):
        return None
    row = await queries.one(select(RECEIPT.c.answer).where(RECEIPT.c.key == key))
    return "" if row is None else str(row["answer"])


async def answer(connection: AsyncConnection, given: Sequence[tuple[str, str]]) -> list[None]:
    """Store the answers given to deliveries."""
    statement = update(RECEIPT).where(RECEIPT.c.key == bindparam("of")).values(answer=bindparam("said"))
    await connection.execute(statement, [{"of": key, "said": said} for key, said in sorted(given)])
    return [None for _ in given]


async def give_back(connection: AsyncConnection, keys: Sequence[str]) -> list[None]:
    """Give unanswered claims back."""
    unanswered = (RECEIPT.c.key.in_(keys), RECEIPT.c.answer == "")
    await connection.execute(delete(RECEIPT).where(*unanswered))
    return [None for _ in keys]


async def keep_questions(connection: AsyncConnection, questions: Sequence[Question]) -> list[int]:
    """Store questions and return their numbers; a `ref` is one question's."""
    statement = insert(QUESTION).returning(QUESTION.c.number, QUESTION.c.ref)
    rows = await connection.execute(statement, [question_columns(each) for each in questions])
    numbers: dict[str, list[int]] = {}
    for row in rows:
        numbers.setdefault(row.ref, []).append(int(row.number))
    if sum(map(len, numbers.values())) != len(questions):
        raise ConflictError("The database did not keep the question.", advice="Ask again.")
    return [numbers[each.ref].pop() for each in questions]


async def forget_questions(connection: AsyncConnection, numbers: Sequence[int]) -> list[None]:
    """Delete answered questions with their response_urls."""
    await connection.execute(delete(QUESTION).where(QUESTION.c.number.in_(numbers)))
    return [None for _ in numbers]
