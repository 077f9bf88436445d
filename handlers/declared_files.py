"""What was declared of targets, read from the files that the configuration names; only read, at each look."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.domain.configuration import Configuration
from bot.domain.deployment import DeploymentRef, Target
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.json import Json

MOST_BYTES = 8_000_000


@dataclass(frozen=True)
class DeclaredFiles:
    """Templates beside the configuration file; implements `bot.ports.inventory.DeclaredReader`."""

    configuration: Configuration
    folder: Path

    def target(self, ref: DeploymentRef) -> Target | None:
        """Return the target that aliases a deployment."""
        return self.configuration.target_of(ref)

    def document(self, target: Target) -> Mapping[str, Json]:
        """Return the declared ARM template, with the values of `NAME.parameters.json` beside it, if that is there.

        Raises:
            NotFoundError: none is declared.
            InvalidInputError: the file is missing, or is no template.
        """
        if not target.declared:
            raise NotFoundError(
                f"Nothing is declared for {target.alias}.", advice="Set `declared` of the target."
            )
        path = self.folder / target.declared
        template = _read(path, target.declared)
        given = path.with_suffix(".parameters.json")
        if not given.exists():
            return template
        values = _object(_read(given, given.name).get("parameters"))
        return {**template, "parameters": _with_values(_object(template.get("parameters")), values)}


def _with_values(parameters: Mapping[str, Json], values: Mapping[str, Json]) -> dict[str, Json]:
    """Return the parameters with given values as their defaults; a reference to a vault stays unknown."""
    found: dict[str, Json] = dict(parameters)
    for name, each in values.items():
        if "value" in _object(each):
            found[name] = {**_object(parameters.get(name)), "defaultValue": _object(each)["value"]}
    return found


def _read(path: Path, name: str) -> Mapping[str, Json]:
    """Return a JSON object from a file; errors name the file as the configuration does."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InvalidInputError(f"{name} is larger than {MOST_BYTES // 1_000_000} MB.")
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise InvalidInputError(
            f"{name} cannot be read.", advice="`declared` is relative to the configuration."
        ) from None
    except (ValueError, RecursionError):
        advice = (
            "Declare the output of `bicep build`." if path.suffix == ".bicep" else "Declare an ARM template."
        )
        raise InvalidInputError(f"{name} is not JSON.", advice=advice) from None
    if not isinstance(found, dict):
        raise InvalidInputError(f"{name} is not an ARM template.", advice="It must be a JSON object.")
    return found


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
