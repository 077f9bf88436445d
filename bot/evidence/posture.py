"""How is the account set up and protected?"""

from datetime import datetime
from typing import ClassVar

from bot.domain.az_command import account_show, diagnostics_list
from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Fact, own
from bot.domain.posture import account_checks, logging_check, verdict
from bot.domain.states import provisioning_words
from bot.ports.registry import Readers

OURS = "Countersign's checks of the account"


class PostureSection:
    """Keys, network, endpoint, encryption, identity, tags and diagnostic settings of the account, each judged."""

    key: ClassVar[str] = "posture"
    title: ClassVar[str] = "Account posture"

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return each protection as a pass or a warning; addresses and endpoints are counted, never shown."""
        account = ref.account
        posture = await readers.inventory.posture(account)
        logging = logging_check(await readers.inventory.diagnostics(account))
        checks, at = account_checks(posture), posture.observed_at
        kind = f"{posture.kind} · {posture.sku} · {provisioning_words(posture.provisioning_state)}"
        show = account_show(account)
        return (
            own("Verdict", verdict((*checks, logging)), at, OURS),
            Fact("Kind", kind, "", show, at),
            *(Fact(each.name, each.words, "", show, at) for each in checks),
            Fact(logging.name, logging.words, "", diagnostics_list(account), at),
        )
