"""The fields of a deployment by the names people use, and their paths in the projection."""

from collections.abc import Mapping

from bot.domain.command_line import did_you_mean
from bot.domain.errors import InvalidInputError

FIELDS: Mapping[str, str] = {
    "capacity": "sku.capacity",
    "sku": "sku.name",
    "model": "properties.model.name",
    "version": "properties.model.version",
    "model_format": "properties.model.format",
    "model_publisher": "properties.model.publisher",
    "model_source": "properties.model.source",
    "model_account": "properties.model.sourceAccount",
    "content_filter": "properties.raiPolicyName",
    "upgrade_option": "properties.versionUpgradeOption",
    "spillover": "properties.spilloverDeploymentName",
    "parent": "properties.parentDeploymentName",
    "service_tier": "properties.serviceTier",
    "state": "properties.deploymentState",
    "routing": "properties.routing",
}
_NAMES = {path.lower(): name for name, path in FIELDS.items()}
_PATHS = {path.lower(): path for path in FIELDS.values()}
_AZURES = {  # raiPolicyName, as Azure calls it
    path.rpartition(".")[2].lower(): path
    for path in FIELDS.values()
    if path.count(".") == 1 and path[0] == "p"
}


def field_path(name: str) -> str:
    """Return the path of a field, named plainly (`capacity`), by its path (`sku.capacity`) or as Azure names it.

    Raises:
        InvalidInputError: there is no such field; the advice names the closest.
    """
    plain = name.lower().replace("-", "_").replace(" ", "_")
    if plain in FIELDS:
        return FIELDS[plain]
    if known := {**_AZURES, **_PATHS}.get(name.lower()):
        return known
    if name.lower().startswith(("tags.", "properties.routing.")) and not name.endswith("."):
        return name
    advice = did_you_mean(plain, [*FIELDS, "tags.NAME"])
    raise InvalidInputError(f"A deployment has no field {name!r}.", advice=advice)


def field_name(path: str) -> str:
    """Return the plain name of a path, the path itself where it has none."""
    return _NAMES.get(path.lower(), path)


def field_words(path: str) -> str:
    """Return a field as a heading: `Upgrade option`."""
    name = field_name(path)
    words = name if "." in name else name.replace("_", " ").capitalize()
    return {"Sku": "SKU"}.get(words, words)
