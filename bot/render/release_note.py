"""The release note of a change, in Markdown: what changed, why, by whom, with which effect, and the way back."""

import json
import re
from collections.abc import Mapping, Sequence

from bot.domain.change import Change
from bot.domain.evidence import evidence_id
from bot.domain.field_names import field_words
from bot.domain.json import Json
from bot.domain.operation import Operation, differences, value_at
from bot.render.after_words import siblings_words
from bot.render.change_view import ChangeView
from bot.render.change_words import state_word
from bot.render.texts import one_line, tidy, utc

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&!])")
_LEADING = re.compile(r"^(\d*)([-+=.)])")
_MOST = 40


def render_release_note(view: ChangeView) -> str:
    """Return the note. What people wrote is escaped: it cannot become markup of its own."""
    change = view.change
    parts = [
        f"## {change.id}: {safe(view.action)}",
        _where(change),
        "### What changed",
        _listed(_changed(change)),
        "### Why",
        _quoted(change.request.reason),
        "### Who",
        _listed(_who(view)),
        "### Effect",
        _listed(_effect(view)),
        "### The way back",
        _quoted(change.request.rollback_plan),
        _calls(change.plan.rollback if change.plan else ()),
        "### Proof",
        _listed(_proof(change)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def safe(text: str) -> str:
    """Return text of people on one line for Markdown: no character of it is markup."""
    return _SPECIAL.sub(r"\\\1", one_line(text))


def _where(change: Change) -> str:
    at = f", applied {utc(change.executed_at)}" if change.executed_at else ""
    where = _plain(change.plan.arm_id if change.plan else change.arm_id)
    return f"{safe(change.environment)} · `{where}` · {state_word(change.state).lower()}{at}"


def _changed(change: Change) -> list[str]:
    plan = change.plan
    if plan is None:
        return ["nothing is planned yet"]
    names = differences(plan.before, plan.after)
    lines = [
        f"{safe(_name(name))}: {_value(value_at(plan.before, name))} → {_value(value_at(plan.after, name))}"
        for name in names[:_MOST]
    ]
    if not plan.before or not plan.after:
        lines.insert(0, f"the deployment was {'deleted' if plan.before else 'created'}")
    return [*lines, f"and {len(names) - _MOST} more"] if len(names) > _MOST else lines


def _name(path: str) -> str:
    return f"tag {path.removeprefix('tags.')}" if path.startswith("tags.") else field_words(path)


def _value(value: Json) -> str:
    if value is None:
        return "none"
    return f"`{_plain(value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False))}`"


def _plain(text: str) -> str:
    return one_line(text).replace("`", "'") or "none"


def _who(view: ChangeView) -> list[str]:
    change, request = view.change, view.change.request
    approvers = ", ".join(_person(vote.person) for vote in view.approvals) or "nobody: policy asks for none"
    lines = [
        f"Ticket: {safe(request.ticket)}",
        f"Requested by {_person(request.requester)}",
        f"Owner: {_person(request.owner)}",
        f"Approved by {approvers}",
    ]
    if attested := view.said("attested"):
        lines.append(f"Attested by {_person(attested)}")
    if waived := view.said("waived"):
        lines.append(f"Attestation waived by {_person(waived)}: {safe(change.note)}")
    if request.origin:
        lines.append(f"Follows {safe(request.origin)}")
    return lines


def _person(user: str) -> str:
    return f"`{_plain(user)}`"


def _effect(view: ChangeView) -> list[str]:
    lines = []
    if verdict := view.said("verdict"):
        signal, before, after = (safe(view.said(name)) for name in ("signal", "before", "after"))
        missed = f", the signal was missed (at most {safe(limit)})" if (limit := view.said("missed")) else ""
        lines.append(f"Validation: {safe(verdict)}{missed} ({signal}: {before} → {after})")
    lines += [
        f"{name}: {safe(view.said(name.lower()))}" for name in ("Usage", "Cost") if view.said(name.lower())
    ]
    breach = view.change.outcome.get("breach")
    if isinstance(breach, Mapping):
        lines.append(f"The rollback trigger was passed: {safe(str(breach.get('value', '')))}")
    others = siblings_words(view.change)
    return [*lines, safe(others)] if others else lines or ["not measured yet"]


def _calls(operations: Sequence[Operation]) -> str:
    if not operations:
        return "There is no call that takes it back."
    return "\n\n".join(f"```\n{_call(each)}\n```" for each in operations)


def _call(operation: Operation) -> str:
    action = f"/{operation.action}" if operation.action else ""
    body = json.dumps(operation.body, indent=2, sort_keys=True, ensure_ascii=False) if operation.body else ""
    return f"{operation.verb} {operation.arm_id}{action}\n{body}".strip().replace("```", "'''")


def _proof(change: Change) -> list[str]:
    figures = change.outcome.get("figures")
    return [
        f"Plan: SHA-256 `{_plain(change.plan_digest)}`",
        *(
            [f"Evidence: {evidence_id(change.evidence)}, SHA-256 `{change.evidence}`"]
            if change.evidence
            else []
        ),
        *(
            [f"Figures before and after: SHA-256 `{_plain(figures)}`"]
            if isinstance(figures, str) and figures
            else []
        ),
        f"Check it: `audit proof {change.id}`",
    ]


def _listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _quoted(text: str) -> str:
    """Return text of people as a quotation, line by line, each without markup of its own."""
    lines = [_LEADING.sub(r"\1\\\2", safe(line)) for line in tidy(text).splitlines() if line.strip()]
    return "\n".join(f"> {line}  " for line in lines).rstrip() or "> not said"
