"""How texts of people are kept in the trail, out of `[privacy]` and COUNTERSIGN_PRIVACY_KEY."""

from contextlib import suppress

from bot.domain.configuration import Configuration
from bot.domain.errors import CountersignError, InvalidInputError
from handlers.configuration_file import read_configuration
from handlers.settings import Settings
from storage.privacy import PLAIN, Privacy
from storage.vault import Vault


def privacy_of(settings: Settings, configuration: Configuration) -> Privacy:
    """Return how who writes keeps texts of people.

    Raises:
        InvalidInputError: they are to be sealed and there is no key, or one that is none.
    """
    policy, keys = configuration.privacy, settings.privacy_keys()
    if policy.seals and not keys:
        raise InvalidInputError(
            "[privacy] shred_backups wants a key, and COUNTERSIGN_PRIVACY_KEY holds none.",
            advice="Make one with `openssl rand -base64 32`, in a file of mode 0600, and name it as @path.",
        )
    folder = settings.config.absolute().parent / policy.keys
    vault = Vault.parse(folder, keys) if policy.keys and keys else None
    return Privacy(policy.commits_people, policy.seals, vault)


def configured_privacy(settings: Settings) -> Privacy:
    """Return how who only reads finds texts of people; where nothing is configured, sealed ones stay shut."""
    with suppress(CountersignError):
        return privacy_of(settings, read_configuration(settings.config))
    return PLAIN
