"""`countersign audit seal|rotate|revoke|restore`: handing the trail on. Exit codes: 0, 1 not whole, 2 refused."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.domain.errors import InvalidInputError, LedgerBrokenError
from handlers.cli.audit_commands import (
    AUDIT,
    AsJson,
    Database,
    configured_vkeys,
    database_address,
    readable_vkeys,
)
from handlers.cli.error_words import in_words

if TYPE_CHECKING:
    from handlers.settings import Settings
    from storage.keeper import Keeper
    from storage.open import Place
    from storage.shards import Handed

T = TypeVar("T")
By = Annotated[str, typer.Option(help="Who does it, as the entry says; default the user of this machine.")]
Reason = Annotated[str, typer.Option(help="Why; it is recorded in clear and for good, so name nobody.")]
Trusted = Annotated[
    list[str] | None, typer.Option("--vkey", help="Public key to trust beside our own; repeat for more.")
]
Anchor = Annotated[
    Path,
    typer.Option(
        "--from-anchor", help="File with the anchored checkpoint: the note, or its line of an anchor file."
    ),
]
_SAID = {
    "rotate": "From {size} entries on another key signs {next_origin}; that checkpoint has both signatures.",
    "seal": "Shard {shard} is sealed at {size} entries; the trail goes on as {next_origin} (shard {next_shard}).",
    "revoke": "The key of shard {shard} ends at {size}; the trail goes on as {next_origin} (shard {next_shard}).",
    "restore": "What was lost is recorded; the trail goes on as {next_origin} (shard {next_shard}).",
}
_NEXT = {
    "rotate": "Give the new public key to whoever audits you, and take the old signing key away everywhere.",
    "seal": "Give the new public key to whoever audits you; keep the old one, it verifies the sealed shard.",
    "revoke": "Tell whoever audits you: no longer trust the old key beyond the anchor, trust this one from here on.",
    "restore": "Give the new public key to whoever audits you, with the reason; then start the program.",
}


@AUDIT.command()
def seal(database: Database = "", by: By = "", reason: Reason = "", as_json: AsJson = False) -> None:
    """End this part of the trail and go on in a new one, under the next key of COUNTERSIGN_SIGNING_KEY."""
    from storage.shards import seal as act

    _print(_kept(act, database, by, reason), as_json)


@AUDIT.command()
def rotate(database: Database = "", by: By = "", reason: Reason = "", as_json: AsJson = False) -> None:
    """Let the next key of the same name in COUNTERSIGN_SIGNING_KEY sign from here on. Not after a theft: `revoke`."""
    from storage.shards import rotate as act

    _print(_kept(act, database, by, reason), as_json)


@AUDIT.command()
def revoke(
    from_anchor: Anchor,
    database: Database = "",
    by: By = "",
    reason: Reason = "",
    vkey: Trusted = None,
    as_json: AsJson = False,
) -> None:
    """After a theft of the key: go on in a new part that cites the last anchor believed good."""
    from storage.successors import revoke as act

    note = read_note(from_anchor)
    _print(_kept(lambda keeper: act(keeper, note), database, by, reason, vkey or ()), as_json)


@AUDIT.command()
def restore(  # noqa: PLR0913, PLR0917 (one option each)
    from_anchor: Annotated[
        Path | None,
        typer.Option(
            help="File with the anchored checkpoint: the note, or its line; default: the newest of [anchors]."
        ),
    ] = None,
    remembered: Annotated[
        int, typer.Option(help="A size that the high-water mark knows, where it is more than the anchor's.")
    ] = 0,
    database: Database = "",
    by: By = "",
    reason: Reason = "",
    vkey: Trusted = None,
    as_json: AsJson = False,
) -> None:
    """After a restore from backup: go on in a new part that says which entries were lost."""
    from storage.successors import restore as act

    if from_anchor is not None:
        note = read_note(from_anchor)
    else:
        from handlers.cli.anchor_newest import newest_anchored

        found = newest_anchored(
            database_address(database), [*readable_vkeys(vkey or []), *configured_vkeys()]
        )
        note, remembered = found.note, max(remembered, found.size)
        print(f"countersign: {found.words()}", file=sys.stderr)
    _print(_kept(lambda keeper: act(keeper, note, remembered), database, by, reason, vkey or ()), as_json)


def read_note(path: Path) -> str:
    """Return a note from a file, or from the one line that was cut out of an anchor's file.

    Raises:
        InvalidInputError: there is none, or there are several.
    """
    from bot.domain.anchoring import note_in

    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            f"{path} cannot be read.", advice="Name the file with the whole note."
        ) from error
    notes = [note for line in text.splitlines() if (note := note_in(line))]
    if len(notes) > 1:
        raise InvalidInputError(
            f"{path} holds {len(notes)} anchors, and which of them you believe is yours to say.",
            advice=f"Put its line into a file of its own and name that: of the newest, `tail -n 1 {path}`.",
        )
    return notes[0] if notes else text


def _kept(
    act: "Callable[[Keeper], Awaitable[Handed]]",
    database: str,
    by: str,
    reason: str,
    vkeys: Sequence[str] = (),
) -> "Handed":
    async def run() -> "Handed":
        async with opened_keeper(database_address(database), by, reason, vkeys) as keeper:
            return await act(keeper)

    return acted(run)


def acted(run: Callable[[], Coroutine[None, None, T]]) -> T:
    """Return what an act did; exit 1 when the trail itself does not hold."""
    try:
        return asyncio.run(run())
    except LedgerBrokenError as error:
        print("\n".join(in_words(error)), file=sys.stderr)
        raise typer.Exit(1) from error


def opened_keeper(
    url: str, by: str, reason: str, vkeys: Sequence[str] = ()
) -> "AbstractAsyncContextManager[Keeper]":
    """Return the opening of a trail with every configured key."""
    from handlers.clock import WallClock
    from handlers.settings import read_settings
    from handlers.signing import signers_of
    from handlers.version import BUILD
    from storage.keeper import keeping

    settings = read_settings()
    signers = signers_of(settings)
    trusted = [*readable_vkeys(list(vkeys)), *configured_vkeys()]
    who = by or local_user()
    place = _place(settings, url)
    return keeping(place, signers, vkeys=trusted, clock=WallClock(), by=who, reason=reason, build=BUILD)


def _place(settings: "Settings", url: str) -> "str | Place":
    """Return the database with the high-water mark that the configuration names for it; another one has none."""
    from dataclasses import replace

    from handlers.configuration_file import read_configuration
    from handlers.wiring import place_of

    if url not in (settings.database_url, settings.migration_database_url) or not settings.config.exists():
        return url
    return replace(place_of(settings, read_configuration(settings.config)), url=url)


def local_user() -> str:
    """Return the name of the user of this machine, or its number where it has none."""
    import getpass
    import os

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _print(handed: "Handed", as_json: bool) -> None:
    if as_json:
        print(json.dumps(handed.as_json()))
        return
    words = _SAID[handed.verb].format(
        shard=handed.shard,
        size=handed.size,
        next_shard=handed.next_shard,
        next_origin=handed.next_origin,
    )
    print("\n".join([words, f"  vkey {handed.next_vkey}", f"  next: {_NEXT[handed.verb]}"]))
