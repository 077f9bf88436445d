"""The part of the archive in memory that holds what people were told and said about changes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.comment import Comment
from bot.domain.notice import Notice
from bot.domain.revision import Revision
from tests.fakes.archive_state import State, through_json

PREFIX = "remind:"


class FakeTalks:
    """Notices, comments, revisions, and when people are next looked at."""

    _state: State

    async def notices(self, about: str) -> Sequence[Notice]:
        """Return everything people were told about a change."""
        found = [each for each in self._state.notices.values() if each.about == about]
        return sorted(found, key=lambda each: (each.last_at, each.person, each.kind))

    async def notify(self, notice: Notice) -> bool:
        """Write down that somebody is to be told, once."""
        key = (notice.about, notice.person, notice.kind)
        return self._state.notices.setdefault(key, notice) is notice

    async def said(self, notice: Notice, *, times: int, channel: str, ts: str) -> bool:
        """Write down what a message says by now."""
        key = (notice.about, notice.person, notice.kind)
        now = self._state.notices.get(key)
        if now is None or now.times != notice.times:
            return False
        self._state.notices[key] = replace(now, times=times, channel=channel, ts=ts)
        return True

    async def comments(self, number: int) -> Sequence[Comment]:
        """Return the comments on a change."""
        return [each for each in self._state.comments if each.number == number]

    async def add_comment(self, comment: Comment) -> Comment:
        """Keep a comment."""
        assert comment.words.strip(), "a comment without words"
        kept = replace(comment, n=len(await self.comments(comment.number)) + 1)
        self._state.comments.append(kept)
        return kept

    async def revision(self, number: int, revision: int) -> Revision | None:
        """Return a revision as it was submitted."""
        return self._state.revisions.get((number, revision))

    async def keep_revision(self, revision: Revision) -> None:
        """Keep a revision; the first word stands."""
        stored = replace(
            revision, request=through_json(dict(revision.request)), plan=through_json(dict(revision.plan))
        )
        self._state.revisions.setdefault((revision.number, revision.revision), stored)

    async def reminders_due(self, now: datetime, limit: int) -> Mapping[str, datetime]:
        """Return the changes at whose people somebody must look."""
        due = [(at, name) for name, at in self._state.dues.items() if name.startswith(PREFIX) and at <= now]
        return {name.removeprefix(PREFIX): at for at, name in sorted(due)[:limit]}

    async def remind_at(self, change: str, at: datetime | None) -> None:
        """Have the people of a change looked at then."""
        self._state.dues.pop(f"{PREFIX}{change}", None)
        if at is not None:
            self._state.dues[f"{PREFIX}{change}"] = at

    async def remind_later(self, change: str, *, due: datetime, until: datetime) -> bool:
        """Put a look off, by compare-and-set."""
        if self._state.dues.get(f"{PREFIX}{change}") != due:
            return False
        self._state.dues[f"{PREFIX}{change}"] = until
        return True
