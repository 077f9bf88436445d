"""The plan for a person: what changes, which calls go out, and how it is taken back."""

import json
import re
from collections.abc import Mapping, Sequence

from bot.domain.change import Change
from bot.domain.evidence import evidence_id
from bot.domain.json import Json
from bot.domain.operation import Operation, Plan, differences, value_at
from bot.ports.slack import Block, Message
from bot.render.blocks import (
    footer,
    header,
    preformatted,
    rich_line,
    rich_list,
    rich_quote,
    rich_text,
    say,
    section,
)
from bot.render.change_view import ChangeView
from bot.render.modal import Modal, modal
from bot.render.texts import code, count, escape, one_line, shorten, tidy, when

_MARKER = re.compile(r"^(?:\d{1,2}[.)]|[-*•])\s+")
_MAX_STEPS = 12
_MAX_LINES = 30
_NOTES = 20


def reason_block(reason: str) -> Block:
    """Return why the change is asked for, as its requester wrote it."""
    return rich_text(rich_line("Reason", bold=True), rich_quote(reason))


def diff_block(plan: Plan) -> Block:
    """Return what changes, line by line, as a preformatted diff."""
    names = differences(plan.before, plan.after)
    lines = [f"  deployment {plan.arm_id.rsplit('/', 1)[-1]}"]
    for name in names[:_MAX_LINES]:
        before, after = _at(plan.before, name), _at(plan.after, name)
        lines += [f"- {name}: {before}"] if before else []
        lines += [f"+ {name}: {after}"] if after else []
    what = "One setting changes" if len(names) == 1 else f"{count(len(names), 'setting')} change"
    return rich_text(rich_line(what, bold=True), preformatted("\n".join(lines)))


def _at(document: Mapping[str, Json], dotted: str) -> str:
    value = value_at(document, dotted)
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def rollback_block(text: str) -> Block:
    """Return the rollback plan a person wrote, as steps when it has several lines."""
    steps = [_MARKER.sub("", line.strip()) for line in shorten(tidy(text), 1500).splitlines() if line.strip()]
    title = rich_line("Rollback plan", bold=True)
    if len(steps) < 2:
        return rich_text(title, rich_line(steps[0] if steps else ""))
    if len(steps) > _MAX_STEPS:
        steps = [*steps[: _MAX_STEPS - 1], " / ".join(steps[_MAX_STEPS - 1 :])]
    return rich_text(title, rich_list(steps, ordered=True))


def notes_blocks(change: Change) -> list[Block]:
    """Return what people should know before they decide, as the pre-checks found it."""
    notes = change.outcome.get("notes")
    said = [shorten(str(note), 500) for note in notes[:_NOTES]] if isinstance(notes, list) else []
    return [rich_text(rich_line("Before you decide", bold=True), rich_list(said))] if said else []


def call_words(operation: Operation) -> str:
    """Return a call as verb, address and body."""
    action = f"/{operation.action}" if operation.action else ""
    body = json.dumps(operation.body, indent=2, sort_keys=True, ensure_ascii=False) if operation.body else ""
    return f"{operation.verb} {operation.arm_id}{action}\n{body}".strip()


def _calls(title: str, operations: Sequence[Operation], none: str) -> Block:
    text = "\n\n".join(call_words(operation) for operation in operations) or none
    return rich_text(rich_line(title, bold=True), preformatted(text))


def plan_blocks(view: ChangeView, ref: str) -> list[Block]:
    """Return the plan in full: diff, calls forward and back, rollback plan in words, digest."""
    change = view.change
    if change.plan is None:
        return [section("*No plan yet* · it is made when the request is checked."), footer(ref)]
    evidence = f"Evidence {code(evidence_id(change.evidence))}" if change.evidence else ""
    taken = f" {when(change.evidence_at)}" if evidence and change.evidence_at else ""
    return [
        section(f"*{escape(view.action, 400)}* · {escape(one_line(change.environment), 60)}"),
        diff_block(change.plan),
        _calls(
            "Sent to Azure when it is applied, once", change.plan.forward, "no call: a pipeline applies it"
        ),
        _calls(
            "Sent to Azure to take it back", change.plan.rollback, "no call: it has no way back from here"
        ),
        rollback_block(change.request.rollback_plan),
        footer(
            ref,
            f"Plan {code(change.plan_digest[:12])} · revision {change.revision}",
            f"{evidence}{taken}",
        ),
    ]


def render_plan(view: ChangeView, ref: str) -> Message:
    """Return the plan as a message."""
    change = view.change
    made = f"plan {escape(change.plan_digest[:12])}" if change.plan else "no plan yet"
    text = f"The plan of {change.id}, revision {change.revision}: {escape(view.action, 400)} ({made})."
    return say(text, [header(f"{change.id} · Plan"), *plan_blocks(view, ref)])


def render_plan_view(view: ChangeView, ref: str) -> Block:
    """Return the plan as a modal that only informs."""
    frame = Modal(f"Plan of {view.change.id}", "change.plan.view", close="Close")
    return modal(frame, plan_blocks(view, ref))
