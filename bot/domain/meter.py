"""What a look at Azure counted: the values it held back, by class, and the reads Azure still allows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

FEW_READS = 50


@dataclass
class Meter:
    """The counts of one look. Readers add to it; the card says them."""

    by_class: Counter[str] = field(default_factory=Counter)
    remaining: int | None = None

    @property
    def redacted(self) -> int:
        """Return how many values were held back."""
        return sum(self.by_class.values())

    @property
    def strain(self) -> str:
        """Return what to say when Azure allows few more reads, empty when it allows plenty."""
        if self.remaining is None or self.remaining >= FEW_READS:
            return ""
        return f"Azure allows {self.remaining} more reads of this subscription for now; reads are spaced out."

    def hold_back(self, classes: Mapping[str, int]) -> None:
        """Count values that were held back."""
        self.by_class.update(classes)

    def note(self, remaining: int | None) -> None:
        """Remember the fewest reads that Azure said are left."""
        if remaining is not None and (self.remaining is None or remaining < self.remaining):
            self.remaining = remaining
