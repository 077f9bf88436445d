"""Every kind of change there is."""

from bot.changes.scale import Scale
from bot.domain.errors import NotFoundError
from bot.ports.registry import ChangeKind

KINDS: tuple[ChangeKind, ...] = (Scale(),)


def kind_named(name: str) -> ChangeKind:
    """Return the kind of change with this name; raise NotFoundError."""
    for kind in KINDS:
        if kind.name == name.strip().lower():
            return kind
    known = ", ".join(kind.name for kind in KINDS)
    raise NotFoundError(f"There is no kind of change called {name!r}.", advice=f"Kinds: {known}.")
