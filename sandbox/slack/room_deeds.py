"""What people do with channels and messages: make, rename, archive, remove the app; pin, react, share a file."""

import base64
import binascii
import secrets
from collections.abc import Callable
from typing import Any

from sandbox import company
from sandbox.company import Channel
from sandbox.slack import marks, rooms
from sandbox.slack.deeds import RefusedError
from sandbox.slack.delivery import Dispatcher
from sandbox.slack.errors import SlackError
from sandbox.slack.records import Message, StoredFile
from sandbox.slack.workspace import Workspace

Json = Any
Body = dict[str, Json]
CONFLICT = 409


class RoomDeeds:
    """Carries them out; the app has heard of each before the answer comes."""

    def __init__(self, world: Workspace, dispatcher: Dispatcher) -> None:
        self._world = world
        self._dispatcher = dispatcher
        self._deeds: dict[str, Callable[[Body, Channel], None]] = {
            "invite": self._invite,
            "kick": lambda body, channel: rooms.leave(world, channel, str(body["who"]), str(body["user"])),
            "leave": lambda body, channel: rooms.leave(world, channel, str(body["user"]), str(body["user"])),
            "archive": lambda body, channel: rooms.archive(world, channel, str(body["user"])),
            "unarchive": lambda body, channel: rooms.unarchive(world, channel, str(body["user"])),
            "delete": lambda body, channel: rooms.delete(world, channel, str(body["user"])),
            "rename": lambda body, channel: rooms.rename(
                world, channel, str(body["name"]), str(body["user"])
            ),
        }

    async def channel(self, body: Body) -> Json:
        """`do` with a channel: join, leave, invite and kick (`who`), rename (`name`), archive, unarchive, delete.

        `create` takes a `name`, and `private`.
        """
        user, deed = self._person(body), str(body["do"])
        if deed == "create":
            return await self._done(
                lambda: (
                    rooms.create(self._world, str(body["name"]), user, private=bool(body.get("private"))).id
                )
            )
        channel = self._world.channels.get(str(body["channel"]))
        if channel is None or channel.im_user is not None:
            raise RefusedError("channel_not_found")
        if deed == "join" and not channel.private:
            return await self._done(lambda: rooms.enter(self._world, channel, user))
        if user not in channel.members:
            raise RefusedError("channel_not_found")
        if deed not in self._deeds:
            raise RefusedError("no_such_deed", 400)
        return await self._done(lambda: self._deeds[deed](body, channel))

    def _invite(self, body: Body, channel: Channel) -> None:
        if body["who"] not in self._world.people:
            raise SlackError("user_not_found")
        rooms.enter(self._world, channel, str(body["who"]), str(body["user"]))

    async def react(self, body: Body) -> Json:
        """An emoji on a message, or with `remove` off it."""
        message, user = self._message(body)
        deed = marks.unreact if body.get("remove") else marks.react
        return await self._done(lambda: deed(self._world, message, str(body["name"]), user))

    async def pin(self, body: Body) -> Json:
        """A message is pinned, or with `remove` no longer."""
        message, user = self._message(body)
        deed = marks.unpin if body.get("remove") else marks.pin
        return await self._done(lambda: deed(self._world, message, user))

    async def share(self, body: Body) -> Json:
        """A message with a file: `name`, and `content` in base64."""
        user, channel = self._person(body), self._world.channels.get(str(body["channel"]))
        if channel is None or user not in channel.members:
            raise RefusedError("channel_not_found")
        if channel.archived:
            raise RefusedError("is_archived", CONFLICT)
        try:
            content = base64.b64decode(str(body["content"]), validate=True)
        except binascii.Error:
            raise RefusedError("invalid_content", 400) from None
        number, name, now = f"F0{secrets.token_hex(5).upper()}", str(body["name"]), int(self._world.now())
        file = StoredFile(number, name, len(content), "", "", now, content, name, True, (channel.id,), user)
        self._world.files[number] = file
        words, shape = str(body.get("text") or ""), file.as_slack(self._world.base_url)
        message = Message(channel.id, self._world.new_ts(), user, words, files=[shape])
        self._world.add(message)
        return {"ok": True, "ts": message.ts}

    def _message(self, body: Body) -> tuple[Message, str]:
        user = self._person(body)
        message = self._world.messages.get((str(body["channel"]), str(body["ts"])))
        if message is None or not self._world.may_see(user, message) or message.ephemeral_to is not None:
            raise RefusedError("no_such_message")
        return message, user

    def _person(self, body: Body) -> str:
        user = str(body["user"])
        person = self._world.people.get(user)
        if person is None or user == company.BOT_USER_ID or person.flags.get("deleted"):
            raise RefusedError("user_not_found")
        return user

    async def _done(self, deed: Callable[[], str | None]) -> Json:
        try:
            made = deed()
        except SlackError as refusal:
            raise RefusedError(refusal.error, CONFLICT) from None
        await self._dispatcher.flush()
        return {"ok": True, **({"channel": made} if made else {})}
