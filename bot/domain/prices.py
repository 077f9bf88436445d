"""Example prices, versioned: published examples and list prices of the base models, not a quote."""

from dataclasses import dataclass
from decimal import Decimal

PRICES_VERSION = "2026-11-28"
SOURCE = (
    "Hosting: Microsoft Learn, cost management for fine-tuning, numbers given there for example purposes; "
    "tokens: list prices of the base models, Global Standard, without cached input"
)
_HOSTING: dict[str, Decimal] = {
    "standard": Decimal("1.70"),
    "globalstandard": Decimal("1.70"),
    "developertier": Decimal("0"),
}
# US dollars per million tokens in and out, by the beginning of the model's name; the longest that fits counts.
_TOKENS: dict[str, tuple[Decimal, Decimal]] = {
    "gpt-4.1": (Decimal("2.00"), Decimal("8.00")),
    "gpt-4.1-mini": (Decimal("0.40"), Decimal("1.60")),
    "gpt-4.1-nano": (Decimal("0.10"), Decimal("0.40")),
}
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Spending:
    """What a deployment costs in an hour, estimated in US dollars; None where no price or no count is known."""

    hosting: Decimal | None
    tokens: Decimal | None

    @property
    def total(self) -> Decimal | None:
        """Return the sum, None when a part of it is unknown."""
        return None if self.hosting is None or self.tokens is None else self.hosting + self.tokens

    @property
    def words(self) -> str:
        """Return the estimate as a person reads it."""
        named = {"hosting": self.hosting, "tokens": self.tokens}
        if self.total is not None:
            parts = ", ".join(f"{name} {_dollars(part)}" for name, part in named.items())
            return f"{_dollars(self.total)} an hour ({parts})"
        hourly = {name: _dollars(part) + ("" if part is None else " an hour") for name, part in named.items()}
        return ", ".join(f"{name} {words}" for name, words in hourly.items())


def hosting_per_hour(sku: str) -> Decimal | None:
    """Return the hosting price of a fine-tuned deployment in US dollars per hour, None when none is known."""
    return _HOSTING.get(sku.lower())


def token_prices(model: str) -> tuple[Decimal, Decimal] | None:
    """Return the prices of a million tokens in and out, None when none are known."""
    fitting = [name for name in _TOKENS if model.lower().startswith(name)]
    return _TOKENS[max(fitting, key=len)] if fitting else None


def spending(sku: str, model: str, prompt: float | None, generated: float | None, hours: float) -> Spending:
    """Return what an hour costs, from the tokens in and out of `hours` hours."""
    prices = token_prices(model)
    if prices is None or prompt is None or generated is None or hours <= 0 or "provisioned" in sku.lower():
        return Spending(hosting_per_hour(sku), None)
    spent = (Decimal(str(prompt)) * prices[0] + Decimal(str(generated)) * prices[1]) / _MILLION
    return Spending(hosting_per_hour(sku), spent / Decimal(str(hours)))


def _dollars(value: Decimal | None) -> str:
    return "unknown" if value is None else f"${value:,.2f}"
