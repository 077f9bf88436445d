"""Taking a part of the trail: oldest first, and no more than a file for chat holds."""

from dataclasses import dataclass

import pytest

from bot.domain.errors import InvalidInputError
from bot.ports.trail import FoundEntry, TrailPage, TrailQuery
from bot.usecases.export_trail import MOST_BYTES, MOST_ENTRIES, demand_small, exported_entries


@dataclass
class Trail:
    """A trail of so many entries of one size; it counts the pages that were read."""

    entries: int
    size: int = 10
    pages: int = 0

    async def search_trail(self, query: TrailQuery) -> TrailPage:
        """Return a page, newest first."""
        self.pages += 1
        high = int(query.after or self.entries)
        low = max(high - query.limit, 0)
        found = [FoundEntry(0, seq, "x" * self.size, "") for seq in reversed(range(low, high))]
        return TrailPage(found, str(low) if low else "")


@pytest.mark.parametrize("size", [0, 1, 499, 500, 501, 1200])
async def test_every_entry_is_taken_once_and_the_oldest_comes_first(size: int) -> None:
    found = await exported_entries(TrailQuery(), Trail(size))
    assert [each.seq for each in found] == list(range(size))


async def test_as_many_as_fit_are_taken_and_one_more_is_refused_with_the_next_step() -> None:
    assert len(await exported_entries(TrailQuery(), Trail(MOST_ENTRIES))) == MOST_ENTRIES
    with pytest.raises(InvalidInputError, match="more than a file for chat holds") as refused:
        await exported_entries(TrailQuery(), Trail(MOST_ENTRIES + 1))
    assert "`--last 7d`" in refused.value.advice
    assert "Nothing was taken" in refused.value.advice
    assert "`countersign audit export`" in refused.value.advice


async def test_large_entries_are_not_all_read_to_be_refused() -> None:
    trail = Trail(MOST_ENTRIES, size=65_000)
    with pytest.raises(InvalidInputError, match="10 MB"):
        await exported_entries(TrailQuery(), trail)
    assert trail.pages == 1


def test_a_file_that_grew_while_it_was_made_is_refused_too() -> None:
    demand_small(entries=1, size=MOST_BYTES)
    with pytest.raises(InvalidInputError, match="more than a file"):
        demand_small(entries=1, size=MOST_BYTES + 1)
