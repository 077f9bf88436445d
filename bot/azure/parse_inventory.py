"""What Azure says around a deployment, to values, by allow-list; addresses and identifiers are counted only."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from bot.azure import parse
from bot.domain.inventory import AccountPosture, ActivityEntry, DiagnosticSetting, Health, Lifecycle
from bot.domain.json import Json

Raw = Mapping[str, Json]
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RESOURCE = re.compile(r"/subscriptions/[A-Za-z0-9/._()-]{1,400}", re.IGNORECASE)
_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
_DESTINATIONS = (
    ("workspaceId", "Log Analytics"),
    ("storageAccountId", "storage account"),
    ("eventHubAuthorizationRuleId", "event hub"),
    ("marketplacePartnerId", "partner"),
    ("serviceBusRuleId", "service bus"),
)


def tenant(raw: Raw) -> str:
    """Return the tenant of a subscription; its name and policies go no further."""
    value = parse.required(raw, "tenantId")
    if not _GUID.fullmatch(value):
        raise ValueError("tenantId")
    return value.lower()


def posture(raw: Raw, observed_at: datetime) -> AccountPosture:
    """Return how an account is protected; what Azure leaves out has Azure's default, said by name."""
    properties = parse.at(raw, "properties")
    network, disabled = parse.at(properties, "networkAcls"), properties.get("disableLocalAuth")
    encryption = parse.at(properties, "encryption")
    rules = (*parse.items(network, "ipRules"), *parse.items(network, "virtualNetworkRules"))
    return AccountPosture(
        kind=parse.required(raw, "kind"),
        sku=parse.word(parse.at(raw, "sku"), "name"),
        location=parse.word(raw, "location"),
        provisioning_state=parse.word(properties, "provisioningState"),
        local_auth=not disabled if isinstance(disabled, bool) else None,
        public_network=parse.word(properties, "publicNetworkAccess"),
        network_default=parse.word(network, "defaultAction"),
        network_rules=len(rules),
        private_endpoints=Counter(map(_link_state, parse.items(properties, "privateEndpointConnections"))),
        encryption=parse.word(encryption, "keySource") or "Microsoft.CognitiveServices",
        identity=parse.word(parse.at(raw, "identity"), "type") or "None",
        tags=parse.tags(raw),
        observed_at=observed_at,
        endpoint_kind=_endpoint_kind(properties),
    )


def diagnostic_setting(raw: Raw) -> DiagnosticSetting:
    """Return a diagnostic setting: which categories are on, and to what kinds of place they go."""
    properties = parse.at(raw, "properties")
    rows = (*parse.items(properties, "logs"), *parse.items(properties, "metrics"))
    categories = {
        parse.word(row, "category") or parse.word(row, "categoryGroup")
        for row in rows
        if row.get("enabled") is True
    }
    return DiagnosticSetting(
        name=parse.required(raw, "name"),
        categories=tuple(sorted(categories - {""})),
        destinations=tuple(kind for field, kind in _DESTINATIONS if properties.get(field)),
    )


def health(raw: Raw) -> Health:
    """Return what Azure Resource Health says; its free text goes no further."""
    properties = parse.at(raw, "properties")
    since = properties.get("occuredTime") or properties.get("occurredTime")
    return Health(
        parse.required(properties, "availabilityState"),
        parse.word(properties, "reasonType"),
        parse.moment(since),
    )


def lifecycle(raw: Raw) -> Lifecycle:
    """Return the life of one base model of a region."""
    model = parse.at(raw, "model")
    deprecation, replacement = parse.at(model, "deprecation"), parse.at(model, "replacementConfig")
    successor = (parse.word(replacement, "targetModelName"), parse.word(replacement, "targetModelVersion"))
    return Lifecycle(
        model=parse.required(model, "name"),
        version=parse.word(model, "version"),
        status=parse.word(model, "lifecycleStatus"),
        inference_ends=parse.moment(deprecation.get("inference")),
        fine_tune_ends=parse.moment(deprecation.get("fineTune")),
        replacement=" ".join(filter(None, successor)),
    )


def activity_entry(raw: Raw) -> ActivityEntry | None:
    """Return one event of the activity log, None when it is none that has an end or that wrote something."""
    operation = parse.word(parse.at(raw, "operationName"), "value")
    at, status = parse.moment(raw.get("eventTimestamp")), parse.word(parse.at(raw, "status"), "value")
    if (
        at is None
        or status in ("", "Accepted", "Started")
        or not operation.lower().endswith(("/write", "/delete", "/action"))
    ):
        return None
    resource = raw.get("resourceId")
    return ActivityEntry(
        at=at,
        operation=operation,
        status=status,
        caller=_who(raw),
        correlation=parse.word(raw, "correlationId"),
        resource=resource if isinstance(resource, str) and _RESOURCE.fullmatch(resource) else "",
        request=parse.word(parse.at(raw, "httpRequest"), "clientRequestId"),
    )


def _who(raw: Raw) -> str:
    """Return who it was: the Entra object id, or a name made of the caller's, which says only who is the same."""
    for value in (parse.at(raw, "claims").get(_OBJECT_ID), raw.get("caller")):
        if isinstance(value, str) and _GUID.fullmatch(value):
            return value.lower()
    caller = raw.get("caller")
    if not isinstance(caller, str) or not caller:
        return "unknown"
    return f"person-{sha256(caller.lower().encode()).hexdigest()[:10]}"


def _endpoint_kind(properties: Raw) -> str:
    """Return which kind of endpoint is active; its host goes no further."""
    if properties.get("customSubDomainName"):
        return "custom subdomain"
    return "endpoint of the region" if properties.get("endpoint") else ""


def _link_state(raw: Raw) -> str:
    state = parse.at(parse.at(raw, "properties"), "privateLinkServiceConnectionState")
    return parse.word(state, "status") or "unknown"
