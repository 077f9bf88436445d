"""What Azure answered to one call, and what can be made of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.azure.errors import AzureRefusedError, denied_action, error_code
from bot.domain.errors import NotFoundError
from bot.domain.json import Json


@dataclass(frozen=True)
class Reply:
    """What a GET said: status, body (None when it is no JSON) and headers with lower-case names."""

    status: int
    body: Json
    headers: Mapping[str, str]

    @property
    def retry_after(self) -> float | None:
        """Return the seconds Azure asks to wait, None when it does not ask."""
        text = self.headers.get("retry-after", "").strip()
        return float(text) if text.isascii() and text.isdigit() else None


def parse_json(content: bytes) -> Json:
    """Return the JSON of a body, None when it is none."""
    try:
        value: Json = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return value


def read_body(reply: Reply, what: str) -> Mapping[str, Json]:
    """Return the object that an answer holds.

    Raises:
        NotFoundError: there is none. AzureRefusedError: Azure will not show it; the action it misses is named.
    """
    if reply.status == 200 and isinstance(reply.body, Mapping):
        return reply.body
    code = error_code(reply.body)
    if reply.status == 404:
        raise NotFoundError(
            f"Azure does not know {what}.", advice="Check the name, and that the identity may see it."
        )
    if reply.status in (401, 403):
        action = denied_action(reply.body)
        raise AzureRefusedError(
            f"The identity may not read {what} ({code or reply.status}).",
            advice=f"Give it a role with the action {action}."
            if action
            else "Give it the reader role on the account, and the usages role on the subscription.",
        )
    raise AzureRefusedError(f"Azure refused to show {what} ({code or reply.status}).")


def items_of(body: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """Return the objects of a page of a list."""
    value = body.get("value")
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
