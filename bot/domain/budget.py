"""What hosting a deployment takes of a month's budget: until now, and by the month's end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Forecast:
    """Hosting in US dollars: from the month's start, or the creation, until now, and until the month's end."""

    spent: Decimal
    month: Decimal


def hosting_forecast(per_hour: Decimal, created_at: datetime | None, now: datetime) -> Forecast:
    """Return what this month's hosting took and will take, calls or not."""
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (start + timedelta(days=32)).replace(day=1)
    begun = max(start, created_at) if created_at else start
    return Forecast(_times(per_hour, now - begun), _times(per_hour, end - begun))


def budget_words(budget: Decimal, forecast: Forecast | None, owner: str) -> str:
    """Return the budget, whether the forecast stays within it, and who follows up when it does not."""
    if forecast is None:
        return f"${budget:,.0f} a month; no price is known to forecast with; owner <@{owner}>"
    said = f"${budget:,.0f} a month; forecast ${forecast.month:,.0f} for hosting alone"
    over = forecast.month - budget
    if over <= 0:
        return f"{said}: within it; owner <@{owner}>"
    return f"{said}: over it by ${over:,.0f}; <@{owner}> follows up: raise the budget or remove the deployment"


def _times(per_hour: Decimal, span: timedelta) -> Decimal:
    return per_hour * Decimal(str(max(span, timedelta(0)) / _HOUR))
