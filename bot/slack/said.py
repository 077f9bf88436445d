"""What a message says: Slack's message object as words, secrets in it masked."""

from collections.abc import Mapping
from typing import Any

from bot.domain.redaction import redact


def words_of(message: Mapping[str, Any]) -> str:
    """Return a message's text, else what its attachments say in words; other apps often write only those."""
    text = message.get("text")
    if isinstance(text, str) and text:
        return redact(text)
    attached = message.get("attachments")
    parts = [each for each in attached if isinstance(each, dict)] if isinstance(attached, list) else []
    return redact("\n".join(str(each.get("fallback") or each.get("text") or "") for each in parts).strip())
