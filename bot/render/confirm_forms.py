"""The modal that asks once more before something is done."""

from dataclasses import dataclass

from bot.ports.slack import Block
from bot.render.blocks import footer, section
from bot.render.change_view import ChangeView, button_value
from bot.render.change_words import state_line
from bot.render.modal import Ask, Modal, ask, modal, text_input
from bot.render.plan import diff_block
from bot.render.texts import code, escape, words


@dataclass(frozen=True)
class Confirmation:
    """What is about to be done, in words, and the two buttons; `with_reason` asks why."""

    callback_id: str
    title: str
    submit: str
    words: str
    with_reason: bool = False
    reason_needed: bool = True
    backwards: bool = False


def render_confirm(view: ChangeView, confirmation: Confirmation, ref: str) -> Block:
    """Return the modal that repeats what, where and which revision before it is done."""
    change = view.change
    blocks = [
        section(f"*{escape(view.action, 400)}*\n{state_line(view)}"),
        section(words(confirmation.words, 2500)),
    ]
    if change.plan is not None:
        blocks.append(diff_block(change.plan.reversed if confirmation.backwards else change.plan))
    if confirmation.with_reason:
        reason = text_input(limit=1000, multiline=True)
        asked = Ask(
            "reason", "Reason", "Kept with the change.", action="text", required=confirmation.reason_needed
        )
        blocks.append(ask(asked, reason))
    blocks.append(
        footer(ref, f"{change.id} · revision {change.revision} · plan {code(change.plan_digest[:12])}")
    )
    frame = Modal(
        confirmation.title,
        confirmation.callback_id,
        submit=confirmation.submit,
        metadata=button_value(change),
    )
    return modal(frame, blocks)
