"""What do the request logs say: failures and percentiles?"""

from datetime import datetime, timedelta
from typing import ClassVar

from bot.domain.az_command import logs_query
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact, Window, own
from bot.ports.registry import Readers


class LogsSection:
    """Failures and percentiles of the last hour, from Log Analytics; a gap where none is configured."""

    key: ClassVar[str] = "logs"
    title: ClassVar[str] = "Logs"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return counts and the 50th, 95th and 99th percentile; a partial result is said to be partial."""
        hour = Window(now - timedelta(hours=1), now)
        figures = await readers.logs.figures(ref, hour)
        by_status = logs_query(ref, hour, "count() by ResultSignature")
        times = logs_query(ref, hour, "count(), percentiles(DurationMs, 50, 95, 99)")
        whole = "no: Log Analytics gave a partial result" if figures.partial else "yes"
        rows = (
            ("Logged requests", f"{figures.requests:,}", "", times),
            ("Throttled", f"{figures.throttled:,}", "", by_status),
            ("Client errors", f"{figures.client_errors:,}", "", by_status),
            ("Server errors", f"{figures.server_errors:,}", "", by_status),
            ("p50", *_time(figures.p50_ms), times),
            ("p95", *_time(figures.p95_ms), times),
            ("p99", *_time(figures.p99_ms), times),
        )
        facts = [Fact(name, value, unit, az, now) for name, value, unit, az in rows]
        return (*facts, own("Complete", whole, now, "the answer of Log Analytics, which az leaves out"))


def _time(value: float | None) -> tuple[str, str]:
    return ("no data", "") if value is None else (f"{value:,.0f}", "ms")
