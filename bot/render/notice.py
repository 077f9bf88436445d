"""A modal that only informs, and the button that stands in for a modal where Slack gives no trigger."""

from bot.ports.slack import Block, Message
from bot.render.blocks import actions, button, footer, say, section
from bot.render.modal import Modal, modal
from bot.render.texts import words as safe


def render_notice_view(title: str, words: str, ref: str) -> Block:
    """Return a modal with one paragraph and nothing to submit."""
    return modal(Modal(title, "notice", close="Close"), [section(safe(words, 2900)), footer(ref)])


def render_open_button(words: str, *, label: str, action_id: str, value: str, ref: str) -> Message:
    """Return a message whose one button opens a modal."""
    said = safe(words, 2900)
    opens = button(label, action_id, value, style="primary", says=f"{label}: {words}")
    return say(said, [section(said), *actions([opens]), footer(ref)])
