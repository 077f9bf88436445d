"""What `countersign audit anchor` and `audit verify --anchor` find out, with the anchors connected."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bot.anchors.file import FileAnchor
from bot.domain.anchoring import KINDS, AnchorState
from bot.domain.command_line import did_you_mean
from bot.domain.configuration import Configuration
from bot.domain.entry import new_ulid
from bot.domain.errors import AnchorContradictsError, CountersignError, InvalidInputError
from bot.domain.json import Json
from bot.domain.note import Verifier
from bot.ports.anchors import Anchor, Head, OurLog, Seen
from bot.ports.archive import Cause
from bot.usecases.anchor_trail import AnchorOutcome, anchor_trail
from bot.usecases.desk import Desk
from handlers.anchoring import Anchoring
from handlers.clock import WallClock
from handlers.configuration_file import read_configuration
from handlers.privacy import configured_privacy
from handlers.settings import Settings, read_settings
from handlers.signing import cosigner_vkeys
from handlers.wiring import open_configured
from storage.audit_anchors import Witnessed, with_anchors
from storage.audit_findings import VerifyReport
from storage.audit_verify import verify_log
from storage.past import PastRows, reading_past

_NONE = "No anchor is configured."
_FIX = "Add one to countersign.toml: docs/anchors.md has an example of each."


@dataclass(frozen=True)
class Asked:
    """What the anchors said, and which of them could say nothing, with the reason."""

    witnessed: tuple[Witnessed, ...]
    silent: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Held:
    """The trail verified against anchors. `is_any_enough`: one anchor that answers is enough."""

    report: VerifyReport
    asked: Asked
    is_any_enough: bool

    @property
    def code(self) -> int:
        """Return the exit code: 0 holds, 1 does not, 2 cannot say, for an anchor said nothing."""
        if not self.report.ok:
            return 1
        silent = bool(self.asked.silent)
        return 2 if silent and not (self.is_any_enough and self._spoke()) else 0

    def words(self) -> list[str]:
        """Return what each anchor said, one line each."""
        held = [f"  anchor {each.kind}: size {each.seen.size}" for each in self._spoke() if each.seen]
        silent = [f"  anchor {kind}: NOT asked: {why}" for kind, why in self.asked.silent]
        unsaid = ["It cannot be said whether the trail is whole."] if self.code == 2 else []
        return [*held, *silent, *unsaid]

    def as_json(self) -> list[dict[str, Json]]:
        """Return what each anchor said."""
        spoke: list[dict[str, Json]] = [
            {"kind": each.kind, "origin": each.origin, "size": each.seen.size if each.seen else 0}
            for each in self._spoke()
        ]
        return spoke + [{"kind": kind, "error": why} for kind, why in self.asked.silent]

    def _spoke(self) -> list[Witnessed]:
        return [each for each in self.asked.witnessed if each.seen or each.finding or each.anchored]


def held_against(names: Sequence[str], database: str, vkeys: Sequence[str], *, deep: bool) -> Held:
    """Return the trail verified from its newest anchors on; they are asked before it is read."""
    said = asyncio.run(asked(read_settings(), database, vkeys, names))
    settings = read_settings()
    trusted, privacy = [*vkeys, *cosigner_vkeys(settings)], configured_privacy(settings)
    by_itself = verify_log(database, trusted, deep=deep, privacy=privacy)
    report = with_anchors(by_itself, database, vkeys, said.witnessed)
    return Held(report, said, is_any_enough="all" in names)


async def anchored(settings: Settings, kinds: Sequence[str]) -> tuple[AnchorOutcome, ...]:
    """Publish the newest checkpoint now, to these kinds of anchors or to all.

    Raises:
        ConflictError: another process has the SQLite file.
        InvalidInputError: no such anchor is configured.
    """
    configuration = read_configuration(settings.config)
    clock = WallClock()
    async with AsyncExitStack() as stack:
        anchoring = Anchoring(settings, configuration, stack)
        chosen, cosigners = _chosen(anchoring.anchors(), kinds), anchoring.cosigners()
        opened = await open_configured(settings, configuration, clock)
        stack.push_async_callback(opened.close)
        desk = Desk(configuration, opened.archive, clock, None)
        cause = Cause("cli", new_ulid(clock.now()))
        return tuple(
            [await anchor_trail(each, desk=desk, cause=cause, cosigners=cosigners) for each in chosen]
        )


async def asked(settings: Settings, database: str, vkeys: Sequence[str], names: Sequence[str]) -> Asked:
    """Ask the anchors that are named, by kind or as a file, what they hold of the trail.

    Raises:
        InvalidInputError: there is no such anchor.
    """
    async with AsyncExitStack() as stack:
        anchors = _named(settings, names, stack)
        async with reading_past(database) as rows:
            return await _ask(rows, anchors, vkeys)


async def _ask(rows: PastRows, anchors: Sequence[Anchor], vkeys: Sequence[str]) -> Asked:
    head = await rows.trail_head()
    states = {each.kind: each for each in await rows.anchor_states([each.kind for each in anchors])}
    origins = dict.fromkeys(([head.origin] if head else []) + [Verifier.parse(each).name for each in vkeys])
    witnessed: list[Witnessed] = []
    silent: list[tuple[str, str]] = []
    for anchor in anchors:
        said = []
        for origin in origins:
            log = _log(rows, head, origin, states.get(anchor.kind))
            try:
                said.append(await _asked(anchor, log))
            except AnchorContradictsError as error:
                said.append(Witnessed(anchor.kind, origin, finding=error.code, why=str(error)))
            except CountersignError as error:
                silent.append((anchor.kind, f"{error} {error.advice}".strip()))
                break
        if said and not any(each.seen or each.anchored or each.finding for each in said):
            silent.append((anchor.kind, "It holds nothing of this trail."))
        witnessed += said
    return Asked(tuple(witnessed), tuple(silent))


async def _asked(anchor: Anchor, log: OurLog) -> Witnessed:
    seen: Seen | None = await anchor.newest(log)
    return Witnessed(anchor.kind, log.origin, seen, log.anchored)


def _log(rows: PastRows, head: Head | None, origin: str, state: AnchorState | None) -> OurLog:
    """Return a log as an anchor is shown it; one that is not in the database has no entries."""
    now: datetime = WallClock().now()

    async def prove(old: int) -> Sequence[bytes]:
        return () if head is None else await rows.trail_consistency(head.shard, old, head.size)

    if head is None or head.origin != origin:
        return OurLog(origin, 0, "", now, prove)
    known = OurLog(origin, head.size, head.note, now, prove)
    return known if state is None else replace(known, anchored=state.size, ref=state.ref)


def _named(settings: Settings, names: Sequence[str], stack: AsyncExitStack) -> tuple[Anchor, ...]:
    kinds = [name for name in names if name in (*KINDS, "blob", "all")]
    files = [Path(name) for name in names if name not in kinds]
    missing = next((each for each in files if not each.is_file()), None)
    if missing is not None:
        raise InvalidInputError(
            f"There is no anchor and no file called {str(missing)!r}.",
            advice=did_you_mean(str(missing), ["all", "blob", *KINDS]),
        )
    given: tuple[Anchor, ...] = tuple(FileAnchor(each.absolute(), str(each)) for each in files)
    if not kinds:
        return given
    configured = Anchoring(settings, _configuration(settings), stack).anchors()
    return (*given, *_chosen(configured, [] if "all" in kinds else kinds))


def _configuration(settings: Settings) -> Configuration:
    return read_configuration(settings.config)


def _chosen(anchors: Sequence[Anchor], kinds: Sequence[str]) -> tuple[Anchor, ...]:
    """Return the configured anchors of these kinds, all where none is named."""
    if not anchors:
        raise InvalidInputError(_NONE, advice=_FIX)
    wanted = ["azure_blob" if kind == "blob" else kind for kind in kinds]
    known = [each.kind for each in anchors]
    for kind in wanted:
        if kind not in known:
            raise InvalidInputError(
                f"No anchor {kind!r} is configured.", advice=f"Configured: {', '.join(known)}."
            )
    return tuple(each for each in anchors if not wanted or each.kind in wanted)
