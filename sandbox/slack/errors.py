"""What a Web API method refuses, as one exception."""

from typing import Any


class SlackError(Exception):
    """A refusal with Slack's error code and whatever else Slack says with it."""

    def __init__(self, error: str, **more: Any) -> None:
        super().__init__(error)
        self.error = error
        self.more = more

    def as_json(self) -> dict[str, Any]:
        """The body Slack answers with."""
        return {"ok": False, "error": self.error, **self.more}


def invalid_blocks(problems: list[str]) -> SlackError:
    """The whole message is refused, with one line per problem."""
    lines = [f"[ERROR] {problem}" for problem in problems]
    return SlackError("invalid_blocks", errors=problems, response_metadata={"messages": lines})


def invalid_arguments(problems: list[str]) -> SlackError:
    """Arguments (or a view) are refused, with one line per problem."""
    lines = [f"[ERROR] {problem}" for problem in problems]
    return SlackError("invalid_arguments", response_metadata={"messages": lines})
