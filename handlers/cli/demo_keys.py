"""The secrets of one pretended world, made anew each time."""

import secrets
from dataclasses import dataclass

from bot.domain.note import Signer
from handlers.cli.demo_company import ORIGIN


@dataclass(frozen=True)
class DemoKeys:
    """What the simulators and the app share, and the key of the trail."""

    signing_secret: str
    bot_token: str
    app_token: str
    alert_secret: str
    signing_key: str
    vkey: str

    def environment(self) -> dict[str, str]:
        """Return what the simulators are told."""
        return {
            "SANDBOX_SIGNING_SECRET": self.signing_secret,
            "SANDBOX_BOT_TOKEN": self.bot_token,
            "SANDBOX_APP_TOKEN": self.app_token,
            "SANDBOX_ALERT_SECRET": self.alert_secret,
        }


def new_keys() -> DemoKeys:
    """Return fresh secrets; the tokens cannot be mistaken for real ones."""
    skey, vkey = Signer.generate(ORIGIN)
    hexes = [secrets.token_hex(16) for _ in range(4)]
    tokens = f"xoxb-sandbox-{hexes[1]}", f"xapp-sandbox-{hexes[2]}"
    return DemoKeys(hexes[0], *tokens, hexes[3], skey, vkey)
