"""What a deployment takes of a month's budget: until now, and by the month's end at the pace of the month."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot.domain.evidence import Window
from bot.domain.prices import Spending

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Forecast:
    """A month in US dollars, estimated: its pace by the hour, the hours it has run and will have run at its end."""

    pace: Spending
    hours: Decimal
    hours_at_end: Decimal

    @property
    def spent(self) -> Decimal:
        """Return the month to date."""
        return self.hours * self._rate

    @property
    def month(self) -> Decimal:
        """Return the whole month."""
        return self.hours_at_end * self._rate

    @property
    def of_what(self) -> str:
        """Return what is in the estimate; what has no price is left out and said to be."""
        parts = (("hosting", self.pace.hosting), ("tokens", self.pace.tokens))
        known = [f"{name} ${self.hours_at_end * each:,.0f}" for name, each in parts if each is not None]
        unknown = [f"no price for {name}" for name, each in parts if each is None]
        return ", ".join([*known, *unknown])

    @property
    def _rate(self) -> Decimal:
        return (self.pace.hosting or Decimal(0)) + (self.pace.tokens or Decimal(0))


def month_to_date(created_at: datetime | None, now: datetime) -> Window:
    """Return this month until now, from the deployment's creation where that is later, from a whole hour on."""
    start = _month_of(now)
    begun = max(start, created_at) if created_at else start
    return Window(begun.replace(minute=0, second=0, microsecond=0), now)


def forecast(pace: Spending, so_far: Window) -> Forecast | None:
    """Return the month at this pace; None where nothing of it has a price."""
    if pace.hosting is None and pace.tokens is None:
        return None
    end = (_month_of(so_far.end) + timedelta(days=32)).replace(day=1)
    return Forecast(pace, hours_of(so_far), hours_of(Window(so_far.start, end)))


def hours_of(window: Window) -> Decimal:
    """Return how long a window is, in hours."""
    return Decimal(str((window.end - window.start) / _HOUR))


def budget_words(budget: Decimal, expected: Forecast | None, owner: str) -> str:
    """Return the budget, whether the forecast stays within it, and who follows up when it does not."""
    if expected is None:
        return f"${budget:,.0f} a month; no price is known to forecast with; owner <@{owner}>"
    said = f"${budget:,.0f} a month; forecast ${expected.month:,.0f} ({expected.of_what})"
    over = expected.month - budget
    if over <= 0:
        return f"{said}: within it; owner <@{owner}>"
    return f"{said}: over it by ${over:,.0f}; <@{owner}> follows up: raise the budget or use less"


def _month_of(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
