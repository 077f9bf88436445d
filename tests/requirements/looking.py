"""One look at a deployment from memory, and what a section or the card says of it."""

import json
from datetime import timedelta
from decimal import Decimal

from bot.domain.deployment import Target
from bot.domain.evidence import Evidence
from bot.domain.inventory import LogFigures
from bot.ports.registry import Readers
from bot.render.evidence import render_evidence
from bot.usecases.look import gather
from tests.fakes.azure_inventory import (
    MemoryDeclared,
    MemoryLogs,
)
from tests.fakes.azure_reads import (
    NOW,
    THING,
    MemoryMetrics,
    memory_readers,
)
from tests.fakes.house import OTTO

SAID = LogFigures(1000, 12, 3, 1, 410.4, 1480.0, 2100.0)
CALLERS = ("support desk", "billing mailer")
TARGET = Target("triage-prod", THING, OTTO, "C0OPS", "Tickets wait", Decimal(4000), dependents=CALLERS)


async def look(readers: Readers | None = None) -> Evidence:
    """Return all that is seen of the deployment."""
    known = readers or memory_readers(
        logs=MemoryLogs(found=SAID), declared=MemoryDeclared((TARGET,)), metrics=busy_metrics()
    )
    return await gather(THING, "triage-prod", readers=known, now=NOW)


def busy_metrics() -> MemoryMetrics:
    """Return metrics of a deployment that is used, now and a day before."""
    metrics = MemoryMetrics()
    for status, requests in (("200", 95.0), ("429", 5.0)):
        metrics.add("AzureOpenAIRequests", NOW - timedelta(minutes=20), requests, status)
        metrics.add("AzureOpenAIRequests", NOW - timedelta(days=1, minutes=20), requests * 2, status)
    metrics.add("TokenTransaction", NOW - timedelta(minutes=20), 70_000.0)
    return metrics


def facts_of(evidence: Evidence, key: str) -> dict[str, str]:
    """Return what a section says; a section that could not look fails the test."""
    section = next(each for each in evidence.sections if each.key == key)
    assert not section.gap, section.gap
    return {fact.name: fact.words for fact in section.facts}


def card_of(evidence: Evidence, minutes: int = 0) -> str:
    """Return the card as it is so many minutes after the look."""
    now = NOW + timedelta(minutes=minutes)
    message = render_evidence(evidence, target=TARGET, ref="ref-1", now=now)
    return json.dumps(message.blocks, ensure_ascii=False)
