"""Look at a deployment: every section at once, each with its own deadline, and a gap where one could not look."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.deployment import DeploymentRef
from bot.domain.errors import CountersignError
from bot.domain.evidence import Evidence, SectionResult
from bot.evidence.sections import SECTIONS
from bot.ports.registry import Readers, Section

SECTION_SECONDS = 5.0
PARTIAL_AFTER_SECONDS = (1.5, 2.5)


async def gather(
    ref: DeploymentRef, alias: str, *, readers: Readers, now: datetime, sections: Sequence[Section] = SECTIONS
) -> Evidence:
    """Return the evidence of a deployment; sections that could not look say why."""
    mine = readers.metered()
    results = await asyncio.gather(*(_look(section, mine, ref, now) for section in sections))
    return _metered(Evidence(ref, alias, now, tuple(results)), mine)


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
        yield _metered(Evidence(ref, alias, now, tuple(await asyncio.gather(*tasks))), mine)
    finally:
        for task in tasks:
            task.cancel()


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
        return SectionResult(section.key, section.title, gap=f"{error} {error.advice}".strip())
