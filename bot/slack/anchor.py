"""`slack`: the whole checkpoint as a message in a channel of its own, where its time is Slack's and an edit shows."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.anchoring import checkpoint_in
from bot.ports.anchors import OurLog, Published, Seen
from bot.ports.slack import Message, Messenger
from bot.slack.client import patient
from bot.slack.errors import slack_errors

EVENT = "countersign.anchor"
_PAGES = 3
_PER_PAGE = 100
_FENCED = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
_LINK = re.compile(r"<https?://[^|>]*\|([^>]*)>|<(https?://[^>]*)>")
_Found = Mapping[str, Any]


class SlackAnchor:
    """An anchor channel. Its ref is `channel/ts`."""

    kind = "slack"

    def __init__(self, client: AsyncWebClient, messenger: Messenger, channel: str) -> None:
        self._client = patient(client)
        self._messenger = messenger
        self._channel = channel

    async def publish(self, log: OurLog) -> Published:
        """Post the checkpoint."""
        text = f"Anchor of the audit trail at size {log.size}.\n```\n{log.note}```"
        payload = {"origin": log.origin, "size": log.size}
        message = Message(text, metadata={"event_type": EVENT, "event_payload": payload})
        return Published(f"{self._channel}/{await self._messenger.post(self._channel, message)}")

    async def newest(self, log: OurLog) -> Seen | None:
        """Return the checkpoint of the largest size among the last messages of the channel."""
        channel, _, last = log.ref.partition("/")
        last = last if channel == self._channel else ""
        best, edited, spoilt, seen, oldest = ("", 0), "", "", set[str](), ""
        async for found in self._messages(log.origin, last):
            ts = oldest = str(found.get("ts", ""))
            seen.add(ts)
            note = note_of(str(found.get("text", "")))
            checkpoint = checkpoint_in(note)
            edited = edited or (f"the message {ts} was edited" if found.get("edited") else "")
            if checkpoint is None:
                spoilt = spoilt or f"the message {ts} holds no checkpoint"
            elif checkpoint.origin == log.origin and checkpoint.size > best[1]:
                best = (note, checkpoint.size)
        if last and last not in seen:
            edited = edited or f"the message {last} is gone"
        if not (oldest or edited):
            return None
        return Seen(best[1], best[0], unreadable=spoilt, edited=edited)

    async def _messages(self, origin: str, last: str) -> AsyncIterator[_Found]:
        """Give our anchors of a log, newest first, back to the one we know of."""
        cursor = ""
        for _ in range(_PAGES):
            async with slack_errors():
                answer = await self._client.conversations_history(
                    channel=self._channel, limit=_PER_PAGE, cursor=cursor or None, include_all_metadata=True
                )
            page = list(_ours(answer.get("messages"), origin))
            for each in page:
                yield each
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor or (page and str(page[-1].get("ts", "")) <= last):
                return


def _ours(messages: Any, origin: str) -> Iterator[_Found]:
    for each in messages if isinstance(messages, list) else []:
        metadata = each.get("metadata") if isinstance(each, dict) else None
        if isinstance(metadata, dict) and metadata.get("event_type") == EVENT:
            payload = metadata.get("event_payload")
            if isinstance(payload, dict) and payload.get("origin") == origin:
                yield each


def note_of(text: str) -> str:
    """Return the note in a message, without what Slack makes of a text: links and escaped signs."""
    fenced = _FENCED.search(text)
    if fenced is None:
        return ""
    plain = _LINK.sub(lambda found: found[1] or found[2], fenced[1])
    for written, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        plain = plain.replace(written, sign)
    return f"{plain.strip()}\n"
