"""`apply`, `poll`, `read-back`: the executor's jobs; nothing here speaks to Slack."""

from datetime import timedelta

from bot.domain.change import change_number
from bot.domain.errors import RunAgain
from bot.usecases.execute_change import execute_change
from bot.usecases.follow_step import poll_step, read_back_step
from handlers.dependencies import ExecutorSide
from handlers.shapes import ExecutorJob

LATER = timedelta(minutes=1)


async def _apply(key: str, side: ExecutorSide) -> None:
    if why := side.clock_wrong():
        raise RunAgain(side.desk.clock.now() + LATER, why)
    await execute_change(_number(key), executor=side.executor, desk=side.desk, cause=side.cause("apply"))


async def _poll(key: str, side: ExecutorSide) -> None:
    await poll_step(_number(key), executor=side.executor, desk=side.desk, cause=side.cause("poll"))


async def _read_back(key: str, side: ExecutorSide) -> None:
    await read_back_step(_number(key), executor=side.executor, desk=side.desk, cause=side.cause("read-back"))


def _number(key: str) -> int:
    return change_number(key.split(":")[1])


APPLY = ExecutorJob("apply", _apply)
POLL = ExecutorJob("poll", _poll)
READ_BACK = ExecutorJob("read-back", _read_back)
