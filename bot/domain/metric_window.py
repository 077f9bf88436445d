"""How far metrics reach: what may be asked of `--last` and `--vs`, in Azure's 93 days."""

from datetime import timedelta

from bot.domain.configuration import parse_duration
from bot.domain.errors import InvalidInputError

KEPT = timedelta(days=93)
SHORTEST = timedelta(minutes=5)
MOST_WINDOWS = 7
_DAY = timedelta(days=1)
_WRITE_LAST = "Write between 5m and 93d, such as `--last 6h` or `--last 30d`."


def last_span(text: str) -> timedelta:
    """Return the span that `--last` asks for.

    Raises:
        InvalidInputError: it is none, shorter than the shortest bucket, or longer than Azure keeps metrics.
    """
    span = parse_duration(text)
    if span < SHORTEST:
        raise InvalidInputError(
            f"`--last {text}` is shorter than five minutes, the width of a bucket.", advice=_WRITE_LAST
        )
    if span > KEPT:
        raise InvalidInputError(
            f"`--last {text}` reaches further back than the 93 days that Azure keeps metrics.",
            advice=_WRITE_LAST,
        )
    return span


def usual_span(last: timedelta) -> str:
    """Return what `--vs` is where nobody says it: a week, or once more the days that a longer window takes."""
    return f"{max(MOST_WINDOWS, period(last).days)}d"


def against_span(text: str, last: timedelta) -> timedelta:
    """Return how far back `--vs` compares: whole days, one to seven times what a window takes.

    Raises:
        InvalidInputError: it is none of that.
    """
    span, each = parse_duration(text), period(last)
    if span % _DAY or not each <= span <= MOST_WINDOWS * each:
        days = f"{each.days}d to {MOST_WINDOWS * each.days}d"
        raise InvalidInputError(
            f"`--vs {text}` cannot be compared with: for this `--last` it is whole days, {days}.",
            advice=f"Write `--vs {usual_span(last)}`, `--vs baseline` or `--vs CHG-n`, or leave it out.",
        )
    return span


def period(length: timedelta) -> timedelta:
    """Return how far apart windows are that are compared: the whole days that one reaches over."""
    return max(1, -(-length // _DAY)) * _DAY
