"""The review modal: two clicks for a decision, none of them blind."""

from bot.domain.change import Choice
from bot.ports.slack import Block
from bot.render.after_words import signal_facts, trigger_facts
from bot.render.blocks import fields, footer, option, section
from bot.render.change_view import ChangeView, button_value
from bot.render.change_words import state_line, who_line
from bot.render.emergency_words import freeze_line
from bot.render.modal import Ask, Modal, ask, modal, text_input
from bot.render.modal import choice as choice_element
from bot.render.plan import diff_block, notes_blocks, reason_block, rollback_block
from bot.render.talk import revision_blocks
from bot.render.texts import EMPTY, escape, mention, one_line, words

_CHOICES = (
    option("Approve", Choice.APPROVE, "This plan, this revision, in your name"),
    option("Reject", Choice.REJECT, "Closes this revision; say why"),
    option("Request changes", Choice.REQUEST_CHANGES, "The requester can send a new revision; say what"),
)


def render_decide(
    view: ChangeView, *, choice: str, live: str, who: str, evidence_age: str, ref: str
) -> Block:
    """Return the review modal with the choice pre-set and everything re-read beside it."""
    change = view.change
    facts = [
        ("Owner", mention(change.request.owner)),
        ("Ticket", escape(one_line(change.request.ticket), 400)),
        ("Live now", words(live, 600) or EMPTY),
        ("Evidence", escape(one_line(evidence_age), 200)),
        ("Expected cost", escape(one_line(change.request.expected_cost), 600)),
        *signal_facts(change),
        *trigger_facts(change),
        ("Who may decide", words(who, 900) or "nobody else"),
        ("Risk tier", f"{change.tier.value.capitalize()} · {escape(one_line(change.environment), 60)}"),
    ]
    first = (f"*{escape(view.action, 400)}*", state_line(view), who_line(view), freeze_line(view.freezes))
    blocks = [section("\n".join(filter(None, first))), *fields(facts)]
    blocks += revision_blocks(view)
    if change.plan is not None:
        blocks.append(diff_block(change.plan))
    blocks += [*notes_blocks(change), reason_block(change.request.reason)]
    blocks += [rollback_block(change.request.rollback_plan), *_inputs(choice)]
    blocks.append(footer(ref, "Your name, the time and this plan go into the audit trail."))
    frame = Modal(
        f"Decide {change.id}", "change.decide", submit="Record decision", metadata=button_value(change)
    )
    return modal(frame, blocks)


def _inputs(chosen: str) -> list[Block]:
    reason = text_input(limit=1000, multiline=True, placeholder="What would change your decision?")
    hint = "Needed unless you approve. The requester reads it; no secrets or personal data, please."
    return [
        ask(
            Ask("decision", "Your decision", action="choice"),
            choice_element("radio_buttons", _CHOICES, chosen),
        ),
        ask(Ask("reason", "Reason", hint, action="text", required=False), reason),
    ]
