"""Search the trail: who may, what the words mean, and a page of what was found."""

from datetime import UTC, datetime, tzinfo

from bot.domain.change import change_number
from bot.domain.configuration import Configuration
from bot.domain.errors import InvalidInputError
from bot.domain.trail_range import read_range
from bot.domain.trail_words import TrailWish
from bot.ports.trail import TrailQuery


def query_of(
    wish: TrailWish, configuration: Configuration | None, *, now: datetime, zone: tzinfo = UTC
) -> TrailQuery:
    """Return what to look for; without a configuration a target is an ARM id.

    Raises:
        InvalidInputError: a word cannot be read; NotFoundError: there is no such target.
    """
    span = read_range(wish.start, wish.end, now=now, zone=zone)
    if span.by_number:
        raise InvalidInputError(
            "The ends of the range are times here, not numbers.", advice="Write `7d` or `2026-09-30`."
        )
    return TrailQuery(
        actor=wish.actor,
        type=wish.type.removesuffix("*"),
        resource=_resource(wish.target, configuration),
        change=f"CHG-{change_number(wish.change)}" if wish.change else "",
        since=span.since,
        until=span.until,
    )


def _resource(target: str, configuration: Configuration | None) -> str:
    if not target or configuration is None:
        if target and not target.startswith("/"):
            raise InvalidInputError(
                "Nobody knows targets by their alias here.",
                advice="Set COUNTERSIGN_CONFIG, or write the ARM id.",
            )
        return target
    return configuration.find(target).key
