"""Messages the app sends back: the answer to a command, and response URLs."""

from typing import Any

from aiohttp import web

from sandbox import company
from sandbox.slack.errors import SlackError
from sandbox.slack.methods_chat import LONGEST_POST, checked_blocks, checked_metadata, checked_text
from sandbox.slack.records import Hook, Message
from sandbox.slack.workspace import HOOK_SECONDS, HOOK_USES, Workspace

Json = Any


def post_reply(world: Workspace, hook: Hook, reply: dict[str, Json]) -> Message | None:
    """Post, replace or delete as the reply says; ephemeral unless it says `in_channel`."""
    original = world.messages.get(hook.original) if hook.original else None
    if reply.get("delete_original"):
        if original is not None:
            world.remove(original)
        return None
    blocks = checked_blocks(reply)
    text = checked_text(reply, LONGEST_POST, has_blocks=bool(blocks))
    metadata = checked_metadata(reply)
    if reply.get("replace_original") and original is not None:
        original.text, original.blocks = text, blocks or []
        original.metadata = metadata if metadata is not None else original.metadata
        world.change(original)
        return original
    message = Message(
        channel=hook.channel,
        ts=world.new_ts(),
        user=company.BOT_USER_ID,
        text=text,
        app=True,
        thread_ts=str(reply["thread_ts"]) if reply.get("thread_ts") else hook.thread_ts,
        blocks=blocks or [],
        ephemeral_to=None if reply.get("response_type") == "in_channel" else hook.user,
        metadata=metadata,
    )
    if hook.original is None:
        hook.original = (message.channel, message.ts)
    return world.add(message)


class Hooks:
    """The door `/hooks/…`: five uses in thirty minutes."""

    def __init__(self, world: Workspace) -> None:
        self._world = world

    async def handle(self, request: web.Request) -> web.Response:
        """Take one reply."""
        reply = await _reply(request)
        error, status = self._take(request.match_info["secret"], reply)
        call = {"method": "response_url", "args": reply or {}, "ok": error is None, "error": error}
        self._world.calls.append(call | {"at": self._world.stamp()})
        if error is None:
            return web.json_response({"ok": True})
        return web.json_response({"ok": False, "error": error}, status=status)

    def _take(self, secret: str, reply: dict[str, Json] | None) -> tuple[str | None, int]:
        hook = self._world.hooks.get(secret)
        if hook is None:
            return "no_such_url", 404
        if self._world.now() - hook.born > HOOK_SECONDS:
            return "expired_url", 404
        if hook.uses >= HOOK_USES:
            return "used_url", 404
        if reply is None:
            return "invalid_payload", 400
        hook.uses += 1
        try:
            post_reply(self._world, hook, reply)
        except SlackError as refusal:
            return refusal.error, 400
        return None, 200


async def _reply(request: web.Request) -> dict[str, Json] | None:
    try:
        reply = await request.json()
    except ValueError:
        return None
    return reply if isinstance(reply, dict) else None
