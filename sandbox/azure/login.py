"""What Azure's own command line asks before anything else: the cloud's addresses, a token, subscriptions."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import parse_qs

from sandbox.azure.arm import Answer, Call
from sandbox.azure.names import (
    PRINCIPALS,
    SUBSCRIPTION_ID,
    TENANT_ID,
    ArmError,
    Json,
)

CLIENTS: Mapping[str, str] = {guid: token for token, guid in PRINCIPALS.items()}
LIFETIME_SECONDS = 3599


def endpoints(call: Call) -> Answer:
    """Answer where the services of this cloud are: all of them here."""
    here = call.base_url
    return Answer(
        200,
        {
            "name": "ContosoSandbox",
            "portal": here,
            "authentication": {
                "loginEndpoint": here,
                "audiences": [here, f"{here}/"],
                "tenant": "common",
                "identityProvider": "AAD",
            },
            "resourceManager": here,
            "graph": here,
            "graphAudience": here,
            "microsoftGraphResourceId": here,
            "activeDirectoryDataLake": here,
            "batch": here,
            "gallery": here,
            "media": here,
            "sqlManagement": here,
            "logAnalyticsResourceId": here,
            "vmImageAliasDoc": f"{here}/aliases",
            "suffixes": {"storage": "sandbox.invalid", "keyVaultDns": "vault.sandbox.invalid"},
        },
    )


def openid(call: Call) -> Answer:
    """Answer how to sign in."""
    here = f"{call.base_url}/{call.part('tenant')}"
    return Answer(
        200,
        {
            "issuer": f"{here}/v2.0",
            "authorization_endpoint": f"{here}/oauth2/v2.0/authorize",
            "token_endpoint": f"{here}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{here}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{call.base_url}/common/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token", "token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "tenant_region_scope": "EU",
        },
    )


def discovery(call: Call) -> Answer:
    """Answer that this host may be asked for tokens."""
    here = call.base_url
    return Answer(
        200,
        {
            "tenant_discovery_endpoint": f"{here}/{TENANT_ID}/v2.0/.well-known/openid-configuration",
            "api-version": "1.1",
            "metadata": [],
        },
    )


def token(call: Call) -> Answer:
    """Answer a token by client credentials: the reader's for one client, the executor's for the other.

    Raises:
        ArmError: the client is neither.
    """
    form = call.body if isinstance(call.body, dict) else {}
    client = str(form.get("client_id", "")).lower()
    held = CLIENTS.get(client)
    if form.get("grant_type") != "client_credentials" or held is None:
        raise ArmError(401, "invalid_client", "AADSTS700016: this sandbox knows two applications only.")
    answer: Json = {
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "ext_expires_in": LIFETIME_SECONDS,
        "access_token": held,
    }
    if "openid" in str(form.get("scope", "")):
        answer["id_token"] = _id_token(client)
    return Answer(200, answer)


def _id_token(client: str) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, {"oid": client, "sub": client, "tid": TENANT_ID, "aud": client})
    return (
        ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in parts)
        + "."
    )


def form_of(raw: bytes) -> Json:
    """Return the fields of a posted form."""
    return {key: values[0] for key, values in parse_qs(raw.decode("utf-8", "replace")).items()}


def _subscription() -> Json:
    return {
        "id": f"/subscriptions/{SUBSCRIPTION_ID}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": SUBSCRIPTION_ID,
        "tenantId": TENANT_ID,
        "displayName": "Contoso AI",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "EnterpriseAgreement_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def subscriptions(call: Call) -> Answer:
    """Answer the one subscription there is."""
    return Answer(200, {"value": [_subscription()], "count": {"type": "Total", "value": 1}})


def subscription(call: Call) -> Answer:
    """Answer the subscription that the path names."""
    return Answer(200, _subscription())


def tenants(call: Call) -> Answer:
    """Answer the one tenant there is."""
    found = {"id": f"/tenants/{TENANT_ID}", "tenantId": TENANT_ID, "displayName": "Contoso"}
    return Answer(200, {"value": [found]})
