"""The pieces every block check is made of: objects, texts, lists, each with Slack's limits."""

from collections.abc import Callable, Iterable
from typing import Any

Json = Any


class Check:
    """Collects problems, each with the JSON pointer of the thing that is wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def wrong(self, pointer: str, what: str) -> None:
        """Note one problem."""
        self.problems.append(f"{what} [json-pointer:{pointer}]")

    def mapping(
        self, value: Json, pointer: str, allowed: Iterable[str], required: Iterable[str] = ()
    ) -> bool:
        """Whether this is an object with no unknown and no missing field."""
        if not isinstance(value, dict):
            self.wrong(pointer, "must provide an object")
            return False
        for key in value:
            if key not in set(allowed) | set(required):
                self.wrong(pointer, f"invalid additional property: {key}")
        missing = [key for key in required if value.get(key) is None]
        for key in missing:
            self.wrong(pointer, f"missing required field: {key}")
        return not missing

    def string(self, value: Json, pointer: str, most: int, least: int = 0) -> bool:
        """Whether this is a string of allowed length."""
        if not isinstance(value, str):
            self.wrong(pointer, "must be a string")
            return False
        if len(value) > most:
            self.wrong(pointer, f"must be less than {most + 1} characters")
        if len(value) < least:
            self.wrong(pointer, f"must be more than {least - 1} characters")
        return True

    def optional_string(self, value: dict[str, Json], key: str, pointer: str, most: int) -> None:
        """Check a string that may be absent."""
        if value.get(key) is not None:
            self.string(value[key], f"{pointer}/{key}", most)

    def whole(self, value: Json, pointer: str, least: int, most: int) -> None:
        """Check a whole number within bounds."""
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.wrong(pointer, f"must be a whole number from {least} to {most}")

    def number(self, value: Json, pointer: str) -> None:
        """Check a number."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            self.wrong(pointer, "must be a number")

    def items(self, value: Json, pointer: str, least: int, most: int) -> list[tuple[Json, str]]:
        """The entries of a list with their pointers; a wrong size is noted."""
        if not isinstance(value, list):
            self.wrong(pointer, "must provide an array")
            return []
        if len(value) > most:
            self.wrong(pointer, f"no more than {most} items allowed")
        if len(value) < least:
            self.wrong(pointer, f"no fewer than {least} items allowed")
        return [(entry, f"{pointer}/{index}") for index, entry in enumerate(value)]

    def one_of(self, value: Json, pointer: str, allowed: Iterable[str]) -> bool:
        """Whether this is one of the allowed words."""
        if value not in tuple(allowed):
            self.wrong(pointer, f"must be one of: {', '.join(allowed)}")
            return False
        return True

    def text(
        self, value: Json, pointer: str, most: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")
    ) -> None:
        """Check a text object."""
        fields = ("type", "text", "emoji", "verbatim")
        if not self.mapping(value, pointer, fields, ("type", "text")):
            return
        if not self.one_of(value["type"], f"{pointer}/type", kinds):
            return
        if value["type"] == "mrkdwn" and "emoji" in value:
            self.wrong(pointer, "invalid additional property: emoji")
        if value["type"] == "plain_text" and "verbatim" in value:
            self.wrong(pointer, "invalid additional property: verbatim")
        self.string(value["text"], f"{pointer}/text", most, 1)

    def plain(self, value: Json, pointer: str, most: int) -> None:
        """Check a plain_text object."""
        self.text(value, pointer, most, ("plain_text",))

    def optional(
        self, value: dict[str, Json], key: str, pointer: str, check: Callable[[Json, str], None]
    ) -> None:
        """Run a check on a field that may be absent."""
        if value.get(key) is not None:
            check(value[key], f"{pointer}/{key}")
