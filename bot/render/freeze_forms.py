"""Freezes: the list, the form that adds one, and the one that lifts it."""

from collections.abc import Mapping, Sequence

from bot.domain.configuration import Freeze
from bot.domain.freeze import ChatFreeze
from bot.domain.json import canonical
from bot.ports.slack import Block, Message
from bot.render.blocks import footer, header, say, section
from bot.render.modal import Ask, Modal, ask, modal, text_input
from bot.render.texts import code, count, escape, mention, one_line, when

_TIMES = "2h, 18:00, 2026-12-18 18:00 in your time zone, or with a zone: 2026-12-18T18:00+01:00."


def render_freeze_add(values: Mapping[str, str], zone: str, ref: str) -> Block:
    """Return the modal `freeze.add`, filled with what was typed; times without a zone are read in `zone`."""
    texts = [
        ("from", "From", f"now, {_TIMES}", "now", 40),
        ("to", "To", f"{_TIMES} A duration counts from the start, a day to its end.", "4h", 40),
        ("targets", "Targets", "Aliases or patterns, separated by commas; * is every target.", "*", 400),
    ]
    reason = text_input(values.get("reason", ""), limit=1000, multiline=True)
    said = (
        "While a freeze holds, nothing is applied to its targets and nobody is asked to approve; a rollback still "
        f"runs. Times without a zone are read as {escape(one_line(zone), 60)}."
    )
    return modal(
        Modal("Add a freeze", "freeze.add", submit="Freeze"),
        [
            section(said),
            ask(Ask("reason", "Reason", "Whoever is refused reads this.", action="text"), reason),
            *(
                ask(Ask(block, label, hint), text_input(values.get(block, usual), limit=limit))
                for block, label, hint, usual, limit in texts
            ),
            footer(ref, "Azure is not changed. It is kept in the audit trail."),
        ],
    )


def render_freeze_lift(freeze: ChatFreeze, why: str, ref: str) -> Block:
    """Return the modal `freeze.lift`."""
    frame = Modal(
        f"Lift {freeze.id}",
        "freeze.lift",
        submit="Lift",
        metadata=canonical({"number": freeze.number}).decode(),
    )
    said = f"{_chat_line(freeze)}\nLifted, changes run again at once. This cannot be undone; it can be added again."
    reason = text_input(why, limit=1000, multiline=True)
    return modal(
        frame,
        [
            section(said),
            ask(Ask("reason", "Reason", "Kept with the freeze.", action="text"), reason),
            footer(ref, "It is kept in the audit trail."),
        ],
    )


def render_freezes(of_file: Sequence[Freeze], of_chat: Sequence[ChatFreeze], ref: str) -> Message:
    """Return the freezes that hold or are to come: those of the file, and those of the chat."""
    rows = [*(_file_line(each) for each in of_file), *(_chat_line(each) for each in of_chat)]
    names = ", ".join([*(each.name for each in of_file), *(each.id for each in of_chat)])
    shown = [section(row) for row in rows[:40]] or [section("*None* · no freeze holds or is to come.")]
    text = f"Freezes: {count(len(rows), 'freeze')}{f' ({escape(one_line(names), 600)})' if names else ''}."
    hint = "freeze lift FRZ-n ends one of the chat; what stands in the file is ended there."
    return say(text, [header("Freezes"), *shown, footer(ref, hint)])


def freeze_added_words(freeze: ChatFreeze) -> str:
    """Return what was added, for the person who added it."""
    targets = ", ".join(sorted(freeze.targets))
    return f"{freeze.id} freezes {targets} from {_utc(freeze.start)} to {_utc(freeze.end)}."


def render_freeze_told(freeze: ChatFreeze, ref: str, *, is_lifted: bool) -> Message:
    """Return what the channels of its targets are told: who froze what until when, or who ended that."""
    targets = ", ".join(escape(one_line(name), 80) for name in sorted(freeze.targets)[:20])
    if is_lifted:
        text = f"{freeze.id} was lifted by {mention(freeze.lifted_by)}: changes of {targets} run again."
        why, hint = freeze.lifted_why, "Press Apply again on what waited."
    else:
        text = f"{freeze.id} freezes {targets} from {when(freeze.start)} to {when(freeze.end)}."
        why, hint = freeze.reason, f"`/cs freeze lift {freeze.id}` ends it early; a rollback still runs."
    by = "" if is_lifted else f" Added by {mention(freeze.by)}."
    said = f"{text}{by}\n“{escape(one_line(why), 600)}”"
    return say(text, [section(said), footer(ref, hint)])


def _utc(at: object) -> str:
    return f"{at:%d %b %Y %H:%M} UTC"


def _file_line(freeze: Freeze) -> str:
    override = ", ".join(freeze.override) or "nobody"
    return (
        f"*{escape(one_line(freeze.name), 120)}* · {when(freeze.start)} to {when(freeze.end)}\n"
        f"{_targets(freeze.targets)} · from countersign.toml · override: {escape(override, 200)}"
    )


def _chat_line(freeze: ChatFreeze) -> str:
    return (
        f"*{freeze.id}* · {when(freeze.start)} to {when(freeze.end)}\n"
        f"{_targets(sorted(freeze.targets))} · added by {mention(freeze.by)}: {escape(one_line(freeze.reason), 600)}"
    )


def _targets(names: Sequence[str]) -> str:
    return ", ".join(code(name, 80) for name in names[:20])
