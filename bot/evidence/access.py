"""Who may change this, delete it, or take its keys?"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import role_assignments_list, role_definitions_list, together
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.domain.inventory import RoleAssignment
from bot.ports.registry import Readers

_SHOWN = 4


class AccessSection:
    """Role assignments that reach the account, by what they allow."""

    key: ClassVar[str] = "access"
    title: ClassVar[str] = "Access"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return who may write and delete deployments and list keys, by Entra object id and role."""
        found = await readers.inventory.role_assignments(ref.account)
        az = role_assignments_list(ref.account)
        rows: tuple[tuple[str, Callable[[RoleAssignment], bool]], ...] = (
            ("May write deployments", lambda each: each.may_write),
            ("May delete deployments", lambda each: each.may_delete),
            ("May list keys", lambda each: each.may_list_keys),
        )
        facts = [Fact("Role assignments", f"{len(found)}", "", az, now)]
        both = together(az, role_definitions_list(ref.account))
        facts += [
            Fact(name, _who([each for each in found if may(each)]), "", both, now) for name, may in rows
        ]
        return tuple(facts)


def _who(found: Sequence[RoleAssignment]) -> str:
    names = [f"{each.principal_type} {each.principal[:8]} ({each.role})" for each in found]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return (", ".join(names[:_SHOWN]) or "nobody") + more
