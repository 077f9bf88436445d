"""Check a draft before anyone is asked: plan it on the live state, run every pre-check, and submit it when green."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.baseline import Kept
from bot.domain.change import Change, ChangeState
from bot.domain.configuration import Configuration, Rule
from bot.domain.deployment import Target
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.event import AuditEvent
from bot.domain.evidence import Evidence
from bot.domain.field_rules import still_broken_by
from bot.domain.json import Json
from bot.domain.people import Standing
from bot.domain.policy import Refused, quorum_met, solvable, who_could
from bot.domain.request_events import ChangePlanned, ChangeRequested, EvidenceSnapshot, PolicyEvaluated
from bot.domain.revision import revision_of
from bot.domain.waiver import is_own_word
from bot.evidence.sections import STATUS_SECTIONS
from bot.ports.archive import Transaction
from bot.ports.registry import Readers
from bot.usecases.check_history import look_back, others_open
from bot.usecases.desk import Caller, Desk
from bot.usecases.judge_change import not_standard, tier_today
from bot.usecases.keep_baseline import State, keep_baseline
from bot.usecases.link_incident import link_submitted
from bot.usecases.look import gather
from bot.usecases.measure_figures import figures_to_keep
from bot.usecases.plan_change import Checked, Sight, plan_change
from bot.usecases.schedule_change import start_problems


@dataclass(frozen=True)
class Green:
    """Everything holds: the change waits for approval (or is approved, where policy needs nobody)."""

    change: Change
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Red:
    """Something does not hold, each with its fix; nobody was asked."""

    change: Change
    problems: tuple[str, ...]


@dataclass(frozen=True)
class _Seen:
    evidence: Evidence
    figures: Mapping[str, Json]


async def check_change(
    change: Change, *, caller: Caller, people: Mapping[str, Standing], readers: Readers, desk: Desk
) -> Green | Red:
    """Run the pre-checks of a draft and submit it when all are green.

    Raises:
        AzureUnavailableError: Azure could not be looked at; nothing was decided.
    """
    if change.plan_digest:
        return Red(change, (f"{change.id} was checked already: edit it first.",))
    configuration, now = desk.configuration, desk.clock.now()
    target = configuration.target(change.request.target)
    try:
        sight = Sight(readers.azure, readers.metrics)
        checked = await plan_change(change, target, sight=sight, configuration=configuration, now=now)
    except (InvalidInputError, NotFoundError) as error:
        return Red(change, (f"{error} {error.advice}".strip(),))
    requester = people[change.request.requester]
    planned = _planned(change, checked, configuration, requester)
    problems = checked.problems + _policy_problems(planned, people, configuration)
    problems += not_standard(change, checked, configuration, requester)
    problems += _owner_problems(planned, people)
    async with desk.archive.reading() as committed:
        problems += await start_problems(planned, look=committed, configuration=configuration, now=now)
    others, past = await look_back(change, checked, target, desk)
    problems += past.problems
    if problems:
        return Red(planned, problems)
    planned = _noted(planned, past.notes)
    seen = await _look(planned, target, readers, now)
    submitted = await _submit(planned, seen, caller=caller, people=people, desk=desk)
    warnings = tuple(
        f"{other.id} is open on the same account; they will run one after the other." for other in others
    )
    return Green(submitted, warnings)


def _noted(change: Change, notes: tuple[str, ...]) -> Change:
    known = change.outcome.get("notes")
    return replace(
        change, outcome={**change.outcome, "notes": [*(known if isinstance(known, list) else []), *notes]}
    )


async def _look(change: Change, target: Target, readers: Readers, now: datetime) -> _Seen:
    look = gather(target.ref, target.alias, readers=readers, now=now, sections=STATUS_SECTIONS)
    if not _starts_here(change, target):
        return _Seen(await look, {})
    return _Seen(*await asyncio.gather(look, figures_to_keep(readers.metrics, target.ref, now)))


def _planned(change: Change, checked: Checked, configuration: Configuration, requester: Standing) -> Change:
    plan, judged = checked.plan, tier_today(change, checked, configuration, requester)
    impact = change.request.impact | checked.kind.impact(plan, checked.facts)
    known: dict[str, Json] = {
        "notes": list(_notes(change, checked, configuration)),
        "impact": sorted(impact),
        "base": checked.kind.tier(plan, checked.facts).value,
        "because": list(judged.because),
        "template": judged.template,
    }
    planned = replace(change, plan=plan, plan_digest=plan.digest, tier=judged.tier, outcome=known)
    rule = configuration.rule_for(planned)
    return replace(planned, quorum=rule.quorum if rule is not None else 0)


def _notes(change: Change, checked: Checked, configuration: Configuration) -> tuple[str, ...]:
    """Return what people should know before they decide; that there is no way back comes first."""
    why = checked.kind.no_way_back
    first = (f"Countersign cannot take this back: {why}",) if why else ()
    ruled = still_broken_by(checked.plan, configuration.field_rules, change.request.target)
    return (*first, *ruled, *checked.kind.notes(checked.plan, checked.facts))


def _policy_problems(
    change: Change, people: Mapping[str, Standing], configuration: Configuration
) -> tuple[str, ...]:
    verdict = solvable(change, configuration.rule_for(change), people.values())
    return (f"Nobody could approve this: {verdict.words}",) if isinstance(verdict, Refused) else ()


def _owner_problems(change: Change, people: Mapping[str, Standing]) -> tuple[str, ...]:
    owner = people.get(change.request.owner)
    if owner is None or not owner.full_member:
        return ("The owner must be a full member of this workspace. Name somebody else.",)
    if not is_own_word(change, owner, people[change.request.requester]):
        return ()
    return (
        f"You would attest your own change: the owner of a {change.tier} change is another person than who asks "
        "for it. Name the target's owner, or somebody else than yourself.",
    )


async def _submit(
    change: Change, seen: _Seen, *, caller: Caller, people: Mapping[str, Standing], desk: Desk
) -> Change:
    now, evidence = desk.clock.now(), seen.evidence
    rule = desk.configuration.rule_for(change)
    if rule is None:
        raise InvalidInputError("The policy has no rule for this change.")
    async with desk.archive.transaction() as tx:
        await tx.hold(change.arm_id)
        if (await tx.change(change.number)).request != change.request:
            raise InvalidInputError(f"{change.id} was edited meanwhile.")
        for other in await others_open(tx, change):
            if other.arm_id == change.arm_id:
                raise InvalidInputError(f"{other.id} was opened on this deployment meanwhile.")
        sha256 = await tx.keep_evidence(evidence.body, kind="snapshot", now=now)
        moved = await tx.move(
            change,
            ChangeState.PENDING_APPROVAL,
            plan=change.plan,
            plan_digest=change.plan_digest,
            tier=change.tier,
            quorum=change.quorum,
            evidence=sha256,
            evidence_at=evidence.taken_at,
            submitted_at=now,
            outcome=change.outcome,
            expires_at=now + rule.request_expires,
            note="",
        )
        if moved is None:
            raise InvalidInputError(f"{change.id} was submitted or withdrawn meanwhile.")
        await _keep(moved, seen.figures, caller, desk, tx)
        for event in _events(moved, sha256, rule, who_could(rule, change.request.requester, people), desk):
            await tx.record(event, by=caller.actor, cause=caller.cause)
        if quorum_met(rule, ()):
            moved = (
                await tx.move(moved, ChangeState.APPROVED, expires_at=now + rule.approval_expires) or moved
            )
        await tx.enqueue("deliver", f"deliver:{change.id}:card")
        return moved


def _starts_here(change: Change, target: Target) -> bool:
    """Return whether the plan starts from a state of the target's own deployment."""
    return change.plan is not None and bool(change.plan.before) and change.plan.arm_id == target.ref.key


async def _keep(
    change: Change, figures: Mapping[str, Json], caller: Caller, desk: Desk, tx: Transaction
) -> None:
    """Keep the revision, and the live state its plan starts from as a baseline, with what it did until now."""
    now = desk.clock.now()
    await tx.keep_revision(revision_of(change, now))
    await link_submitted(change, by=caller.actor, cause=caller.cause, now=now, tx=tx)
    target = desk.configuration.target(change.request.target)
    if change.plan is None or not _starts_here(change, target):
        return
    state = State(target, change.plan.before, Kept.SUBMIT, now, change.evidence, change.id, figures)
    await keep_baseline(state, by=caller.actor, cause=caller.cause, tx=tx)


def _events(
    change: Change, sha256: str, rule: Rule, eligible: tuple[str, ...], desk: Desk
) -> tuple[AuditEvent, ...]:
    request, because = change.request, change.outcome.get("because")
    about = {"change": change.id, "resource": change.arm_id}
    return (
        EvidenceSnapshot(**about, alias=request.target, evidence=sha256),
        ChangeRequested(
            **about,
            revision=change.revision,
            kind=request.kind,
            owner=request.owner,
            ticket=request.ticket,
            expected_cost=request.expected_cost,
            validation_signal=request.validation_signal,
            reason=request.reason,
            rollback_plan=request.rollback_plan,
            rollback_trigger=request.rollback_trigger,
        ),
        ChangePlanned(
            **about,
            revision=change.revision,
            plan_digest=change.plan_digest,
            tier=change.tier.value,
            evidence=sha256,
        ),
        PolicyEvaluated(
            **about,
            revision=change.revision,
            environment=change.environment,
            tier=change.tier.value,
            quorum=rule.quorum,
            groups=rule.groups,
            eligible=eligible,
            policy_digest=desk.configuration.policy_digest,
            because=tuple(str(words) for words in because) if isinstance(because, list) else (),
            template=str(change.outcome.get("template") or ""),
        ),
    )
