"""`countersign incident …`: what the command line can take of an incident. It only reads."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handlers.cli.audit_commands import (
    Database,
    database_address,
    demanded_vkeys,
    privacy_here,
    readable_vkeys,
)
from handlers.cli.audit_export import new_file
from handlers.cli.error_words import broken_ends_with_1

if TYPE_CHECKING:
    from bot.domain.incident_review import Review

INCIDENT = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@INCIDENT.callback()
def _incident() -> None:
    """Take what is on record of an incident."""


@INCIDENT.command()
def export(
    incident: Annotated[str, typer.Argument(help="Which one: INC-1 or 1.")],
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the ZIP to this new file.")
    ] = None,
    vkey: Annotated[
        list[str] | None, typer.Option(help="Public key to trust; repeat for more. Default: our own.")
    ] = None,
    database: Database = "",
) -> None:
    """Write the post-incident review as one ZIP: Markdown, HTML, JSON, charts, snapshots, proofs, the verifier."""
    from bot.domain.incident import incident_number
    from bot.render.texts import count
    from handlers.cli.recording import record_or_say
    from handlers.incident_review import exported, review_name

    keys, url = readable_vkeys(vkey) if vkey else demanded_vkeys(), database_address(database)
    with broken_ends_with_1():
        review, content = asyncio.run(_made(incident_number(incident), url, keys))
    place = out or Path(review_name(review))
    with new_file(place) as file:
        record_or_say(exported(review), database)
        file.write(content)
    parts = (("snapshot", review.snapshots), ("linked change", review.changes), ("proof", review.entries))
    print(f"{place}: {', '.join(count(len(found), name) for name, found in parts)}.")
    raise typer.Exit(0 if all(each.holds for each in review.changes) else 1)


async def _made(number: int, url: str, keys: list[str]) -> "tuple[Review, bytes]":
    from handlers.clock import WallClock
    from handlers.incident_review import made_review
    from storage.proven_past import reading_proven

    reading = reading_proven(url, keys, privacy_here())
    return await made_review(number, reading=reading, vkeys=keys, now=WallClock().now())
