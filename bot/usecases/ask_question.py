"""Ask a read-only question: remember who waits for the answer; a job looks and answers."""

from dataclasses import dataclass

from bot.domain.effect import Question
from bot.usecases.desk import Caller, Desk


@dataclass(frozen=True)
class Asking:
    """A question as a door heard it."""

    verb: str
    words: tuple[str, ...]
    channel: str
    response_url: str = ""
    share: bool = False


async def ask_question(asking: Asking, *, caller: Caller, desk: Desk) -> int:
    """Store a question and the job that answers it; return its number."""
    question = Question(
        number=0,
        verb=asking.verb,
        words=asking.words,
        user=caller.user,
        team=caller.person.team,
        channel=asking.channel,
        asked_at=desk.clock.now(),
        ref=caller.cause.ref,
        response_url=asking.response_url,
        share=asking.share,
    )
    return await desk.archive.ask(question, "snapshot")
