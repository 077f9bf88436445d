"""The configured anchors, and the second keys that sign what they publish, connected."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot.anchors.file import FileAnchor
from bot.anchors.key_file import KeyFileCosigner
from bot.anchors.witness import WitnessAnchor
from bot.azure.blob import BlobAnchor
from bot.azure.credentials import async_credential
from bot.azure.endpoints import Endpoints, Identity
from bot.azure.vault import VaultCosigner
from bot.domain.anchoring import AnchorPlace
from bot.domain.configuration import Configuration
from bot.ports.anchors import Anchor, Cosigner
from bot.ports.observer import AzureObserver, unobserved
from bot.slack.anchor import SlackAnchor
from bot.slack.client import close_client, response_hosts, slack_client
from bot.slack.messenger import SlackMessenger
from handlers.settings import Settings


@dataclass(frozen=True)
class Anchoring:
    """Connects anchors; the stack closes what was opened."""

    settings: Settings
    configuration: Configuration
    stack: AsyncExitStack
    observe: AzureObserver = unobserved

    def anchors(self) -> tuple[Anchor, ...]:
        """Return every configured anchor. Nothing is sent until it is used. Call it in a running loop."""
        return tuple(self._anchor(place) for place in self.configuration.anchors.places)

    def cosigners(self) -> tuple[Cosigner, ...]:
        """Return every configured second key, as `anchors`. No key is read or asked until it is used."""
        return tuple(self._cosigner(place) for place in self.configuration.anchors.cosigners)

    def _cosigner(self, place: AnchorPlace) -> Cosigner:
        if not place.place.startswith("http"):
            path = self.settings.config.absolute().parent / place.place
            return KeyFileCosigner(place.kind, path, place.vkey)
        hands = async_credential(*self._identity())
        cosigner = VaultCosigner(place.place, place.vkey, hands, self.observe)
        self.stack.push_async_callback(hands.close)
        self.stack.push_async_callback(cosigner.close)
        return cosigner

    def _anchor(self, place: AnchorPlace) -> Anchor:
        match place.kind:
            case "file":
                return FileAnchor(self.settings.config.absolute().parent / place.place)
            case "slack":
                return self._slack(place.place)
            case "azure_blob":
                return self._blob(place.place)
            case _:
                return WitnessAnchor(place.place, place.vkey)

    def _slack(self, channel: str) -> SlackAnchor:
        url = self.settings.slack_api_url
        client = slack_client(self.settings.slack_bot_token.get_secret_value(), url)
        self.stack.push_async_callback(close_client, client)
        messenger = SlackMessenger(client, response_hosts(url), self.configuration.shared_channels)
        return SlackAnchor(client, messenger, channel)

    def _blob(self, url: str) -> BlobAnchor:
        hands = async_credential(*self._identity())
        anchor = BlobAnchor(url, hands, self.observe)
        self.stack.push_async_callback(hands.close)
        self.stack.push_async_callback(anchor.close)
        return anchor

    def _identity(self) -> tuple[Identity, Endpoints]:
        settings = self.settings
        endpoints = Endpoints(settings.arm_url, settings.openai_url, settings.logs_url)
        return Identity(settings.azure_identity, settings.azure_client_id), endpoints
