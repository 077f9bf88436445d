"""The state of the simulated workspace, and who is told when it changes."""

import asyncio
import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox import company
from sandbox.clock import SandboxClock
from sandbox.company import Channel, Person, UserGroup
from sandbox.slack.errors import SlackError
from sandbox.slack.manifest import Manifest
from sandbox.slack.records import Fault, Hook, Message, StoredFile, Trigger, View

Json = Any

TRIGGER_SECONDS = 3.0
HOOK_SECONDS = 1800.0
HOOK_USES = 5
SUBSCRIBER_BACKLOG = 1000


class Workspace:
    """People, channels, messages, views; every change is published to who may see it."""

    def __init__(self, clock: SandboxClock, manifest: Manifest) -> None:
        self.clock = clock
        self.manifest = manifest
        self.base_url = ""
        self.azure_url = ""
        self.run = secrets.token_hex(4)
        self.connected = False
        self.people: dict[str, Person] = {p.id: p for p in (*company.PEOPLE, company.APP_PERSON)}
        self.groups: dict[str, UserGroup] = {group.id: group for group in company.USER_GROUPS}
        self.channels: dict[str, Channel] = {channel.id: channel for channel in company.CHANNELS}
        self.messages: dict[tuple[str, str], Message] = {}
        self.files: dict[str, StoredFile] = {}
        self.views: dict[str, View] = {}
        self.modals: dict[str, list[str]] = {}
        self.homes: dict[str, str] = {}
        self.triggers: dict[str, Trigger] = {}
        self.hooks: dict[str, Hook] = {}
        self.tickets: set[str] = set()
        self.faults: list[Fault] = []
        self.calls: list[dict[str, Json]] = []
        self.bookmarks: dict[str, list[dict[str, Json]]] = {}
        self.outbox: list[dict[str, Json]] = []
        self._last_ts = 0
        self._subscribers: list[tuple[str, asyncio.Queue[tuple[str, Json]]]] = []
        clock.listeners.append(lambda: self.tell("clock", self.clock.as_json()))

    # time and names

    def now(self) -> float:
        """The simulated time in seconds."""
        return self.clock.timestamp()

    def stamp(self) -> str:
        """When something happened, for the control routes."""
        at: datetime = self.clock.now()
        return at.isoformat()

    def new_ts(self) -> str:
        """A message timestamp no other message has."""
        micros = max(int(self.now() * 1_000_000), self._last_ts + 1)
        self._last_ts = micros
        return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """An id nothing else has."""
        return f"{prefix}{secrets.token_hex(5).upper()}"

    def new_trigger(self, user: str, view_id: str | None = None) -> str:
        """A trigger id for one act of one person."""
        trigger_id = f"{int(self.now() * 1000)}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(user, self.now(), view_id)
        return trigger_id

    def use_trigger(self, trigger_id: str) -> Trigger:
        """Exchange a trigger id, once and in time."""
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self.now() - trigger.born > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def new_hook(self, kind: str, hook: Hook) -> str:
        """An absolute response URL."""
        secret = secrets.token_urlsafe(18)
        self.hooks[secret] = hook
        return f"{self.base_url}/hooks/{kind}/{company.TEAM_ID}/{secrets.randbelow(10**12)}/{secret}"

    # people and places

    def channel(self, channel_id: str) -> Channel:
        """The channel with this id, or the refusal Slack gives."""
        found = self.channels.get(channel_id)
        if found is None or (found.private and company.BOT_USER_ID not in found.members):
            raise SlackError("channel_not_found")
        return found

    def set_channel(self, channel: Channel) -> None:
        """Keep a new or changed channel; its members are told, and those who are no longer in it."""
        before = self.channels.get(channel.id)
        self.channels[channel.id] = channel
        for user in channel.members:
            self.tell("channel", self.channel_as_ui(channel), user)
        for user in set(before.members if before else ()) - set(channel.members):
            self.tell("channel_gone", {"id": channel.id}, user)

    def drop_channel(self, channel: Channel) -> None:
        """Forget a channel and all that was said in it."""
        for user in channel.members:
            self.tell("channel_gone", {"id": channel.id}, user)
        self.messages = {key: one for key, one in self.messages.items() if key[0] != channel.id}
        self.bookmarks.pop(channel.id, None)
        self.channels.pop(channel.id)

    def channel_as_ui(self, channel: Channel) -> dict[str, Json]:
        """The shape of a channel that the page and the scripts read."""
        shape: dict[str, Json] = {
            "id": channel.id,
            "name": company.APP_NAME if channel.im_user else channel.name,
            "kind": "im" if channel.im_user else "channel",
            "topic": channel.topic,
            "private": channel.private,
            "archived": channel.archived,
            "shared": channel.shared,
            "creator": channel.creator,
            "members": list(channel.members),
            "bookmarks": self.bookmarks.get(channel.id, []),
        }
        return shape | ({"user": channel.im_user} if channel.im_user else {})

    def emit(self, content: dict[str, Json], channel: Channel | None = None) -> None:
        """Keep an event for the app; what happens in a channel, it hears only from inside."""
        if channel is None or company.BOT_USER_ID in channel.members:
            self.outbox.append(content)

    def open_im(self, user_id: str) -> Channel:
        """The direct messages with this person, opened when they were not."""
        person = self.people.get(user_id)
        if person is None or user_id == company.BOT_USER_ID:
            raise SlackError("user_not_found")
        if person.flags.get("deleted"):
            raise SlackError("user_disabled")
        im = company.direct_messages(person)
        return self.channels.setdefault(im.id, im)

    def may_see(self, user: str, message: Message) -> bool:
        """Whether this person sees this message."""
        channel = self.channels[message.channel]
        return user in channel.members and message.ephemeral_to in (None, user)

    def change_person(self, user_id: str, flags: dict[str, Json]) -> Person:
        """Set flags of a person."""
        person = self.people[user_id]
        self.people[user_id] = replace(person, flags={**person.flags, **flags})
        return self.people[user_id]

    # messages

    def add(self, message: Message) -> Message:
        """Keep and announce a message."""
        self.messages[message.channel, message.ts] = message
        parent = self.messages.get((message.channel, message.thread_ts or ""))
        if parent is not None and message.ephemeral_to is None:
            parent.reply_count += 1
            self._announce("message_changed", parent)
        self._announce("message", message)
        return message

    def change(self, message: Message) -> None:
        """Announce a changed message."""
        message.edited_at = self.new_ts()
        self._announce("message_changed", message)

    def show(self, message: Message) -> None:
        """Announce what was put on a message; its words are as they were."""
        self._announce("message_changed", message)

    def remove(self, message: Message) -> None:
        """Forget and announce a deleted message."""
        self.messages.pop((message.channel, message.ts), None)
        for user, queue in self._subscribers:
            if self.may_see(user, message):
                self._put(queue, "message_deleted", {"channel": message.channel, "ts": message.ts})

    # telling

    def subscribe(self, user: str) -> asyncio.Queue[tuple[str, Json]]:
        """A queue of everything this person sees from now on."""
        queue: asyncio.Queue[tuple[str, Json]] = asyncio.Queue(SUBSCRIBER_BACKLOG)
        self._subscribers.append((user, queue))
        return queue

    def unsubscribe(self, queue: asyncio.Queue[tuple[str, Json]]) -> None:
        """Stop telling."""
        self._subscribers = [(user, other) for user, other in self._subscribers if other is not queue]

    def tell(self, event: str, content: Json, user: str | None = None) -> None:
        """Tell one person, or everybody."""
        for reader, queue in self._subscribers:
            if user in (None, reader):
                self._put(queue, event, content)

    def set_connected(self, *, connected: bool) -> None:
        """Remember and announce whether the app can be reached."""
        if connected != self.connected:
            self.connected = connected
            self.tell("connection", {"connected": connected})

    def _announce(self, event: str, message: Message) -> None:
        for user, queue in self._subscribers:
            if self.may_see(user, message):
                self._put(queue, event, message.as_ui())

    @staticmethod
    def _put(queue: asyncio.Queue[tuple[str, Json]], event: str, content: Json) -> None:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait((event, content))
