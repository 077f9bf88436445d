"""The error tree: everything Countersign raises on purpose.

`str(error)` says what happened, `advice` what to do about it, `retryable` whether a job may try again.
"""

from datetime import datetime
from typing import ClassVar


class CountersignError(Exception):
    """Something Countersign refuses or cannot do, in words for a person."""

    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class InvalidInputError(CountersignError):
    """A value in a form or a command cannot be read; `field` names it."""

    def __init__(self, message: str, *, field: str = "", advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.field = field


class NotFoundError(CountersignError):
    """There is no such deployment, change or entry."""


class ConflictError(CountersignError):
    """It moved while you looked."""


class AzureUnavailableError(CountersignError):
    """Azure did not answer, or not in time."""

    retryable: ClassVar[bool] = True


class SlackUnavailableError(CountersignError):
    """Slack did not answer, or not in time."""

    retryable: ClassVar[bool] = True


class SlackLimitedError(SlackUnavailableError):
    """Slack does not take so many calls: wait `seconds`. It is no failure of the call."""

    def __init__(self, message: str, *, seconds: int, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.seconds = seconds


class ClockWrongError(CountersignError):
    """This machine's clock is too far from Slack's or Azure's for a time of ours to mean anything."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message, advice="Nothing was recorded. Have the clock set right (NTP), then do it again."
        )


class LedgerBrokenError(CountersignError):
    """The audit trail does not prove itself: stop every change."""


class AuditRefusedError(CountersignError):
    """The audit trail will not take this entry, so what it describes must not happen."""


class AuditBusyError(AuditRefusedError):
    """The database was locked, full or read-only: nothing was written."""

    retryable: ClassVar[bool] = True


class AuditMissingError(NotFoundError):
    """There is no audit trail at this address; nothing was created."""


class ProofError(CountersignError):
    """An inclusion or consistency proof does not hold."""


class PackRefusedError(ProofError):
    """A proof pack does not prove what it says; `code` names the step of the check that it fails."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NotAPackError(ProofError):
    """A file says that it is something else than a proof pack: it proves nothing, and disproves nothing."""


class NoteError(CountersignError):
    """A signed note is malformed, ambiguous, or not signed by a known key."""


class AnchorUnavailableError(CountersignError):
    """An anchor could not be written or read now."""

    retryable: ClassVar[bool] = True


class AnchorContradictsError(CountersignError):
    """An anchor holds something else than the trail does; `code` is the finding, `size` what it holds, if known."""

    def __init__(self, message: str, *, code: str, size: int = 0, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.code = code
        self.size = size


class SlackRefusedError(CountersignError):
    """Slack will not do it, now or later; `code` is Slack's error code."""

    def __init__(self, message: str, *, code: str = "", advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.code = code


class NotAppliedError(CountersignError):
    """Azure answered 4xx: nothing was changed; `code` is Azure's error code."""

    def __init__(
        self, message: str, *, code: str, advice: str = "", retryable_conflict: bool = False
    ) -> None:
        super().__init__(message, advice=advice)
        self.code = code
        self.retryable_conflict = retryable_conflict


class DoubtError(CountersignError):
    """The call left and no answer says what became of it: read back, never send again blindly."""


class RunAgain(CountersignError):  # noqa: N818  (it is a request, not a fault)
    """A job asks to be run again at a time; it does not count as an attempt."""

    retryable: ClassVar[bool] = True

    def __init__(self, at: datetime, why: str = "not yet") -> None:
        super().__init__(why)
        self.at = at
