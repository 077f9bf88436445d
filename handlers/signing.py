"""The keys of the audit trail: those that sign, public ones to trust beside, and those of who cosigns."""

from bot.domain.errors import CountersignError, InvalidInputError, NoteError
from bot.domain.note import Signer, Verifier
from handlers.configuration_file import read_configuration
from handlers.settings import Settings


def signers_of(settings: Settings) -> list[Signer]:
    """Return every configured signing key; the database says which of them signs.

    Raises:
        InvalidInputError: one cannot be read.
    """
    try:
        return [Signer.parse(key) for key in settings.signing_keys()]
    except NoteError as error:
        raise _unreadable(error) from None


def trusted_of(settings: Settings) -> list[str]:
    """Return the public keys that stand there: of keys whose private half is gone.

    Raises:
        InvalidInputError: one cannot be read.
    """
    try:
        return [Verifier.parse(key).vkey for key in settings.public_keys()]
    except NoteError as error:
        raise _unreadable(error) from None


def cosigner_vkeys(settings: Settings) -> list[str]:
    """Return the public keys of the witnesses and second keys in the configuration; none where it cannot be read."""
    try:
        return list(read_configuration(settings.config).anchors.vkeys)
    except CountersignError:
        return []


def _unreadable(error: NoteError) -> InvalidInputError:
    return InvalidInputError(
        f"COUNTERSIGN_SIGNING_KEY holds a key that cannot be read: {error}.",
        advice="Copy the whole line that `countersign audit keygen` printed.",
    )
