"""What becomes of a deployment when a new version of its model appears: the field, its words, what they mean."""

from collections.abc import Mapping

from bot.domain.errors import InvalidInputError
from bot.ports.registry import Field, Offer

BLOCK, PROPERTY = "upgrade_option", "versionUpgradeOption"
OPTIONS = ("OnceNewDefaultVersionAvailable", "OnceCurrentVersionExpired", "NoAutoUpgrade")
DEFAULT = "OnceCurrentVersionExpired"


def upgrade_field(offer: Offer, *, required: bool = True, initial: str = "") -> Field:
    """Return the field, a menu of Azure's three options."""
    now = f" Now: {offer.live.upgrade_option}." if offer.live else ""
    hint = f"What Azure does by itself when the model gets a new version.{now}"
    return Field(BLOCK, "Upgrade option", hint, initial, options=OPTIONS, required=required)


def read_upgrade(values: Mapping[str, str]) -> str:
    """Return the option as Azure spells it; raise InvalidInputError when it is none of the three."""
    typed = values.get(BLOCK, "").strip().lower()
    known = next((option for option in OPTIONS if option.lower() == typed), "")
    if not known:
        raise InvalidInputError(f"Choose one of: {', '.join(OPTIONS)}.", field=BLOCK)
    return known


def upgrade_notes(option: str) -> tuple[str, ...]:
    """Return what an option means, in a sentence."""
    return (_MEANINGS[option],) if option in _MEANINGS else ()


_MEANINGS = {
    "NoAutoUpgrade": "Azure never changes the version by itself: calls stop when the model retires.",
    "OnceCurrentVersionExpired": "Azure changes the version by itself when the one of now retires.",
    "OnceNewDefaultVersionAvailable": "Azure changes the version by itself as soon as a new default appears.",
}
