"""How an account is protected, check by check: a pass, or a warning with why it matters and what mends it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.inventory import AccountPosture, DiagnosticSetting

OWNER_TAGS = ("owner", "workload", "cost-center", "environment")
_LOGGED = frozenset({"RequestResponse", "allLogs"})


@dataclass(frozen=True)
class Check:
    """One thing that was checked and what was seen; a check without a `why` passes."""

    name: str
    seen: str
    why: str = ""
    fix: str = ""

    @property
    def words(self) -> str:
        """Return the verdict as a person reads it."""
        return f"warning: {self.seen}. Why: {self.why}. Fix: {self.fix}" if self.why else f"pass: {self.seen}"


def account_checks(posture: AccountPosture) -> tuple[Check, ...]:
    """Return the checks of the account itself, in reading order."""
    return (
        _keys(posture),
        _public_network(posture),
        _private_endpoints(posture),
        _endpoint(posture),
        _encryption(posture),
        _identity(posture),
        _tags(posture),
    )


def logging_check(settings: Sequence[DiagnosticSetting]) -> Check:
    """Return whether requests are logged, and where to."""
    name = "Diagnostic settings"
    fix = "add a diagnostic setting with the category RequestResponse and a Log Analytics workspace"
    if not settings:
        return Check(name, "none", "requests are not logged", fix)
    seen = "; ".join(
        f"{each.name}: {', '.join(each.categories) or 'no category'} → {', '.join(each.destinations)}"
        for each in settings
    )
    if any(_LOGGED & set(each.categories) for each in settings):
        return Check(name, seen)
    return Check(name, seen, "requests are not logged", fix)


def verdict(checks: Sequence[Check]) -> str:
    """Return how many checks pass, and which do not."""
    open_ones = [each.name for each in checks if each.why]
    warned = f"; warnings: {', '.join(open_ones)}" if open_ones else ""
    return f"{len(checks) - len(open_ones)} of {len(checks)} checks pass{warned}"


def _keys(posture: AccountPosture) -> Check:
    if posture.local_auth is False:
        return Check("Key access", "off, Entra only")
    seen = "on, account keys work" if posture.local_auth else "not said, which is on by default"
    why = "a key names nobody, and no role limits it"
    return Check("Key access", seen, why, "move callers to Entra, then set disableLocalAuth to true")


def _public_network(posture: AccountPosture) -> Check:
    if posture.public_network.lower() in ("disabled", "securedbyperimeter"):
        return Check("Public network", posture.public_network)
    seen = posture.public_network or "not said, which is Enabled by default"
    if posture.network_default.lower() == "deny":
        return Check("Public network", f"{seen}, denied but for {posture.network_rules} rules")
    fix = "set publicNetworkAccess to Disabled, or networkAcls.defaultAction to Deny with rules"
    return Check("Public network", seen, "every address of the internet reaches the account", fix)


def _private_endpoints(posture: AccountPosture) -> Check:
    found = ", ".join(f"{count} {state}" for state, count in sorted(posture.private_endpoints.items()))
    if posture.private_endpoints.get("Approved"):
        return Check("Private endpoints", found)
    fix = "create one in the callers' network and approve its connection"
    return Check("Private endpoints", found or "none", "calls do not stay in a private network", fix)


def _endpoint(posture: AccountPosture) -> Check:
    seen = posture.endpoint_kind or "not said"
    if posture.endpoint_kind == "custom subdomain":
        return Check("Endpoint", seen)
    why = "Entra sign-in and private endpoints need a custom subdomain"
    return Check("Endpoint", seen, why, "set customSubDomainName of the account")


def _encryption(posture: AccountPosture) -> Check:
    if posture.encryption.lower() == "microsoft.keyvault":
        return Check("Encryption", "customer-managed key in Key Vault")
    fix = "set encryption.keySource to Microsoft.KeyVault, or record that Microsoft's keys are accepted"
    return Check("Encryption", "Microsoft-managed keys", "you cannot revoke the key of what is stored", fix)


def _identity(posture: AccountPosture) -> Check:
    if posture.identity and posture.identity.lower() != "none":
        return Check("Managed identity", posture.identity)
    why = "the account can reach other resources by a secret only"
    return Check("Managed identity", "none", why, "give the account a system-assigned identity")


def _tags(posture: AccountPosture) -> Check:
    there = {name.lower() for name in posture.tags}
    missing = [name for name in OWNER_TAGS if name not in there]
    if not missing:
        return Check("Tags", ", ".join(OWNER_TAGS))
    wanted = " ".join(f"{name}=…" for name in missing)
    return Check(
        "Tags",
        f"missing {', '.join(missing)}",
        "cost and questions reach nobody",
        f"az tag update --operation Merge --resource-id <the account's id> --tags {wanted}",
    )
