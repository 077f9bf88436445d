"""Who holds which role around the accounts: assignments and definitions of Microsoft.Authorization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sandbox.azure import seed
from sandbox.azure.arm import Answer, Call, paged
from sandbox.azure.names import (
    COGNITIVE,
    EXECUTOR_TOKEN,
    PRINCIPALS,
    READER_TOKEN,
    SUBSCRIPTION_ID,
    ArmError,
    Json,
    iso,
    stable_guid,
)
from sandbox.azure.roles import EXECUTOR_ROLE, READER_ROLE

AUTHORIZATION = "Microsoft.Authorization"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
OPENAI_USER = "5e0bd9bd-7b93-4f28-af87-19fc36ad61bd"
EVIDENCE_READER = "00000000-0000-0000-0000-0000000ead01"
CHANGE_EXECUTOR = "00000000-0000-0000-0000-0000000e0e01"
MODEL_DEPLOYER = "00000000-0000-0000-0000-0000000de701"
PLATFORM_GROUP = stable_guid("group", "ml-platform-admins")
AUDITORS_GROUP = stable_guid("group", "auditors")
SUPPORT_APP = stable_guid("msi", "support-portal")
_SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"


@dataclass(frozen=True)
class Definition:
    """One role: its GUID, name and what it allows."""

    id: str
    name: str
    custom: bool
    actions: tuple[str, ...]
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()

    def body(self) -> Json:
        """Return the role in the shape of the API."""
        allowed = {
            "actions": list(self.actions),
            "notActions": list(self.not_actions),
            "dataActions": list(self.data_actions),
            "notDataActions": [],
        }
        return {
            "id": f"{_SUBSCRIPTION}/providers/{AUTHORIZATION}/roleDefinitions/{self.id}",
            "type": f"{AUTHORIZATION}/roleDefinitions",
            "name": self.id,
            "properties": {
                "roleName": self.name,
                "type": "CustomRole" if self.custom else "BuiltInRole",
                "description": self.name,
                "assignableScopes": [_SUBSCRIPTION] if self.custom else ["/"],
                "permissions": [allowed],
            },
        }


DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        CONTRIBUTOR,
        "Contributor",
        False,
        ("*",),
        (
            f"{AUTHORIZATION}/*/Delete",
            f"{AUTHORIZATION}/*/Write",
            f"{AUTHORIZATION}/elevateAccess/Action",
        ),
    ),
    Definition(READER, "Reader", False, ("*/read",)),
    Definition(
        OPENAI_USER,
        "Cognitive Services OpenAI User",
        False,
        (f"{COGNITIVE}/*/read",),
        (),
        (f"{COGNITIVE}/accounts/OpenAI/deployments/chat/completions/action",),
    ),
    Definition(
        EVIDENCE_READER,
        "Countersign Evidence Reader",
        True,
        READER_ROLE.actions,
        (),
        READER_ROLE.data_actions,
    ),
    Definition(CHANGE_EXECUTOR, "Countersign Change Executor", True, EXECUTOR_ROLE.actions),
    Definition(
        MODEL_DEPLOYER,
        "Contoso Model Deployer",
        True,
        (
            f"{COGNITIVE}/accounts/read",
            f"{COGNITIVE}/accounts/deployments/read",
            f"{COGNITIVE}/accounts/deployments/write",
        ),
    ),
)


@dataclass(frozen=True)
class Grant:
    """One assignment: a role to a principal at a scope."""

    role: str
    principal: str
    kind: str
    scope: str

    def body(self, at: str) -> Json:
        """Return the assignment in the shape of the API."""
        number = stable_guid("assignment", self.role, self.principal, self.scope)
        return {
            "id": f"{self.scope}/providers/{AUTHORIZATION}/roleAssignments/{number}",
            "type": f"{AUTHORIZATION}/roleAssignments",
            "name": number,
            "properties": {
                "roleDefinitionId": f"{_SUBSCRIPTION}/providers/{AUTHORIZATION}/roleDefinitions/{self.role}",
                "principalId": self.principal,
                "principalType": self.kind,
                "scope": self.scope,
                "condition": None,
                "conditionVersion": None,
                "createdOn": at,
                "updatedOn": at,
                "createdBy": seed.PIPELINE_CALLER,
                "updatedBy": seed.PIPELINE_CALLER,
                "delegatedManagedIdentityResourceId": None,
                "description": None,
            },
        }


def grants() -> tuple[Grant, ...]:
    """Return every assignment of the company."""
    prod, test = seed.ACCOUNTS
    groups = [one.id.split("/providers/")[0] for one in (prod, test)]
    app = "ServicePrincipal"
    return (
        Grant(EVIDENCE_READER, PRINCIPALS[READER_TOKEN], app, _SUBSCRIPTION),
        Grant(CHANGE_EXECUTOR, PRINCIPALS[EXECUTOR_TOKEN], app, prod.id),
        Grant(CHANGE_EXECUTOR, PRINCIPALS[EXECUTOR_TOKEN], app, test.id),
        Grant(CONTRIBUTOR, PLATFORM_GROUP, "Group", groups[0]),
        Grant(READER, AUDITORS_GROUP, "Group", _SUBSCRIPTION),
        Grant(MODEL_DEPLOYER, seed.PIPELINE_CALLER, app, prod.id),
        Grant(MODEL_DEPLOYER, seed.PIPELINE_CALLER, app, test.id),
        Grant(OPENAI_USER, SUPPORT_APP, app, prod.id),
    )


def assignments(call: Call) -> Answer:
    """Answer the assignments that reach a scope: at it, above it, and below it unless `atScope()`."""
    scope = _scope(call)
    only_at = "atscope()" in (call.ask("$filter") or "").lower()
    at = iso(call.state.start - timedelta(days=120))
    found = [
        one.body(at)
        for one in grants()
        if _within(scope, one.scope) or (not only_at and _within(one.scope, scope))
    ]
    return paged(call, found, call.state.switches.page_size)


def definitions(call: Call) -> Answer:
    """Answer the roles; `$filter` may ask for a type or a name."""
    asked = (call.ask("$filter") or "").lower()
    found = [one.body() for one in DEFINITIONS]
    for kind in ("customrole", "builtinrole"):
        if f"'{kind}'" in asked:
            found = [one for one in found if one["properties"]["type"].lower() == kind]
    if "rolename" in asked:
        found = [one for one in found if f"'{one['properties']['roleName']}'".lower() in asked]
    return paged(call, found, call.state.switches.page_size)


def definition(call: Call) -> Answer:
    """Answer one role."""
    for one in DEFINITIONS:
        if one.id == call.part("role").lower():
            return Answer(200, one.body())
    raise ArmError(
        404,
        "RoleDefinitionDoesNotExist",
        f"The specified role definition with ID '{call.part('role')}' does not exist.",
    )


def _scope(call: Call) -> str:
    return call.path.lower().split(f"/providers/{AUTHORIZATION.lower()}")[0]


def _within(inner: str, outer: str) -> bool:
    inner, outer = inner.lower(), outer.lower()
    return inner == outer or inner.startswith(outer + "/")
