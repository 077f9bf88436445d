"""How is the account set up and protected?"""

from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import account_show, diagnostics_list
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact
from bot.domain.inventory import AccountPosture, DiagnosticSetting
from bot.ports.registry import Readers

OWNER_TAGS = ("owner", "workload", "cost-center", "environment")


class PostureSection:
    """Keys, network, encryption, identity, tags and diagnostic settings of the account."""

    key: ClassVar[str] = "posture"
    title: ClassVar[str] = "Account posture"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return each protection in words; addresses and endpoints are counted, never shown."""
        account = ref.account
        posture = await readers.inventory.posture(account)
        settings = await readers.inventory.diagnostics(account)
        show, diagnostics = account_show(account), diagnostics_list(account)
        rows = [(name, value, show) for name, value in _protections(posture)]
        rows.append(("Diagnostic settings", _diagnostics(list(settings)), diagnostics))
        return tuple(Fact(name, value, "", az, posture.observed_at) for name, value, az in rows)


def _protections(posture: AccountPosture) -> list[tuple[str, str]]:
    keys = {True: "on: account keys work", False: "off: Entra only", None: "not said"}[posture.local_auth]
    endpoints = ", ".join(f"{count} {state}" for state, count in sorted(posture.private_endpoints.items()))
    tags = {name.lower() for name in posture.tags}
    missing = [name for name in OWNER_TAGS if name not in tags]
    return [
        ("Kind", f"{posture.kind} · {posture.sku} · {posture.provisioning_state}"),
        ("Key access", keys),
        ("Public network", posture.public_network or "not said"),
        ("Network default", f"{posture.network_default or 'Allow'} · {posture.network_rules} rules"),
        ("Private endpoints", endpoints or "none"),
        ("Encryption", posture.encryption or "Microsoft-managed keys"),
        ("Managed identity", posture.identity or "none"),
        ("Tags missing", ", ".join(missing) or "none"),
    ]


def _diagnostics(settings: list[DiagnosticSetting]) -> str:
    if not settings:
        return "none: requests are not logged"
    return "; ".join(
        f"{found.name}: {', '.join(found.categories) or 'no category'} → {', '.join(found.destinations)}"
        for found in settings
    )
