"""Look at a deployment: every section at once, each with its own deadline, and a gap where one could not look."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from bot.domain.deployment import DeploymentRef
from bot.domain.errors import CountersignError
from bot.domain.evidence import Evidence, SectionResult
from bot.evidence.sections import SECTIONS
from bot.ports.registry import Readers, Section

SECTION_SECONDS = 5.0


async def gather(
    ref: DeploymentRef, alias: str, *, readers: Readers, now: datetime, sections: Sequence[Section] = SECTIONS
) -> Evidence:
    """Return the evidence of a deployment; sections that could not look say why."""
    results = await asyncio.gather(*(_look(section, readers, ref, now) for section in sections))
    return Evidence(ref, alias, now, tuple(results))


async def _look(section: Section, readers: Readers, ref: DeploymentRef, now: datetime) -> SectionResult:
    try:
        async with asyncio.timeout(SECTION_SECONDS):
            return SectionResult(section.key, section.title, await section.look(readers, ref, now))
    except TimeoutError:
        return SectionResult(section.key, section.title, gap=f"no answer within {SECTION_SECONDS:g} s")
    except CountersignError as error:
        return SectionResult(section.key, section.title, gap=f"{error} {error.advice}".strip())
