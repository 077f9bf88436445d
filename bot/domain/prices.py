"""Example prices, versioned: the documentation's own examples, not a quote."""

from decimal import Decimal

PRICES_VERSION = "2026-03-19"
SOURCE = "Microsoft Learn, cost management for fine-tuning; numbers given there for example purposes"
_HOSTING: dict[str, Decimal] = {
    "standard": Decimal("1.70"),
    "globalstandard": Decimal("1.70"),
    "developertier": Decimal("0"),
}


def hosting_per_hour(sku: str) -> Decimal | None:
    """Return the hosting price of a fine-tuned deployment in US dollars per hour, None when none is known."""
    return _HOSTING.get(sku.lower())
