"""What may watch the calls to Azure and Slack: it is told, and cannot change anything."""

from typing import Protocol


class AzureObserver(Protocol):
    """Hears of every call that was sent."""

    def __call__(self, operation: str, status: str, seconds: float) -> None:
        """Hear of one: its kind without names (`get deployments`), HTTP status or `none`, and how long it took."""
        ...


def unobserved(operation: str, status: str, seconds: float) -> None:
    """Hear nothing."""


class DateHeard(Protocol):
    """Hears the Date of each answer."""

    def __call__(self, source: str, date: str) -> None:
        """Hear of one: `slack` or `azure`, and the header as it came."""
        ...


def unheard(source: str, date: str) -> None:
    """Hear nothing."""
