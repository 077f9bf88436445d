"""Slack: speaking, and asking who people are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Protocol

from bot.domain.chart import Chart
from bot.domain.people import Standing

Block = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """A Slack message: the sentence screen readers read, the blocks, our metadata, and the charts it is about.

    A chart that no block shows natively goes as a picture into the thread of a posted message.
    """

    text: str
    blocks: Sequence[Block] = ()
    metadata: Mapping[str, Any] | None = None
    charts: Sequence[Chart] = ()


@dataclass(frozen=True)
class File:
    """A file to upload: its name, the title people see, its bytes, and what an image shows in words."""

    name: str
    title: str
    content: bytes
    alt_text: str = ""


class Messenger(Protocol):
    """Speaking in Slack. Raises (every method): SlackUnavailableError (retry), SlackRefusedError (do not)."""

    async def post(self, channel: str, message: Message) -> str:
        """Post an ordinary message and return its ts."""
        ...

    async def refuse_shared(self, channel: str) -> None:
        """Raise SlackRefusedError where another company reads along and nothing may be posted."""
        ...

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Edit one of our messages in place."""
        ...

    async def ephemeral(self, channel: str, user: str, message: Message) -> None:
        """Show a message to one person in a channel."""
        ...

    async def direct(self, user: str, message: Message) -> str:
        """Send a direct message and return its ts."""
        ...

    async def conversation(self, user: str) -> str:
        """Return the channel of the direct messages with a person."""
        ...

    async def reply(self, channel: str, thread_ts: str, message: Message) -> str:
        """Post in the thread of a message and return the reply's ts."""
        ...

    async def link(self, channel: str, ts: str) -> str:
        """Return the address of a message."""
        ...

    async def upload(
        self, channel: str, files: Sequence[File], *, comment: str = "", thread_ts: str = ""
    ) -> Sequence[str]:
        """Share files in a channel, or with a person by user id, under one comment; return their ids."""
        ...

    async def respond(self, response_url: str, message: Message, *, replace: bool) -> None:
        """Answer a command through its response_url (host-pinned), replacing what stands there if asked."""
        ...

    async def open_view(self, trigger_id: str, view: Block) -> str:
        """Open a modal within the 3 s of its trigger and return the view id."""
        ...

    async def update_view(self, view_id: str, view: Block) -> None:
        """Replace an open modal."""
        ...

    async def publish_home(self, user: str, view: Block) -> None:
        """Show a person their Home tab."""
        ...


class SlackDirectory(Protocol):
    """What Slack says of people, read afresh. Raises SlackUnavailableError."""

    async def standing(self, user: str) -> Standing:
        """Return a person's account flags; `groups` is empty."""
        ...

    async def members(self, usergroup: str) -> frozenset[str]:
        """Return the user ids of a user group."""
        ...

    async def zone(self, user: str) -> tzinfo:
        """Return the time zone a person has in Slack; UTC where Slack names none."""
        ...
