"""Request a change: read the form, refuse what is missing beside its field, store the draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.changes.kinds import kind_named
from bot.domain.change import Change, ChangeState, ChangeType, Impact, Request
from bot.domain.configuration import Configuration
from bot.domain.deployment import Target
from bot.domain.errors import CountersignError, InvalidInputError
from bot.domain.moment import read_moment
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.domain.trigger import parse_trigger
from bot.ports.archive import Draft, Transaction
from bot.usecases.decide_change import only_its_requester, remember_refusal
from bot.usecases.desk import Caller, Desk

PROSE = {
    "ticket": ("Name the ticket this belongs to.", 200),
    "reason": ("Say why this is needed.", 2000),
    "expected_cost": ("Say what it will cost, even if that is nothing.", 500),
    "validation_signal": ("Name the signal that will show it worked, such as `HTTP 429 below 1 %`.", 500),
    "rollback_plan": ("Say how it will be undone; without that nobody is asked.", 2000),
}

LONGEST_INCIDENT = 200


@dataclass(frozen=True)
class Form:
    """What the request form held: plain values by block id, the chosen impacts, and where the form stands."""

    values: Mapping[str, str]
    impact: frozenset[str] = frozenset()
    number: int | None = None
    view_id: str = ""
    origin: str = ""


@dataclass(frozen=True)
class FieldProblems:
    """What is wrong, by block id."""

    by_block: Mapping[str, str]


async def request_change(
    form: Form, *, caller: Caller, standing: Standing, desk: Desk
) -> Change | FieldProblems | Refused:
    """Store the form as a draft whose pre-checks a job will run; nobody is asked before they are green."""
    configuration = desk.configuration
    read = read_form(form, caller.user, configuration, now=desk.clock.now())
    if isinstance(read, FieldProblems):
        return read
    target = configuration.target(read.target)
    refused = may_request(standing, target, configuration)
    if refused is not None:
        return refused
    async with desk.archive.transaction() as tx:
        change = await _stored(form, read, target, tx=tx, caller=caller, desk=desk)
        if isinstance(change, Change):
            await tx.enqueue("precheck", f"precheck:{change.id}")
        return change


def read_form(
    form: Form, requester: str, configuration: Configuration, *, now: datetime
) -> Request | FieldProblems:
    """Return the request the form makes, or every field that cannot be read."""
    problems: dict[str, str] = {}
    prose = {name: clean(form.values.get(name, "")) for name in PROSE}
    for name, (words, longest) in PROSE.items():
        if not prose[name]:
            problems[name] = words
        elif len(prose[name]) > longest:
            problems[name] = f"Keep it under {longest:,} characters."
    trigger = _trigger(form, problems)
    owner = form.values.get("owner", "").strip()
    if not owner:
        problems["owner"] = "Name one person who owns the outcome."
    asked = _asked(form, configuration, problems)
    _check_choices(form, problems)
    start_at, incident = _start(form, now, problems), _incident(form, problems)
    if problems:
        return FieldProblems(problems)
    return Request(
        kind=kind_named(form.values["kind"]).name,
        target=configuration.target(form.values["target"]).alias,
        requester=requester,
        owner=owner,
        asked=asked,
        impact=frozenset(Impact(name) for name in form.impact),
        type=ChangeType(form.values.get("type") or ChangeType.NORMAL),
        start_at=start_at,
        incident=incident,
        ticket=prose["ticket"],
        reason=prose["reason"],
        expected_cost=prose["expected_cost"],
        validation_signal=prose["validation_signal"],
        rollback_plan=prose["rollback_plan"],
        rollback_trigger=trigger,
        origin=form.origin,
    )


def may_request(standing: Standing, target: Target, configuration: Configuration) -> Refused | None:
    """Return why this person may not ask for changes here, None when they may."""
    if not standing.full_member:
        return Refused(
            f"Not allowed: {standing.why_not or 'you are not a full member of this workspace'}. "
            "Ask a full member of this workspace to make the request."
        )
    groups = configuration.may_request.get(target.environment, ())
    if groups and not standing.groups & set(groups):
        return Refused("Not allowed: you may not request changes here.", f"may_request: {', '.join(groups)}")
    return None


def _trigger(form: Form, problems: dict[str, str]) -> str:
    text = clean(form.values.get("rollback_trigger", "")).strip()
    try:
        if text:
            parse_trigger(text)
    except InvalidInputError as error:
        problems["rollback_trigger"] = str(error)
    return text


def _asked(form: Form, configuration: Configuration, problems: dict[str, str]) -> Mapping[str, str | int]:
    for block, check in (("target", configuration.target), ("kind", kind_named)):
        try:
            check(form.values.get(block, ""))
        except CountersignError as error:
            problems[block] = f"{error} {error.advice}".strip()
    if "kind" in problems:
        return {}
    try:
        return dict(kind_named(form.values["kind"]).read(form.values))  # type: ignore[arg-type]
    except InvalidInputError as error:
        problems[error.field or "kind"] = str(error)
        return {}


def _start(form: Form, now: datetime, problems: dict[str, str]) -> datetime | None:
    """Return the start that the picker (or a text, UTC) gives, None when it is left empty."""
    text = form.values.get("start_at", "").strip()
    if not text:
        return None
    try:
        start = read_moment(text, now=now, zone=UTC)
    except InvalidInputError as error:
        problems["start_at"] = f"{error} {error.advice}"
        return None
    if start <= now:
        problems["start_at"] = "That has passed. Name a later time, or leave it empty."
    return start


def _incident(form: Form, problems: dict[str, str]) -> str:
    incident = clean(form.values.get("incident", ""))
    if not incident and form.values.get("type") == ChangeType.EMERGENCY:
        problems["incident"] = "Name the incident this emergency belongs to: INC-n, or what people call it."
    elif len(incident) > LONGEST_INCIDENT:
        problems["incident"] = f"Keep it under {LONGEST_INCIDENT} characters."
    return incident


def _check_choices(form: Form, problems: dict[str, str]) -> None:
    unknown = form.impact - set(Impact)
    if unknown:
        problems["impact"] = f"There is no impact called {', '.join(sorted(unknown))}."
    if (form.values.get("type") or ChangeType.NORMAL) not in set(ChangeType):
        problems["type"] = f"Choose one of: {', '.join(ChangeType)}."


async def _stored(
    form: Form, request: Request, target: Target, *, tx: Transaction, caller: Caller, desk: Desk
) -> Change | FieldProblems | Refused:
    if form.number is None:
        ref = target.ref
        draft = Draft(request, target.environment, ref.account.name, ref.key, target.channel, form.view_id)
        return await tx.add_draft(draft, desk.clock.now())
    change = await tx.change(form.number)
    if change.request.requester != caller.user:
        await remember_refusal(tx, change, caller, "edit", "only its requester edits a request")
        return only_its_requester(change, "edits")
    if request.target != change.request.target:
        return FieldProblems(
            {
                "target": f"{change.id} is about {change.request.target}. For another target make a new request."
            }
        )
    redrafted = None
    if change.state in (ChangeState.DRAFT, ChangeState.CHANGES_REQUESTED):
        redrafted = await tx.redraft(change, request, form.view_id)
    return redrafted or Refused(
        f"{change.id} can no longer be edited: it is {change.state.replace('_', ' ')}."
    )
