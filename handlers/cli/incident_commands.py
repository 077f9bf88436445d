"""`countersign incident …`: what the command line can take of an incident. It only reads."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
) -> None:
    """Write the post-incident review as one ZIP: Markdown, HTML, JSON, charts, snapshots, proofs, the verifier."""
    from bot.domain.incident import incident_number
    from bot.render.texts import count
    from handlers.cli.recording import record_or_say
    from handlers.incident_review import exported, review_name

    with broken_ends_with_1():
        review, content = asyncio.run(_made(incident_number(incident)))
    place = out or Path(review_name(review))
    with new_file(place) as file:
        record_or_say(exported(review), "")
        file.write(content)
    parts = (("snapshot", review.snapshots), ("linked change", review.changes), ("proof", review.entries))
    print(f"{place}: {', '.join(count(len(found), name) for name, found in parts)}.")
    raise typer.Exit(0 if all(each.holds for each in review.changes) else 1)


async def _made(number: int) -> "tuple[Review, bytes]":
    from handlers.clock import WallClock
    from handlers.configuration_file import read_configuration
    from handlers.incident_review import made_review
    from handlers.privacy import configured_privacy
    from handlers.settings import read_settings
    from handlers.signing import signers_of, trusted_of
    from handlers.version import BUILD
    from storage.audit_reader import reading
    from storage.open import Place, open_archive

    settings, clock = read_settings(), WallClock()
    configuration = read_configuration(settings.config)
    with reading(settings.database_url):  # a database that is not there is not made
        pass
    opened = await open_archive(
        Place(settings.database_url, privacy=configured_privacy(settings)),
        signers_of(settings),
        configuration.origin,
        vkeys=trusted_of(settings),
        clock=clock,
        build=BUILD,
        lock=False,
    )
    try:
        return await made_review(number, archive=opened.archive, vkey=opened.ledger.vkey, now=clock.now())
    finally:
        await opened.close()
