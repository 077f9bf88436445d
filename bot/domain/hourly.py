"""The last whole hour of five-minute buckets, and facts made from its metrics."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.domain.az_command import metrics_list
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact, Series, Window

BUCKET = timedelta(minutes=5)
_HOUR = timedelta(hours=1)


def last_hour(now: datetime) -> Window:
    """Return the last hour that ends on a whole bucket."""
    end = now - (now - datetime.min.replace(tzinfo=now.tzinfo)) % BUCKET
    return Window(end - _HOUR, end)


def totals(
    names: Mapping[str, str], found: Sequence[Sequence[Series]], unit: str, ref: DeploymentRef, now: datetime
) -> tuple[Fact, ...]:
    """Return the total of each metric as a fact; `names` maps labels to metrics, `found` is in that order."""
    window = last_hour(now)
    return tuple(
        Fact(
            label,
            f"{sum(each.total for each in series):,.0f}",
            unit,
            metrics_list(ref, metric, window, "PT5M"),
            now,
        )
        for (label, metric), series in zip(names.items(), found, strict=True)
    )


def means(
    names: Mapping[str, str], found: Sequence[Sequence[Series]], unit: str, ref: DeploymentRef, now: datetime
) -> tuple[Fact, ...]:
    """Return the mean of each metric as a fact, `no data` where nothing was measured."""
    window = last_hour(now)
    facts = []
    for (label, metric), series in zip(names.items(), found, strict=True):
        known = [each.mean for each in series if each.mean is not None]
        value, said = (f"{sum(known) / len(known):,.0f}", unit) if known else ("no data", "")
        facts.append(Fact(label, value, said, metrics_list(ref, metric, window, "PT5M"), now))
    return tuple(facts)
