"""What people were told and said about changes, in the archive: the same on SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.change import ChangeState
from bot.domain.comment import Comment
from bot.domain.errors import InvalidInputError
from bot.domain.notice import Notice, kind_of
from bot.domain.people import Standing
from bot.domain.revision import Revision
from tests.contracts.fixtures_storage import NOW, REQUEST, Archives, opened_archives, stored_change

LATER = NOW + timedelta(hours=4)
ASKED = Notice("CHG-1", "U0BOB", kind_of("ask", 1), 0, NOW)


@pytest.fixture
async def archives(database_url: str) -> AsyncIterator[Archives]:
    """Give an open archive on each kind of database."""
    async with opened_archives(database_url) as opened:
        yield opened


async def test_a_person_is_told_a_thing_once_whoever_writes_it_down(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        assert await tx.notify(ASKED)
        assert not await tx.notify(replace(ASKED, last_at=LATER))
        assert await tx.notify(replace(ASKED, person="U0CAROL", last_at=LATER))
        assert await tx.notify(replace(ASKED, about="CHG-11"))
    async with archives.opened.archive.reading() as look:
        assert await look.notices("CHG-1") == [ASKED, replace(ASKED, person="U0CAROL", last_at=LATER)]


async def test_where_a_notice_is_and_what_it_says_is_kept_by_compare_and_set(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        await tx.notify(ASKED)
        assert await tx.said(ASKED, times=1, channel="D0BOB", ts="1.2")
        assert not await tx.said(ASKED, times=1, channel="D0BOB", ts="9.9")
    async with archives.opened.archive.reading() as look:
        assert await look.notices("CHG-1") == [replace(ASKED, times=1, channel="D0BOB", ts="1.2")]


async def test_comments_count_from_one_for_each_change(archives: Archives) -> None:
    first = await stored_change(archives.opened)
    second = await stored_change(archives.opened)
    async with archives.opened.archive.transaction() as tx:
        one = await tx.add_comment(Comment(first.number, 1, "U0BOB", NOW, "Is the quota enough?"))
        two = await tx.add_comment(Comment(first.number, 1, "U0CAROL", LATER, "It is."))
        other = await tx.add_comment(Comment(second.number, 1, "U0BOB", NOW, "Nice."))
    assert (one.n, two.n, other.n) == (1, 2, 1)
    async with archives.opened.archive.reading() as look:
        assert await look.comments(first.number) == [one, two]


async def test_the_database_itself_refuses_a_comment_without_words(archives: Archives) -> None:
    change = await stored_change(archives.opened)
    with pytest.raises(InvalidInputError):
        async with archives.opened.archive.transaction() as tx:
            await tx.add_comment(Comment(change.number, 1, "U0BOB", NOW, "  "))


async def test_a_revision_is_kept_as_it_was_submitted_first(archives: Archives) -> None:
    change = await stored_change(archives.opened)
    kept = Revision(change.number, 1, NOW, {"ticket": "OPS-1", "asked": {"capacity": 150}}, {"after": {}})
    async with archives.opened.archive.transaction() as tx:
        assert await tx.revision(change.number, 1) is None
        await tx.keep_revision(kept)
        await tx.keep_revision(replace(kept, request={"ticket": "another"}))
    async with archives.opened.archive.reading() as look:
        assert await look.revision(change.number, 1) == kept


async def test_a_look_at_people_is_due_then_and_taken_by_one(archives: Archives) -> None:
    async with archives.opened.archive.transaction() as tx:
        await tx.remind_at("CHG-1", LATER)
        await tx.remind_at("CHG-1", NOW)
        await tx.remind_at("CHG-2", LATER)
        await tx.put_off("reconcile:prod", due=None, until=NOW)
        assert await tx.reminders_due(NOW - timedelta(microseconds=1), 10) == {}
        assert await tx.reminders_due(NOW, 10) == {"CHG-1": NOW}
        assert await tx.remind_later("CHG-1", due=NOW, until=LATER)
        assert not await tx.remind_later("CHG-1", due=NOW, until=LATER)
        assert list(await tx.reminders_due(LATER, 1)) == ["CHG-1"]
        await tx.remind_at("CHG-1", None)
        assert list(await tx.reminders_due(LATER, 10)) == ["CHG-2"]
        assert list(await tx.dues("reconcile")) == ["reconcile:prod"]


async def test_an_edited_change_keeps_its_expiry(archives: Archives) -> None:
    change = await stored_change(archives.opened)
    async with archives.opened.archive.transaction() as tx:
        pending = await tx.move(change, ChangeState.PENDING_APPROVAL, expires_at=LATER)
        assert pending is not None
        asked = await tx.move(pending, ChangeState.CHANGES_REQUESTED)
        assert asked is not None
        edited = await tx.redraft(asked, replace(REQUEST, reason="Clearer."), "V2")
    assert edited is not None
    assert (edited.revision, edited.expires_at) == (2, LATER)


async def test_where_a_person_is_comes_back(archives: Archives) -> None:
    seen = Standing("U0BOB", True, observed_at=NOW, tz="Europe/Amsterdam", tz_offset=3600)
    async with archives.opened.archive.transaction() as tx:
        await tx.observe(seen)
    assert await archives.opened.archive.people(["U0BOB"]) == {"U0BOB": seen}
