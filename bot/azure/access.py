"""What a role's actions allow, of the three things that endanger a deployment: write, delete, list keys."""

import re
from collections.abc import Mapping
from functools import lru_cache

from bot.azure import parse
from bot.domain.inventory import RoleAssignment
from bot.domain.json import Json

Raw = Mapping[str, Json]
_COGNITIVE = "Microsoft.CognitiveServices/accounts"
WRITE = (f"{_COGNITIVE}/deployments/write",)
DELETE = (f"{_COGNITIVE}/deployments/delete", f"{_COGNITIVE}/delete")
LIST_KEYS = (f"{_COGNITIVE}/listKeys/action", f"{_COGNITIVE}/regenerateKey/action")
UNKNOWN_ROLE = "unknown role"
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SCOPE = re.compile(r"/[A-Za-z0-9/._()-]{0,400}")


def definition_id(assignment: Raw) -> str:
    """Return the GUID of an assignment's role definition, empty when it is none."""
    value = parse.at(assignment, "properties").get("roleDefinitionId")
    guid = value.rpartition("/")[2] if isinstance(value, str) else ""
    return guid.lower() if _GUID.fullmatch(guid) else ""


def role_assignment(assignment: Raw, definition: Raw | None) -> RoleAssignment:
    """Return who holds which role where; of a role that could not be read, the worst is assumed."""
    properties = parse.at(assignment, "properties")
    principal, scope = parse.required(properties, "principalId"), properties.get("scope")
    if not _GUID.fullmatch(principal):
        raise ValueError("principalId")
    details = parse.at(definition, "properties") if definition is not None else {}
    permissions = parse.items(details, "permissions")

    def may(actions: tuple[str, ...]) -> bool:
        return definition is None or any(allows(permissions, action) for action in actions)

    return RoleAssignment(
        principal=principal,
        principal_type=parse.word(properties, "principalType"),
        role=parse.word(details, "roleName") or UNKNOWN_ROLE,
        scope=scope if isinstance(scope, str) and _SCOPE.fullmatch(scope) else "",
        may_write=may(WRITE),
        may_delete=may(DELETE),
        may_list_keys=may(LIST_KEYS),
    )


def allows(permissions: list[Raw], action: str) -> bool:
    """Return whether any of the permissions allows an action: named by `actions` and not by its own `notActions`."""
    return any(
        _names(each, "actions", action) and not _names(each, "notActions", action) for each in permissions
    )


def _names(permission: Raw, field: str, action: str) -> bool:
    patterns = permission.get(field)
    texts = patterns if isinstance(patterns, list) else []
    return any(isinstance(text, str) and _pattern(text).fullmatch(action) for text in texts)


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))), re.IGNORECASE)
