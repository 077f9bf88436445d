"""Azure's states of a resource in plain words, with Azure's own word beside them."""

from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "accepted": "accepted, not begun yet",
    "creating": "being created",
    "updating": "being changed",
    "deleting": "being deleted",
    "moving": "being moved",
    "succeeded": "in place",
    "failed": "its last operation failed",
    "canceled": "its last operation was cancelled",
    "disabled": "switched off",
}


def provisioning_words(state: str) -> str:
    """Return what a provisioning state means; a word that is not known is left to Azure to explain."""
    if not state:
        return "not said"
    return f"{_WORDS.get(state.lower(), 'in a state we have no words for')} (Azure: {state})"
