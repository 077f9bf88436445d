"""Every kind of change there is."""

from bot.changes.change_sku import ChangeSku
from bot.changes.delete import Delete
from bot.changes.deploy import Deploy
from bot.changes.pause import Pause
from bot.changes.record_only import RecordOnly
from bot.changes.resume import Resume
from bot.changes.retag import Retag
from bot.changes.scale import Scale
from bot.changes.set_filter import SetFilter
from bot.changes.set_upgrade import SetUpgrade
from bot.changes.swap_model import SwapModel
from bot.domain.errors import NotFoundError
from bot.ports.registry import ChangeKind

KINDS: tuple[ChangeKind, ...] = (
    Scale(),
    Deploy(),
    Delete(),
    SwapModel(),
    ChangeSku(),
    SetFilter(),
    SetUpgrade(),
    Pause(),
    Resume(),
    Retag(),
    RecordOnly(),
)


def kind_named(name: str) -> ChangeKind:
    """Return the kind of change with this name; raise NotFoundError."""
    for kind in KINDS:
        if kind.name == name.strip().lower():
            return kind
    known = ", ".join(kind.name for kind in KINDS)
    raise NotFoundError(f"There is no kind of change called {name!r}.", advice=f"Kinds: {known}.")
