"""What the simulated workspace remembers: messages, views, triggers, response URLs, deliveries."""

import mimetypes
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from sandbox import company
from sandbox.company import Channel

Json = Any

PRETTY = {"html": "HTML", "json": "JSON", "png": "PNG", "svg": "SVG", "txt": "Plain Text", "csv": "CSV"}
NOT_STATEFUL = ("button", "overflow", "image")


def finished(value: Json) -> Json:
    """Blocks as Slack stores them: ids and the text flags filled in."""
    if isinstance(value, list):
        return [finished(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    done = {key: finished(entry) for key, entry in value.items()}
    if done.get("type") == "plain_text":
        done.setdefault("emoji", True)
    if done.get("type") == "mrkdwn":
        done.setdefault("verbatim", False)
    return done


def with_ids(blocks: list[Json]) -> list[Json]:
    """Blocks with a `block_id` each and an `action_id` for each element."""
    done = finished(blocks)
    for block in done:
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
        for element in elements_of(block):
            if element.get("type") != "image":
                element.setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return list(done)


def elements_of(block: dict[str, Json]) -> Iterator[dict[str, Json]]:
    """The interactive elements of one block."""
    if block["type"] == "actions":
        yield from block["elements"]
    elif block["type"] == "input":
        yield block["element"]
    elif block["type"] == "section" and isinstance(block.get("accessory"), dict):
        yield block["accessory"]


def find_element(blocks: list[Json], block_id: str, action_id: str) -> dict[str, Json] | None:
    """The element with these ids, if it is there."""
    for block in blocks:
        if block["block_id"] == block_id:
            for element in elements_of(block):
                if element.get("action_id") == action_id:
                    return element
    return None


@dataclass
class Message:
    """One message; `ephemeral_to` names the only person who sees it."""

    channel: str
    ts: str
    user: str
    text: str
    app: bool = False
    thread_ts: str | None = None
    blocks: list[Json] = field(default_factory=list)
    ephemeral_to: str | None = None
    edited_at: str | None = None
    metadata: dict[str, Json] | None = None
    reply_count: int = 0
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    files: list[dict[str, Json]] = field(default_factory=list)
    subtype: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    pinned_by: str = ""
    pinned_at: int = 0

    def as_ui(self) -> dict[str, Json]:
        """The shape the page and the scripts read."""
        return {
            "channel": self.channel,
            "ts": self.ts,
            "thread_ts": self.thread_ts,
            "user": self.user,
            "app": self.app,
            "text": self.text,
            "blocks": self.blocks,
            "ephemeral_to": self.ephemeral_to,
            "edited": self.edited_at is not None,
            "metadata": self.metadata,
            "reply_count": self.reply_count,
            "files": self.files,
            "subtype": self.subtype,
            "reactions": self.reactions,
            "pinned_by": self.pinned_by,
        }

    def as_slack(self) -> dict[str, Json]:
        """The message object inside Slack's answers and payloads."""
        shape: dict[str, Json] = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": self.text,
            "team": company.TEAM_ID,
        }
        if self.app:
            shape |= {"bot_id": company.BOT_ID, "app_id": company.APP_ID}
        if self.files:
            shape |= {"files": self.files, "upload": True}
        if self.edited_at:
            shape["edited"] = {"user": self.user, "ts": self.edited_at}
        return shape | {name: value for name, value in self._more() if value}

    def _more(self) -> Iterator[tuple[str, Json]]:
        """What a message has only where there is something."""
        yield "blocks", self.blocks
        yield "thread_ts", self.thread_ts
        yield "metadata", self.metadata
        yield "subtype", self.subtype
        yield (
            "reactions",
            [{"name": name, "users": users, "count": len(users)} for name, users in self.reactions.items()],
        )
        yield "pinned_to", [self.channel] if self.pinned_by else []


@dataclass
class StoredFile:
    """One file, from the upload address on; it is shared once it was completed."""

    id: str
    name: str
    length: int
    ticket: str
    alt: str
    created: int
    content: bytes | None = None
    title: str = ""
    shared: bool = False
    channels: tuple[str, ...] = ()
    user: str = company.BOT_USER_ID

    @property
    def mimetype(self) -> str:
        """The media type that the name promises."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def as_slack(self, base_url: str) -> dict[str, Json]:
        """The file object of Slack's answers and messages."""
        kind = self.name.rpartition(".")[2].lower()
        url = f"{base_url}/files-pri/{company.TEAM_ID}-{self.id}/{quote(self.name, safe='')}"
        shape: dict[str, Json] = {
            "id": self.id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": kind,
            "pretty_type": PRETTY.get(kind, kind.upper()),
            "user": self.user,
            "size": len(self.content or b""),
            "mode": "hosted",
            "is_external": False,
            "is_public": bool(self.channels),
            "url_private": url,
            "url_private_download": f"{url}?download=1",
        }
        return shape | ({"alt_txt": self.alt} if self.alt else {})


@dataclass
class View:
    """One modal or Home tab, with what its person has entered so far."""

    id: str
    user: str
    content: dict[str, Json]
    hash: str
    root_id: str
    previous_id: str | None = None
    values: dict[str, dict[str, Json]] = field(default_factory=dict)

    def as_slack(self) -> dict[str, Json]:
        """The view object of Slack's answers and payloads."""
        content = self.content
        return {
            "id": self.id,
            "team_id": company.TEAM_ID,
            "type": content["type"],
            "blocks": content["blocks"],
            "private_metadata": content.get("private_metadata", ""),
            "callback_id": content.get("callback_id", ""),
            "state": {"values": self.values},
            "hash": self.hash,
            "title": content.get("title"),
            "clear_on_close": content.get("clear_on_close", False),
            "notify_on_close": content.get("notify_on_close", False),
            "close": content.get("close"),
            "submit": content.get("submit"),
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id,
            "app_id": company.APP_ID,
            "external_id": content.get("external_id", ""),
            "app_installed_team_id": company.TEAM_ID,
            "bot_id": company.BOT_ID,
        }


@dataclass
class Trigger:
    """A trigger id: three seconds, one use, one person."""

    user: str
    born: float
    view_id: str | None = None
    used: bool = False


@dataclass
class Hook:
    """A response URL: five uses in thirty minutes; `original` is what `replace_original` replaces."""

    user: str
    channel: str
    born: float
    original: tuple[str, str] | None = None
    thread_ts: str | None = None
    uses: int = 0


@dataclass
class Fault:
    """The next calls of a method go wrong in a named way."""

    method: str
    kind: str
    times: int
    retry_after: int


def conversation(channel: Channel) -> dict[str, Json]:
    """The conversation object of Slack's answers."""
    if channel.im_user is not None:
        return {
            "id": channel.id,
            "created": 1_700_000_000,
            "is_im": True,
            "is_org_shared": False,
            "user": channel.im_user,
            "is_open": True,
            "priority": 0,
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": channel.created,
        "creator": channel.creator,
        "is_channel": True,
        "is_group": False,
        "unlinked": 0,
        "parent_conversation": None,
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "previous_names": [],
        "is_im": False,
        "is_mpim": False,
        "is_shared": channel.shared,
        "is_ext_shared": channel.shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "is_private": channel.private,
        "is_archived": channel.archived,
        "is_general": channel.name == "general",
        "is_member": company.BOT_USER_ID in channel.members,
        "context_team_id": company.TEAM_ID,
        "shared_team_ids": [company.TEAM_ID],
        "topic": {"value": channel.topic, "creator": "U0OWNER", "last_set": 1_700_000_000},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }
