"""Find drift: what is live against all that was declared, who was behind each difference, and what is excepted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.arm_template import declared_deployment
from bot.domain.baseline import (
    Baseline,
    DriftException,
    Then,
    exception_for,
    exceptions_in_force,
    newest_exception,
)
from bot.domain.configuration import Configuration
from bot.domain.deployment import Deployment, Target
from bot.domain.drift import (
    Difference,
    Expected,
    Source,
    differences_of,
    from_app,
    from_baseline,
    from_rules,
    from_runbook,
    from_template,
    is_unresolved,
)
from bot.domain.errors import CountersignError
from bot.domain.inventory import ActivityEntry
from bot.domain.origin import Doing, Origin, doing_of, origin_of
from bot.ports.archive import Transaction
from bot.ports.registry import Readers
from bot.usecases.desk import Desk
from bot.usecases.keep_baseline import baseline_history

HISTORY = timedelta(days=89)  # the activity log keeps 90 days


@dataclass(frozen=True)
class Line:
    """One difference with who made it (a user id, else an Entra object id), if that is known; what silences it."""

    difference: Difference
    origin: Origin
    who: str = ""
    exception: DriftException | None = None
    lapsed: DriftException | None = None


@dataclass(frozen=True)
class Drift:
    """What was compared, what differs, what could not be compared, and why not; the exceptions in force."""

    target: Target
    at: datetime
    compared: tuple[Source, ...] = ()
    lines: tuple[Line, ...] = ()
    unresolved: tuple[Expected, ...] = ()
    gaps: tuple[str, ...] = ()
    exceptions: tuple[DriftException, ...] = ()

    @property
    def open(self) -> tuple[Line, ...]:
        """Return the differences that nothing silences."""
        return tuple(line for line in self.lines if line.exception is None)

    @property
    def silenced(self) -> tuple[Line, ...]:
        """Return the differences that an exception silences now."""
        return tuple(line for line in self.lines if line.exception is not None)


@dataclass(frozen=True)
class _Kept:
    baselines: Sequence[Baseline]
    history: tuple[Then, ...]
    exceptions: Sequence[DriftException]
    doings: Sequence[Doing]
    created_at: datetime | None


async def find_drift(target: Target, against: Source | None, *, readers: Readers, desk: Desk) -> Drift:
    """Return the drift of a target against one source, or against every one that is declared.

    Raises:
        NotFoundError, AzureUnavailableError: the deployment could not be looked at.
    """
    live = await readers.azure.deployment(target.ref)
    async with desk.archive.transaction() as tx:
        kept = await _kept(target, live, tx)
    wanted, compared, gaps = _expected(against, _Asked(target, live, readers, desk.configuration, kept))
    differ = differences_of(wanted, live.projection)
    writes, gap = await _writes(target, readers, desk) if differ else ((), "")
    return Drift(
        target,
        desk.clock.now(),
        tuple(compared),
        tuple(_line(each, writes, kept, desk) for each in differ),
        tuple(filter(is_unresolved, wanted)),
        (*gaps, *filter(None, [gap])),
        exceptions_in_force(kept.exceptions, desk.clock.now()),
    )


async def _kept(target: Target, live: Deployment, tx: Transaction) -> _Kept:
    baselines, history = await baseline_history(target.ref.key, tx)
    effects = await tx.effects_on(target.ref.key)
    changes = {number: await tx.change(number) for number in {each.number for each in effects}}
    doings = (doing_of(each, changes[each.number], live.tags) for each in effects)
    known = tuple(each for each in doings if each is not None)
    return _Kept(baselines, history, await tx.exceptions(target.ref.key), known, live.created_at)


@dataclass(frozen=True)
class _Asked:
    target: Target
    live: Deployment
    readers: Readers
    configuration: Configuration
    kept: _Kept


def _expected(against: Source | None, asked: _Asked) -> tuple[list[Expected], list[Source], list[str]]:
    """Return what the sources want, which of them say something, and what could not be read, or is not there."""
    wanted: list[Expected] = []
    compared: list[Source] = []
    gaps: list[str] = []
    for source in Source if against is None else (against,):
        try:
            found = _EXPECT[source](asked)
        except CountersignError as error:
            gaps.append(f"{error} {error.advice}".strip())
            continue
        wanted += found
        if found:
            compared.append(source)
        elif against is not None:
            gaps.append(_NOTHING[against])
    return wanted, compared, gaps


def _iac(asked: _Asked) -> tuple[Expected, ...]:
    target = asked.target
    if not target.declared:
        return ()
    document = asked.readers.declared.document(target)
    resource = declared_deployment(document, target.ref.account.account, target.ref.deployment)
    return from_template(resource, target.declared)


def _snapshot(asked: _Asked) -> tuple[Expected, ...]:
    if not (asked.kept.baselines and asked.kept.history):
        return ()
    last = asked.kept.history[0].projection
    return from_baseline(last, asked.live.projection, asked.kept.baselines[0].words)


_EXPECT: dict[Source, Callable[[_Asked], tuple[Expected, ...]]] = {
    Source.IAC: _iac,
    Source.RUNBOOK: lambda asked: from_runbook(asked.target),
    Source.POLICY: lambda asked: from_rules(asked.configuration.field_rules, asked.target.alias),
    Source.APP: lambda asked: from_app(asked.target),
    Source.SNAPSHOT: _snapshot,
}
_NOTHING = {
    Source.IAC: "No template is declared. Set `declared` of the target.",
    Source.RUNBOOK: "The runbook says nothing. Set `runbook` of the target.",
    Source.POLICY: "No policy rule covers it. Add a `[[policy_rule]]`.",
    Source.APP: "The application expects nothing. Set `serves` of the target.",
    Source.SNAPSHOT: "No baseline is kept. Keep one with `baseline <target>`.",
}


async def _writes(target: Target, readers: Readers, desk: Desk) -> tuple[Sequence[ActivityEntry], str]:
    now = desk.clock.now()
    try:
        found = await readers.inventory.activity(target.ref.account, now - HISTORY, now)
    except CountersignError as error:
        return (), f"Who changed it is unknown: {error} {error.advice}".strip()
    return [each for each in found if each.resource.lower() == target.ref.key], ""


def _line(difference: Difference, writes: Sequence[ActivityEntry], kept: _Kept, desk: Desk) -> Line:
    path, now = difference.expected.field, desk.clock.now()
    origin = origin_of(path, difference.live, writes, kept.history, kept.doings, kept.created_at)
    excepted = exception_for(difference.key, kept.exceptions, now)
    newest = newest_exception(difference.key, kept.exceptions)
    return Line(
        difference,
        origin,
        who=person_behind(origin.entry.caller, desk.configuration) if origin.entry else "",
        exception=excepted,
        lapsed=newest if excepted is None else None,
    )


def person_behind(caller: str, configuration: Configuration) -> str:
    """Return the Slack user whose Entra object id this is, else the id as it came."""
    users = {oid.lower(): user for user, oid in configuration.entra_oids.items()}
    return users.get(caller.lower(), caller)
