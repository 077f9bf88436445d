"""An error as the command line says it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bot.domain.errors import CountersignError, LedgerBrokenError


def in_words(error: CountersignError) -> list[str]:
    """Return what happened, why and what to do next, one line each; what is not known is left out."""
    cause = error.__cause__
    why = _why(cause) if cause else ""
    lines = [("countersign: ", str(error)), ("  why:  ", why or ""), ("  next: ", error.advice)]
    return [f"{label}{words}" for label, words in lines if words]


def _why(cause: BaseException) -> str | None:
    if isinstance(cause, OSError):
        return cause.strerror
    return str(cause) if isinstance(cause, CountersignError) else type(cause).__name__


@contextmanager
def broken_ends_with_1() -> Iterator[None]:
    """Say that the trail does not hold, where that is what was found, and end with exit code 1."""
    try:
        yield
    except LedgerBrokenError as error:
        print("\n".join(in_words(error)), file=sys.stderr)
        sys.exit(1)
