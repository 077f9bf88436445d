"""What is said around a change: its comments, and what a revision changes about the one before."""

from bot.domain.change import ChangeState
from bot.domain.comment import LONGEST, Comment
from bot.domain.revision import Moved
from bot.ports.slack import Block, Message
from bot.render.blocks import context, footer, preformatted, rich_line, rich_quote, rich_text, say, section
from bot.render.change_view import ChangeView, button_value
from bot.render.modal import Ask, Modal, ask, modal, text_input
from bot.render.texts import EMPTY, count, escape, mention, one_line, shorten, when

_SHOWN = 5
_MOVED = 12
_PERSON = "owner"  # what stands in code is never shown as a person


def revision_blocks(view: ChangeView) -> list[Block]:
    """Return what differs from the revision before, and that its approvals do not count, while it waits."""
    if view.moved is None or view.change.state is not ChangeState.PENDING_APPROVAL:
        return []
    before = view.change.revision - 1
    said = f"Approvals of revision {before} do not count."
    if not view.moved:
        return [section(f"*Nothing differs from revision {before}.* {said}")]
    people = [each for each in view.moved if each.name == _PERSON]
    rest = [each for each in view.moved if each.name != _PERSON]
    lines = [line for each in rest[:_MOVED] for line in _differs(each)]
    more = [f"  and {len(rest) - _MOVED} more"] if len(rest) > _MOVED else []
    title = rich_line(f"Revision {view.change.revision} against revision {before}", bold=True)
    differs = [preformatted("\n".join([*lines, *more]))] if lines else []
    owner = [section(f"Owner: {mention(each.before)} → {mention(each.after)}") for each in people]
    return [rich_text(title, *differs), *owner, context(said)]


def _differs(moved: Moved) -> list[str]:
    before, after = (shorten(one_line(text), 160) or EMPTY for text in (moved.before, moved.after))
    return [f"- {moved.name}: {before}", f"+ {moved.name}: {after}"]


def comment_blocks(view: ChangeView) -> list[Block]:
    """Return the last comments in full, for who asks to see a change."""
    if not view.comments:
        return []
    shown = view.comments[-_SHOWN:]
    hidden = len(view.comments) - len(shown)
    title = count(len(view.comments), "comment") + (f", the last {_SHOWN}" if hidden else "")
    blocks: list[Block] = [section(f"*{title}*")]
    for comment in shown:
        blocks += [context(_by(comment)), rich_text(rich_quote(comment.words, LONGEST))]
    return blocks


def comments_line(view: ChangeView) -> str:
    """Return that there are comments in the thread, empty when there are none."""
    return f"{count(len(view.comments), 'comment')} in the thread" if view.comments else ""


def render_comment(view: ChangeView, comment: Comment, ref: str) -> Message:
    """Return a comment as a reply in the thread of its change's card."""
    text = (
        f"{mention(comment.person)} commented on {view.change.id}: “{escape(one_line(comment.words), 600)}”."
    )
    blocks = [section(f"*Comment* · {_by(comment)}"), rich_text(rich_quote(comment.words, LONGEST))]
    return say(text, [*blocks, footer(ref, f"{view.change.id} · nothing is decided by a comment")])


def _by(comment: Comment) -> str:
    return f"{mention(comment.person)} {when(comment.at)} · revision {comment.revision}"


def render_comment_form(view: ChangeView, typed: str, ref: str) -> Block:
    """Return the modal in which a comment is written."""
    words = text_input(typed, limit=LONGEST, multiline=True, placeholder="Has the quota been confirmed?")
    hint = "Kept with the change and shown in its thread. No secrets or personal data, please."
    blocks = [
        section(f"*{escape(view.action, 400)}*\nA comment decides nothing and tells nobody by itself."),
        ask(Ask("comment", "Comment", hint, action="text"), words),
        footer(ref, f"{view.change.id} · revision {view.change.revision}"),
    ]
    title = f"Comment on {view.change.id}"
    return modal(Modal(title, "change.comment", submit="Comment", metadata=button_value(view.change)), blocks)
