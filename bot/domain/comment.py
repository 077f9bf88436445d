"""What somebody said about a change, without deciding it."""

from dataclasses import dataclass
from datetime import datetime

LONGEST = 1500


@dataclass(frozen=True)
class Comment:
    """One comment; `n` counts those of its change from 1, and is given by the database."""

    number: int
    revision: int
    person: str
    at: datetime
    words: str
    n: int = 0
