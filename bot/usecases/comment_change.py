"""Comment on a change: words of a member, kept with the change and shown in its card's thread."""

from bot.domain.comment import Comment
from bot.domain.notice import THREAD, kind_of
from bot.domain.policy import Refused
from bot.domain.talk_events import ChangeCommented
from bot.ports.archive import Transaction
from bot.usecases.desk import Caller, Desk
from bot.usecases.tell_people import notify

MOST_COMMENTS = 200


async def comment_change(
    number: int, words: str, *, caller: Caller, desk: Desk, tx: Transaction
) -> Comment | Refused:
    """Keep a comment (already redacted) on the revision of now; it decides nothing.

    Raises:
        ConflictError: somebody commented in the same instant; send it again.
    """
    change, now = await tx.change(number), desk.clock.now()
    if len(await tx.comments(number)) >= MOST_COMMENTS:
        return Refused(f"{change.id} has {MOST_COMMENTS} comments already. Talk in the thread of its card.")
    comment = await tx.add_comment(Comment(number, change.revision, caller.user, now, words))
    event = ChangeCommented(
        change=change.id, resource=change.arm_id, revision=change.revision, n=comment.n, words=words
    )
    await tx.record(event, by=caller.actor, cause=caller.cause)
    await notify(change, THREAD, kind_of(THREAD, change.revision, str(comment.n)), now=now, tx=tx)
    return comment
