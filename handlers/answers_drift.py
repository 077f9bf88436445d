"""What `drift`, `compare`, `lineage` and `baseline` answer."""

import asyncio
from collections.abc import Sequence

from bot.domain.az_command import deployment_show, grain, metrics_list
from bot.domain.baseline import Kept
from bot.domain.deployment import DeploymentRef, Target
from bot.domain.drift import Source, masked
from bot.domain.drift_events import DriftDetected
from bot.domain.effect import Question
from bot.domain.errors import CountersignError
from bot.domain.evidence import Evidence
from bot.domain.json import Json, canonical
from bot.domain.kept_figures import figures_of, kept_words
from bot.domain.people import Actor, Person, actor_of
from bot.evidence.sections import STATUS_SECTIONS
from bot.ports.archive import Cause
from bot.render.baseline import BaselineView, render_baseline
from bot.render.compare import render_compare
from bot.render.drift import render_drift, render_drifts
from bot.render.lineage import render_lineage
from bot.usecases.compare_targets import Side, compare_targets
from bot.usecases.find_drift import Drift, Line, find_drift
from bot.usecases.keep_baseline import State, keep_baseline
from bot.usecases.look import gather
from bot.usecases.measure_figures import figures_to_keep
from bot.usecases.trace_lineage import trace_lineage
from handlers.dependencies import Dependencies
from handlers.seen import Seen, button_value


async def drift(question: Question, deps: Dependencies) -> Seen:
    """Answer `drift [target] [--against …]`; what is found and not excepted is recorded."""
    alias, against = question.words
    source = Source(against) if against else None
    value = button_value(question)
    if alias:
        target = deps.desk.configuration.target(alias)
        found = await find_drift(target, source, readers=deps.readers, desk=deps.desk)
        body = canonical({"format": "countersign.drift/1", "targets": [_drift(found)]})
        await _record(question, [found], body, deps)
        await _look_again((target,), deps)
        return Seen(render_drift(found, ref=question.ref, share_value=value), alias, body)
    targets = deps.desk.configuration.targets
    drifts = await asyncio.gather(*(_drift_or_why(each, source, deps) for each in targets))
    known = [each for each in drifts if isinstance(each, Drift)]
    body = canonical({"format": "countersign.drift/1", "targets": [_drift(each) for each in known]})
    await _record(question, known, body, deps)
    await _look_again(targets, deps)
    message = render_drifts(drifts, now=deps.desk.clock.now(), ref=question.ref, share_value=value)
    return Seen(message, "every target", body)


async def compare(question: Question, deps: Dependencies) -> Seen:
    """Answer `compare <target> <target>`."""
    one, other = (_named(name, deps) for name in question.words)
    compared = await compare_targets(one, other, readers=deps.readers, now=deps.desk.clock.now())
    body = {
        "format": "countersign.compare/1",
        "window": {"start": compared.window.start.isoformat(), "end": compared.window.end.isoformat()},
        "left": _side(compared.left),
        "right": _side(compared.right),
        "differences": [{"field": row.field, "left": row.left, "right": row.right} for row in compared.rows],
    }
    message = render_compare(compared, ref=question.ref, share_value=button_value(question))
    return Seen(message, f"{one[0]} and {other[0]}", canonical(body))


async def lineage(question: Question, deps: Dependencies) -> Seen:
    """Answer `lineage <target>`."""
    alias, ref = _named(question.words[0], deps)
    found = await trace_lineage(
        ref, alias, readers=deps.readers, configuration=deps.desk.configuration, now=deps.desk.clock.now()
    )
    body: dict[str, Json] = {
        "format": "countersign.lineage/1",
        "model": found.live.model.name,
        "job": found.job.id if found.job else None,
        "base_model": found.job.base_model if found.job else found.live.model.name,
        "checkpoint": found.checkpoint.id if found.checkpoint else None,
        "serving": sorted(each.live.ref.key for each in found.serving),
        "gaps": list(found.gaps),
    }
    message = render_lineage(found, ref=question.ref, share_value=button_value(question))
    return Seen(message, alias, canonical(body))


async def baseline(question: Question, deps: Dependencies) -> Seen:
    """Answer `baseline <target>`: look, and keep what was seen for ever."""
    target, now = deps.desk.configuration.target(question.words[0]), deps.desk.clock.now()
    live, evidence, figures = await asyncio.gather(
        deps.readers.azure.deployment(target.ref),
        _evidence(target, deps),
        figures_to_keep(deps.readers.metrics, target.ref, now),
    )
    async with deps.desk.archive.transaction() as tx:
        sha256 = await tx.keep_evidence(evidence.body, kind="snapshot", now=now)
        earlier = await tx.baselines(target.ref.key, 50)
        state = State(target, live.projection, Kept.HAND, now, sha256, figures=figures)
        kept = await keep_baseline(state, by=_actor(question, deps), cause=_cause(question), tx=tx)
    view = BaselineView(
        kept, masked(live.projection), earlier, kept_words(figures), _shown(target.ref, figures)
    )
    message = render_baseline(view, target=target, ref=question.ref)
    return Seen(message, target.alias, state.body)


def _shown(ref: DeploymentRef, figures: Json) -> list[str]:
    """Return the commands that show what a baseline keeps, while Azure still has it."""
    found = figures_of(figures)
    metrics = (
        [metrics_list(ref, each.metric, found.window, grain(found.step)) for each in found.measures]
        if found
        else []
    )
    return [deployment_show(ref), *metrics]


async def _evidence(target: Target, deps: Dependencies) -> Evidence:
    now = deps.desk.clock.now()
    return await gather(target.ref, target.alias, readers=deps.readers, now=now, sections=STATUS_SECTIONS)


async def _drift_or_why(target: Target, source: Source | None, deps: Dependencies) -> Drift | str:
    try:
        return await find_drift(target, source, readers=deps.readers, desk=deps.desk)
    except CountersignError as error:
        return f"{target.alias}: {error} {error.advice}".strip()


async def _record(question: Question, drifts: list[Drift], body: bytes, deps: Dependencies) -> None:
    adrift = [each for each in drifts if each.open]
    if not adrift:
        return
    async with deps.desk.archive.transaction() as tx:
        sha256 = await tx.keep_evidence(body, kind="drift", now=deps.desk.clock.now())
        for each in adrift:
            event = DriftDetected(
                resource=each.target.ref.key,
                alias=each.target.alias,
                fields=tuple(
                    f"{line.difference.expected.source}: {line.difference.name}" for line in each.open
                ),
                silenced=len(each.silenced),
                evidence=sha256,
            )
            await tx.record(event, by=_actor(question, deps), cause=_cause(question))


async def _look_again(targets: Sequence[Target], deps: Dependencies) -> None:
    """Have the accounts looked at for writes that no change explains, without waiting for the next round."""
    async with deps.desk.archive.transaction() as tx:
        for name in sorted({target.ref.account.name for target in targets}):
            await tx.enqueue("reconcile", f"reconcile:{name}")


def _named(name: str, deps: Dependencies) -> tuple[str, DeploymentRef]:
    ref = deps.desk.configuration.find(name)
    target = deps.desk.configuration.target_of(ref)
    return (target.alias if target else ref.deployment), ref


def _actor(question: Question, deps: Dependencies) -> Actor:
    oid = deps.desk.configuration.entra_oids.get(question.user, "")
    return actor_of(Person(question.user, question.team, entra_oid=oid))


def _cause(question: Question) -> Cause:
    return Cause("slack", question.ref, question.channel)


def _drift(found: Drift) -> Json:
    return {
        "arm_id": found.target.ref.key,
        "alias": found.target.alias,
        "compared": [source.value for source in found.compared],
        "differences": [_line(line) for line in found.lines],
        "unresolved": [each.field for each in found.unresolved],
        "gaps": list(found.gaps),
    }


def _line(line: Line) -> Json:
    entry = line.origin.entry
    return {
        "field": line.difference.expected.field,
        "source": line.difference.expected.source.value,
        "declared": line.difference.expected.words,
        "live": line.difference.live_words,
        "last_write": entry.at.isoformat() if entry else None,
        "correlation": entry.correlation if entry else None,
        "change": line.origin.change,
        "fit_equally": len(line.origin.fits),
        "excepted": line.exception is not None,
    }


def _side(side: Side) -> Json:
    use = side.use
    return {
        "arm_id": side.live.ref.key,
        "capacity": side.live.sku.capacity,
        "allowed_per_minute": None if use.allowed is None else f"{use.allowed:.0f}",
        "peak_per_minute": None if use.peak is None else f"{use.peak:.0f}",
    }
