"""What do the request logs say: failures and percentiles?"""

from datetime import datetime, timedelta
from typing import ClassVar

from bot.domain.az_command import logs_query
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact, Window
from bot.ports.registry import Readers


class LogsSection:
    """Failures and percentiles of the last hour, from Log Analytics; a gap where none is configured."""

    key: ClassVar[str] = "logs"
    title: ClassVar[str] = "Logs"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return counts and the 50th, 95th and 99th percentile; a partial result is said to be partial."""
        figures = await readers.logs.figures(ref, Window(now - timedelta(hours=1), now))
        az = logs_query(ref.account)
        rows = (
            ("Logged requests", f"{figures.requests:,}", ""),
            ("Throttled", f"{figures.throttled:,}", ""),
            ("Client errors", f"{figures.client_errors:,}", ""),
            ("Server errors", f"{figures.server_errors:,}", ""),
            *(
                (name, *_time(value))
                for name, value in _percentiles(figures.p50_ms, figures.p95_ms, figures.p99_ms)
            ),
            ("Complete", "no: Log Analytics gave a partial result" if figures.partial else "yes", ""),
        )
        return tuple(Fact(name, value, unit, az, now) for name, value, unit in rows)


def _percentiles(*values: float | None) -> list[tuple[str, float | None]]:
    return list(zip(("p50", "p95", "p99"), values, strict=True))


def _time(value: float | None) -> tuple[str, str]:
    return ("no data", "") if value is None else (f"{value:,.0f}", "ms")
