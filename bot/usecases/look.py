"""Look at a deployment: every section at once, each with its own deadline, and a gap where one could not look."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.deployment import DeploymentRef
from bot.domain.errors import CountersignError, NotFoundError
from bot.domain.evidence import Evidence, SectionResult
from bot.evidence.sections import SECTIONS
from bot.ports.registry import Readers, Section
from bot.usecases.find_gone import find_gone

SECTION_SECONDS = 5.0
PARTIAL_AFTER_SECONDS = (1.5, 2.5)


async def gather(
    ref: DeploymentRef, alias: str, *, readers: Readers, now: datetime, sections: Sequence[Section] = SECTIONS
) -> Evidence:
    """Return the evidence of a deployment; sections that could not look say why."""
    mine = readers.metered()
    results = await asyncio.gather(*(_look(section, mine, ref, now) for section in sections))
    return _metered(Evidence(ref, alias, now, await _settled(results, mine, ref, now)), mine)


async def look_step_by_step(
    ref: DeploymentRef, alias: str, *, readers: Readers, now: datetime, sections: Sequence[Section]
) -> AsyncIterator[Evidence]:
    """Give the evidence as it fills: what is there after a moment and after four seconds, then all of it."""
    mine = readers.metered()
    tasks = [asyncio.ensure_future(_look(section, mine, ref, now)) for section in sections]
    try:
        for seconds in PARTIAL_AFTER_SECONDS:
            _, waiting = await asyncio.wait(tasks, timeout=seconds)
            if not waiting:
                break
            seen = [_so_far(task, section) for task, section in zip(tasks, sections, strict=True)]
            yield _metered(Evidence(ref, alias, now, tuple(seen)), mine)
        results = await asyncio.gather(*tasks)
        yield _metered(Evidence(ref, alias, now, await _settled(results, mine, ref, now)), mine)
    finally:
        for task in tasks:
            task.cancel()


async def _settled(
    results: Sequence[SectionResult], readers: Readers, ref: DeploymentRef, now: datetime
) -> tuple[SectionResult, ...]:
    """Return the results; where the deployment does not exist that is said once, not by each section."""
    missing = Counter(each.gap for each in results if each.is_missing)
    gap, times = next(iter(missing.most_common(1)), ("", 0))
    gone = await find_gone(ref, readers=readers, now=now) if times >= min(2, len(results)) > 0 else None
    if gone is None:
        return tuple(results)
    return (gone, *(each for each in results if not (each.is_missing and each.gap == gap)))


def _metered(evidence: Evidence, readers: Readers) -> Evidence:
    return replace(evidence, redacted=readers.meter.redacted, strain=readers.meter.strain)


def _so_far(task: "asyncio.Future[SectionResult]", section: Section) -> SectionResult:
    return task.result() if task.done() else SectionResult(section.key, section.title, is_pending=True)


async def _look(section: Section, readers: Readers, ref: DeploymentRef, now: datetime) -> SectionResult:
    try:
        async with asyncio.timeout(SECTION_SECONDS):
            return SectionResult(section.key, section.title, await section.look(readers, ref, now))
    except TimeoutError:
        return SectionResult(section.key, section.title, gap=f"no answer within {SECTION_SECONDS:g} s")
    except CountersignError as error:
        why, is_missing = f"{error} {error.advice}".strip(), isinstance(error, NotFoundError)
        return SectionResult(section.key, section.title, gap=why, is_missing=is_missing)
