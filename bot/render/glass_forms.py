"""The modals of an emergency: break the glass, be asked once more, and review it afterwards."""

from collections.abc import Sequence

from bot.domain.break_glass import GlassVerdict
from bot.domain.json import Json
from bot.ports.slack import Block, Message
from bot.render.blocks import SECTION, cut_markup, footer, option, say, section
from bot.render.change_view import ChangeView, button_value
from bot.render.change_words import state_line
from bot.render.emergency_words import glass_lines
from bot.render.modal import Ask, Modal, ask, choice, metadata_json, modal, text_input
from bot.render.plan import diff_block, notes_blocks
from bot.render.texts import code, escape, mention, when

_WARNING = (
    "*Break the glass* approves this change in your name alone, without the approvals it lacks. Nothing else is "
    "skipped: the live state, the plan, freezes and every check are looked at again before anything is sent. "
    "Everybody who decides here is told at once, and somebody else reviews it within 24 hours."
)


def render_break_glass(view: ChangeView, ref: str) -> Block:
    """Return the modal `change.break_glass`: reason, incident, and the deployment's name to be typed."""
    change = view.change
    frame = Modal("Break the glass", "change.break_glass", submit="Continue", metadata=button_value(change))
    blocks = [section(f"*{escape(view.action, 400)}*\n{state_line(view)}"), section(_WARNING)]
    if change.plan is not None:
        blocks.append(diff_block(change.plan))
    blocks += notes_blocks(change)
    named = next((each.id for each in view.mode.incidents), change.request.incident)
    incident = text_input(named, limit=200, placeholder="INC-12")
    typed = text_input(limit=200, placeholder=change.deployment)
    blocks += [
        ask(
            Ask("reason", "Reason", "Everybody reads this.", action="text"),
            text_input(limit=1000, multiline=True),
        ),
        ask(Ask("incident", "Incident", "INC-n, or what people call it."), incident),
        ask(Ask("deployment", "Deployment", f"Type its name: {change.deployment}"), typed),
        footer(ref, "You are asked once more before it counts."),
    ]
    return modal(frame, blocks)


def render_break_confirm(view: ChangeView, said: dict[str, Json], told: Sequence[str], ref: str) -> Block:
    """Return the second step, `change.break_glass.confirm`; `said` is what was typed, `told` who will be."""
    change = view.change
    frame = Modal(
        "Break the glass?",
        "change.break_glass.confirm",
        submit="Break the glass",
        close="Go back",
        metadata=metadata_json(said),
    )
    people = ", ".join(mention(user) for user in told[:20]) or "nobody else: policy names no one"
    text = (
        f"*{escape(view.action, 400)}* on {code(change.deployment)} is approved by you alone.\n"
        f"Told at once: {people}, and the audit channel. It can be applied for at most an hour."
    )
    return modal(frame, [section(text), footer(ref, "Your name and your reason go into the audit trail.")])


def render_glass_review(view: ChangeView, ref: str) -> Block:
    """Return the modal `change.review`: was it right to break the glass?"""
    change = view.change
    frame = Modal("Review the glass", "change.review", submit="Record review", metadata=button_value(change))
    options = [
        option("Justified", GlassVerdict.JUSTIFIED, "It could not wait for the approvals"),
        option("Not justified", GlassVerdict.NOT_JUSTIFIED, "It could have waited, or was something else"),
    ]
    note = text_input(limit=1000, multiline=True)
    lines = "\n".join(f"• {line}" for line in glass_lines(change))
    blocks = [section(f"*{escape(view.action, 400)}*\n{state_line(view)}\n{lines}")]
    if change.plan is not None:
        blocks.append(diff_block(change.plan))
    blocks += [
        ask(Ask("verdict", "What you find", action="choice"), choice("radio_buttons", options)),
        ask(Ask("note", "Note", "What you looked at, and what should follow.", action="text"), note),
        footer(ref, "A review is by somebody else than who broke the glass or who asked."),
    ]
    return modal(frame, blocks)


def render_glass_notice(view: ChangeView, what: str, ref: str, *, may_review: bool = True) -> Message:
    """Return what everybody is told: that the glass was broken, was not reviewed, or was.

    Who may not review it reads that somebody else does.
    """
    change = view.change
    lines = glass_lines(change)
    due = (
        f" Review it by {when(change.review_due_at)}: `change review {change.id}`."
        if change.review_due_at
        else ""
    )
    if change.review_due_at and not may_review:
        due = f" Somebody else reviews it, by {when(change.review_due_at)}; there is nothing for you to do."
    match what:
        case "glass":
            title = f"The glass was broken for {change.id} ({escape(view.action, 300)})."
            end = due
        case "lapsed":
            title = (
                f"Nobody has reviewed the glass that was broken for {change.id} ({escape(view.action, 300)})."
            )
            end = due.replace("Review it by", "The review was due")
        case _:
            title = f"The glass that was broken for {change.id} was reviewed."
            end = ""
    said = "\n".join([title, *(f"• {line}" for line in lines), end.strip()]).strip()
    return say(
        said, [section(cut_markup(said, SECTION)), footer(ref, f"change show {change.id} shows its card.")]
    )
