"""Channels in memory, by Slack's rules: names are taken once, an archived channel takes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.domain.errors import SlackRefusedError
from bot.ports.channels import Channel, Posted


@dataclass
class Rooms:
    """The Channels port; tests change `channels` and `messages` as people would, and `refusals` by method."""

    channels: dict[str, Channel] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    pins: dict[str, list[str]] = field(default_factory=dict)
    bookmarks: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    messages: dict[tuple[str, str], Posted] = field(default_factory=dict)
    uninvitable: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)

    async def create(self, name: str, *, private: bool) -> Channel:
        """Make a channel unless its name is taken."""
        self._refuse("create")
        if any(each.name == name for each in self.channels.values()):
            raise _refused("name_taken")
        made = Channel(f"C0NEW{len(self.channels)}", name, is_private=private)
        self.channels[made.id] = made
        return made

    async def invite(self, channel: str, users: Sequence[str]) -> Mapping[str, str]:
        """Let people in, but those who are named as uninvitable."""
        self._open("invite", channel)
        self.members.setdefault(channel, set()).update(set(users) - set(self.uninvitable))
        return {user: self.uninvitable[user] for user in users if user in self.uninvitable}

    async def topic(self, channel: str, words: str) -> None:
        """Keep the topic."""
        self._open("topic", channel)
        self.topics[channel] = words

    async def pin(self, channel: str, ts: str) -> None:
        """Pin once."""
        self._open("pin", channel)
        if ts not in self.pins.setdefault(channel, []):
            self.pins[channel].append(ts)

    async def bookmark(self, channel: str, title: str, link: str) -> None:
        """Keep a link once."""
        self._open("bookmark", channel)
        if link not in [each for _, each in self.bookmarks.setdefault(channel, [])]:
            self.bookmarks[channel].append((title, link))

    async def join(self, channel: str) -> Channel:
        """Enter a public channel."""
        self._refuse("join")
        found = await self.look(channel)
        if found.is_archived or found.is_private:
            raise _refused("is_archived" if found.is_archived else "method_not_supported_for_channel_type")
        self.channels[channel] = replace(found, is_member=True)
        return self.channels[channel]

    async def look(self, channel: str) -> Channel:
        """Return a channel; a private one that we are not in is not found."""
        self._refuse("look")
        found = self.channels.get(channel)
        if found is None or (found.is_private and not found.is_member):
            raise _refused("channel_not_found")
        return found

    async def message(self, channel: str, ts: str) -> Posted:
        """Return a message."""
        self._refuse("message")
        found = self.messages.get((channel, ts))
        if found is None:
            raise _refused("message_not_found")
        return found

    def _open(self, method: str, channel: str) -> None:
        self._refuse(method)
        found = self.channels.get(channel)
        if found is None:
            raise _refused("channel_not_found")
        if found.is_archived or not found.is_member:
            raise _refused("is_archived" if found.is_archived else "not_in_channel")

    def _refuse(self, method: str) -> None:
        if method in self.refusals:
            raise _refused(self.refusals[method])


def _refused(code: str) -> SlackRefusedError:
    return SlackRefusedError(f"Slack refused: {code}.", code=code)
