"""The form of an exception: which field may differ, who owns that, until when, and why; and the one that lifts it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.baseline import DriftException
from bot.domain.deployment import Target
from bot.domain.field_names import field_words
from bot.domain.json import canonical
from bot.ports.slack import Block
from bot.render.blocks import footer, section
from bot.render.modal import Ask, Modal, ask, modal, text_input
from bot.render.texts import escape, is_user, mention, one_line


@dataclass(frozen=True)
class ExceptForm:
    """The target, the field's path, and what was already typed, by block id."""

    target: Target
    field: str
    values: Mapping[str, str]


def render_lift(exception: DriftException, metadata: str, ref: str) -> Block:
    """Return the modal `drift.lift`: what is excepted, by whom, and what lifting it does."""
    name = escape(field_words(exception.field), 100)
    last = f"{exception.until - timedelta(seconds=1):%d %b %Y}".lstrip("0")
    said = (
        f"*{name} of {escape(one_line(exception.target), 120)}* is excepted until {last}, "
        f"owner {mention(exception.owner)}: {escape(one_line(exception.reason), 600)}\n"
        "Lifted, drift reports it again at once. This cannot be undone; it can be excepted again."
    )
    frame = Modal("Lift the exception", "drift.lift", submit="Lift", metadata=metadata)
    return modal(frame, [section(said), footer(ref, "Azure is not changed. It is kept in the audit trail.")])


def render_except(form: ExceptForm, ref: str) -> Block:
    """Return the modal `drift.except`."""
    frame = Modal(
        "Except from drift",
        "drift.except",
        submit="Except",
        metadata=canonical({"target": form.target.alias, "field": form.field}).decode(),
    )
    owner: Block = {"type": "users_select"}
    if is_user(form.values.get("owner", "")):
        owner["initial_user"] = form.values["owner"]
    until = text_input(form.values.get("until", ""), limit=10, placeholder="2026-12-31")
    reason = text_input(form.values.get("reason", ""), limit=1000, multiline=True)
    name = escape(field_words(form.field), 100)
    said = (
        f"*{name} of {escape(one_line(form.target.alias), 120)}* may differ from what is declared. "
        "Drift counts it and no longer reports it, until the day you name; then it comes back."
    )
    return modal(
        frame,
        [
            section(said),
            ask(Ask("owner", "Owner", "Who answers for the difference.", action="user"), owner),
            ask(Ask("until", "Last day", "UTC, a year away at most."), until),
            ask(Ask("reason", "Reason", "Do not paste secrets or personal data.", action="text"), reason),
            footer(ref, "Azure is not changed. The exception is kept in the audit trail."),
        ],
    )
