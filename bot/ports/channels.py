"""Slack's channels: made, entered, furnished and looked at. What is said in them goes through `slack`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Channel:
    """A channel as Slack sees it now; `is_member` says whether this app is in it."""

    id: str
    name: str
    is_private: bool = False
    is_archived: bool = False
    is_member: bool = True


@dataclass(frozen=True)
class Attached:
    """A file of a message: its name, its size in bytes, and the SHA-256 of its bytes, empty where not readable."""

    name: str
    size: int
    sha256: str = ""


@dataclass(frozen=True)
class Posted:
    """A message: its author (a user, else an app's bot id), its words with secrets masked, its files."""

    ts: str
    user: str
    text: str
    files: Sequence[Attached] = ()
    thread_ts: str = ""


class Channels(Protocol):
    """Raises (every method): SlackUnavailableError (retry), SlackRefusedError (do not).

    A `missing_scope` advises to install the app again; `is_archived`, `channel_not_found` and `not_in_channel`
    say by `code` what happened to the channel.
    """

    async def create(self, name: str, *, private: bool) -> Channel:
        """Make a channel, this app in it. Code `name_taken`: there is one of that name, archived or not."""
        ...

    async def invite(self, channel: str, users: Sequence[str]) -> Mapping[str, str]:
        """Invite people and return who could not be, with Slack's word for it; who is there already, could."""
        ...

    async def topic(self, channel: str, words: str) -> None:
        """Set the topic, cut to what Slack takes."""
        ...

    async def pin(self, channel: str, ts: str) -> None:
        """Pin a message; one that is pinned already stays so."""
        ...

    async def bookmark(self, channel: str, title: str, link: str) -> None:
        """Put a link into the bookmarks bar, unless it is there already."""
        ...

    async def join(self, channel: str) -> Channel:
        """Enter a public channel. Code `method_not_supported_for_channel_type`: a private one needs an invitation."""
        ...

    async def look(self, channel: str) -> Channel:
        """Return a channel as it is now."""
        ...

    async def message(self, channel: str, ts: str) -> Posted:
        """Return a message, of a thread as well. Code `message_not_found`: it is not there, or no more."""
        ...
