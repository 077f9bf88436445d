"""What each read-only question answers: a message, and the bytes of what was seen."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from bot.domain.deployment import Account, DeploymentRef
from bot.domain.effect import Question
from bot.domain.errors import CountersignError, SlackRefusedError, SlackUnavailableError
from bot.domain.evidence import Evidence, changed_since, stored_evidence
from bot.domain.json import canonical
from bot.evidence.sections import COST_SECTIONS, SECTIONS, STATUS_SECTIONS
from bot.ports.slack import Message
from bot.render.evidence import render_evidence
from bot.render.figures import StatusLine, render_quota, render_status
from bot.usecases.look import look_step_by_step
from handlers.answers_drift import baseline, compare, drift, lineage
from handlers.answers_metrics import metrics
from handlers.answers_pack import pack
from handlers.audit_export import export
from handlers.audit_proof import proof
from handlers.dependencies import Dependencies
from handlers.incident_review import review
from handlers.seen import AT, SINCE, Seen, button_value


async def evidence(question: Question, deps: Dependencies) -> Seen:
    """Answer `status`, `show` and `cost` of a target, filling the card while sections still look."""
    name, *beside = question.words
    ref, now = deps.desk.configuration.find(name), deps.desk.clock.now()
    target = deps.desk.configuration.target_of(ref)
    alias = target.alias if target else ref.deployment
    earlier = await _earlier(beside, ref, deps)
    if question.share and earlier is not None:
        again = replace(earlier, asked_by=question.user)
        return Seen(render_evidence(again, target=target, ref=question.ref, now=now), alias, again.body)
    sections = {"show": SECTIONS, "cost": COST_SECTIONS}.get(question.verb, STATUS_SECTIONS)
    seen = Evidence(ref, alias, now, ())
    readers = deps.readers if beside else deps.readers.glancing()  # who refreshes wants it as it is now
    async for found in look_step_by_step(ref, alias, readers=readers, now=now, sections=sections):
        seen = replace(found, asked_by=question.user)
        if not seen.is_complete:
            await _show_partly(
                question, render_evidence(seen, target=target, ref=question.ref, now=now), deps
            )
    message = render_evidence(
        seen,
        target=target,
        ref=question.ref,
        now=now,
        share_value=button_value(question, since=seen.digest, at=now.isoformat()),
        changed=None if earlier is None else changed_since(earlier.as_json(), seen.as_json()),
    )
    return Seen(message, alias, seen.body)


async def _earlier(beside: Sequence[str], ref: DeploymentRef, deps: Dependencies) -> Evidence | None:
    """Return the snapshot that a button names, None when it names none, or one of something else."""
    sha256, at = (_word(beside, mark) for mark in (SINCE, AT))
    if not sha256 or not at:
        return None
    async with deps.desk.archive.reading() as look:
        body = await look.evidence(sha256)
    return None if body is None else stored_evidence(json.loads(body), ref, datetime.fromisoformat(at))


def _word(beside: Sequence[str], mark: str) -> str:
    return next((word.removeprefix(mark) for word in beside if word.startswith(mark)), "")


async def _show_partly(question: Question, message: Message, deps: Dependencies) -> None:
    """Replace the skeleton by what is there already; only where one person waits, and as a courtesy."""
    if question.share or not question.response_url:
        return
    with suppress(SlackRefusedError, SlackUnavailableError):
        await deps.messenger.respond(question.response_url, message, replace=True)


async def status(question: Question, deps: Dependencies) -> Seen:
    """Answer `status`: one target in full, or a line for each."""
    if question.words:
        return await evidence(question, deps)
    accounts = deps.desk.configuration.accounts
    lines = [line for account in accounts for line in await _lines(account, deps)]
    message = render_status(
        lines,
        accounts=accounts,
        now=deps.desk.clock.now(),
        ref=question.ref,
        share_value=button_value(question),
    )
    body = canonical({"format": "countersign.status/1", "targets": [_line(line) for line in lines]})
    return Seen(message, "all targets", body)


async def quota(question: Question, deps: Dependencies) -> Seen:
    """Answer `quota [account|region]`."""
    configuration = deps.desk.configuration
    name = question.words[0] if question.words else configuration.accounts[0].name
    inside = [account for account in configuration.accounts if account.location == name]
    account = inside[0] if inside else configuration.account(name)
    lines = await deps.readers.azure.quota(account)
    message = render_quota(
        account, lines, now=deps.desk.clock.now(), ref=question.ref, share_value=button_value(question)
    )
    rows = [{"name": line.name, "used": str(line.current), "limit": str(line.limit)} for line in lines]
    return Seen(message, account.location, canonical({"format": "countersign.quota/1", "lines": rows}))


ANSWERS: Mapping[str, Callable[[Question, Dependencies], Awaitable[Seen]]] = {
    "status": status,
    "show": evidence,
    "cost": evidence,
    "metrics": metrics,
    "quota": quota,
    "evidence": pack,
    "drift": drift,
    "compare": compare,
    "lineage": lineage,
    "baseline": baseline,
    "proof": proof,
    "export": export,
    "review": review,
}


async def _lines(account: Account, deps: Dependencies) -> list[StatusLine]:
    targets = [found for found in deps.desk.configuration.targets if found.ref.account == account]
    try:
        live = {found.ref.key: found for found in await deps.readers.azure.deployments(account)}
    except CountersignError as error:
        return [StatusLine(target.alias, None, f"{error} {error.advice}".strip()) for target in targets]
    return [
        StatusLine(target.alias, live.get(target.ref.key), "there is no such deployment")
        for target in targets
    ]


def _line(line: StatusLine) -> dict[str, str | int]:
    if line.deployment is None:
        return {"alias": line.alias, "gap": line.gap}
    live = line.deployment
    return {"alias": line.alias, "state": live.provisioning_state, "capacity": live.sku.capacity}
