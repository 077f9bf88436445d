"""An error as the command line says it."""

from bot.domain.errors import CountersignError


def in_words(error: CountersignError) -> list[str]:
    """Return what happened, why and what to do next, one line each; what is not known is left out."""
    cause = error.__cause__
    why = (cause.strerror if isinstance(cause, OSError) else type(cause).__name__) if cause else ""
    lines = [("countersign: ", str(error)), ("  why:  ", why or ""), ("  next: ", error.advice)]
    return [f"{label}{words}" for label, words in lines if words]
