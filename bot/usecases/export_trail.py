"""Take a part of the trail as one file: what the words ask for, and its entries within bounds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from bot.domain.command_line import Words
from bot.domain.errors import InvalidInputError
from bot.domain.trail_words import TrailWish
from bot.ports.trail import FoundEntry, TrailLook, TrailQuery
from bot.usecases.search_trail import query_of

MOST_ENTRIES = 20_000
MOST_BYTES = 10_000_000
USAGE = "[--format jsonl|csv|cloudevents|ocsf] [--last 30d] [--from 2026-10-01] [--to 2026-10-31] [--change CHG-n]"
_PAGE = 500


def wished_export(words: Words, *, now: datetime, zone: tzinfo) -> TrailQuery:
    """Return which entries these words ask for.

    Raises:
        InvalidInputError: a word cannot be read, or two of them do not go together.
    """
    if words.arguments:
        raise InvalidInputError(
            f"`audit export` cannot read {words.arguments[0]!r}.", advice=f"Write `audit export {USAGE}`."
        )
    said = words.options
    if "last" in said and said.keys() & {"from", "to"}:
        raise InvalidInputError("`--last` goes up to now.", advice="Leave it out, or --from and --to.")
    start = said.get("last") or said.get("from", "")
    wish = TrailWish(change=said.get("change", ""), start=start, end=said.get("to", ""))
    return query_of(wish, None, now=now, zone=zone)


async def exported_entries(query: TrailQuery, look: TrailLook) -> Sequence[FoundEntry]:
    """Return the entries, oldest first.

    Raises:
        InvalidInputError: they are more than fit in a file for chat.
    """
    found: list[FoundEntry] = []
    page = await look.search_trail(replace(query, limit=_PAGE))
    found += page.entries
    while page.next:
        demand_small(entries=len(found), size=sum(len(each.body) for each in found))
        page = await look.search_trail(replace(query, limit=_PAGE, after=page.next))
        found += page.entries
    demand_small(entries=len(found), size=0)
    return found[::-1]


def demand_small(*, entries: int, size: int) -> None:
    """Return if so many entries, of so many bytes, fit in a file for chat; raise InvalidInputError otherwise."""
    if entries > MOST_ENTRIES or size > MOST_BYTES:
        raise InvalidInputError(
            f"That is more than a file for chat holds ({MOST_ENTRIES:,} entries, {MOST_BYTES // 1_000_000} MB).",
            advice="Nothing was taken. Ask for less time (`--last 7d`, or `--from` and `--to`) or for one change "
            "(`--change CHG-1`); whoever runs Countersign takes any size with `countersign audit export`.",
        )
