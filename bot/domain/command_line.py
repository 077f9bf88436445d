"""The text after `/cs` or a mention, as words: normalised, split like a shell, options read, typos answered."""

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from bot.domain.errors import InvalidInputError

_REPLACED = {
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'",
    "—": "--", "–": "--", "\u00a0": " ",
    "&lt;": "<", "&gt;": ">", "&amp;": "&",
    "\u200b": "", "\u2060": "", "\ufeff": "",
}  # fmt: skip


_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_KEPT = "\ue000"  # stands for an apostrophe inside a word, which opens no quote, while a line is split
CLOSE = 0.6  # below it a guess is a riddle: "frob" is no "rollback"


@dataclass(frozen=True)
class Words:
    """A command's arguments and options, without dashes; a flag's value is empty."""

    arguments: tuple[str, ...]
    options: Mapping[str, str]

    def flag(self, name: str) -> bool:
        """Return whether an option was given."""
        return name in self.options


def normalised(text: str) -> str:
    """Return chat text with smart quotes, long dashes and Slack's entities undone."""
    for found, plain in _REPLACED.items():
        text = text.replace(found, plain)
    return text.strip()


def split(text: str) -> tuple[str, ...]:
    """Return the words of a command as a shell would split them; the apostrophe in `can't` opens no quote.

    Raises:
        InvalidInputError: a quote is never closed.
    """
    try:
        words = shlex.split(_APOSTROPHE.sub(_KEPT, normalised(text)))
    except ValueError as error:
        raise InvalidInputError(
            "A quote is opened and never closed.", advice='Close it: "like this".'
        ) from error
    return tuple(word.replace(_KEPT, "'") for word in words)


def parse(words: Iterable[str], *, flags: Iterable[str] = (), options: Iterable[str] = ()) -> Words:
    """Return arguments and options of a command that knows these flags (no value) and options (one value).

    Raises:
        InvalidInputError: an option is unknown (with "did you mean"), given twice, or lacks its value.
    """
    flags, options = set(flags), set(options)
    arguments: list[str] = []
    found: dict[str, str] = {}
    pending = ""
    for word in words:
        if pending:
            found[pending], pending = word, ""
        elif not word.startswith("--"):
            arguments.append(_unmarked(word))
        else:
            name, equals, value = word[2:].partition("=")
            _known(name, flags | options)
            if name in found:
                raise InvalidInputError(f"--{name} is given twice.", advice="Give it once.")
            found[name] = value
            if name in options and not equals:
                pending = name
    if pending:
        raise InvalidInputError(f"--{pending} needs a value.", advice=f"Write --{pending} VALUE.")
    return Words(tuple(arguments), found)


def _unmarked(word: str) -> str:
    """Return a word without the marks of bold and code that chat keeps around what is copied from it."""
    return word.strip("*`") or word


def _known(name: str, known: set[str]) -> None:
    if name in known:
        return
    raise InvalidInputError(
        f"There is no option --{name} here.", advice=did_you_mean(name, known, prefix="--")
    )


def did_you_mean(word: str, known: Iterable[str], *, prefix: str = "") -> str:
    """Return `Did you mean …?` with the closest known word, or what is known."""
    names = sorted(known)
    close = get_close_matches(word.lower(), names, n=1, cutoff=CLOSE)
    if close:
        return f"Did you mean {prefix}{close[0]}?"
    return "Known: " + (", ".join(f"{prefix}{name}" for name in names) or "none") + "."
