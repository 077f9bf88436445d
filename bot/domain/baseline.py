"""Baselines that are kept, and exceptions that lapse or are lifted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.json import Json

FORMAT = "countersign.baseline/2"


class Kept(StrEnum):
    """When a baseline is kept: at submit, after an apply, after a rollback, by hand."""

    SUBMIT = "submit"
    APPLY = "apply"
    ROLLBACK = "rollback"
    HAND = "hand"


@dataclass(frozen=True)
class Baseline:
    """A deployment as it was: its snapshot by digest, when, why and by whom it was kept. It is never lost."""

    number: int
    arm_id: str
    target: str
    at: datetime
    kind: Kept
    by: str
    sha256: str
    change: str = ""

    @property
    def id(self) -> str:
        """Return the id people see."""
        return f"BL-{self.number}"

    @property
    def words(self) -> str:
        """Return which one it is, as a person reads it."""
        why = {Kept.HAND: "by hand", Kept.ROLLBACK: "after the rollback of"}.get(
            self.kind, f"at {self.kind} of"
        )
        return f"{self.id}, kept {why} {self.change}".strip() if self.change else f"{self.id}, kept {why}"


@dataclass(frozen=True)
class DriftException:
    """A field that may differ until a time, or until lifted: who owns that, and why. The newest of a field counts."""

    number: int
    arm_id: str
    target: str
    field: str
    owner: str
    until: datetime
    reason: str
    by: str
    at: datetime
    lifted_at: datetime | None = None
    lifted_by: str = ""


@dataclass(frozen=True)
class Then:
    """What a field was at an earlier time: a baseline's projection."""

    at: datetime
    projection: Mapping[str, Json]


def exception_for(key: str, exceptions: Sequence[DriftException], now: datetime) -> DriftException | None:
    """Return the exception that silences a field now; None when there is none, it has lapsed or was lifted."""
    newest = newest_exception(key, exceptions)
    return newest if newest is not None and newest.lifted_at is None and now < newest.until else None


def exceptions_in_force(exceptions: Sequence[DriftException], now: datetime) -> tuple[DriftException, ...]:
    """Return the exceptions that silence something now, by field."""
    found = (exception_for(key, exceptions, now) for key in sorted({each.field for each in exceptions}))
    return tuple(each for each in found if each is not None)


def newest_exception(key: str, exceptions: Sequence[DriftException]) -> DriftException | None:
    """Return the newest exception for a field, in force or not."""
    return max((each for each in exceptions if each.field == key), key=lambda each: each.number, default=None)
