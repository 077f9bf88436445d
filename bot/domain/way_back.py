"""Which change would put moved fields back, and what its form is filled with."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.json import Json

_FORMS: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("scale", {"sku.capacity": "capacity"}),
    ("change-sku", {"sku.name": "sku", "sku.capacity": "capacity"}),
    ("swap-model", {"properties.model.name": "model", "properties.model.version": "version"}),
    ("set-filter", {"properties.raiPolicyName": "content_filter"}),
    ("set-upgrade", {"properties.versionUpgradeOption": "upgrade_option"}),
)


@dataclass(frozen=True)
class WayBack:
    """A kind of change, and the values of its form by block id."""

    kind: str
    values: Mapping[str, str]


def way_back(fields: Mapping[str, tuple[Json, Json]], kinds: tuple[str, ...]) -> WayBack | None:
    """Return the change that puts the fields back to what they were before, None where none of the kinds can."""
    for kind, blocks in _FORMS:
        if kind in kinds and fields and set(fields) <= set(blocks):
            values = {blocks[name]: before for name, (before, _) in fields.items() if before is not None}
            return WayBack(kind, {block: str(value) for block, value in values.items()})
    return None
