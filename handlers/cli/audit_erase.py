"""`countersign audit erase`: personal and free texts go, every proof stays."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from bot.domain.errors import InvalidInputError
from handlers.cli.audit_commands import AUDIT, AsJson, Database, database_address, privacy_here
from handlers.cli.audit_keep import By, acted, opened_keeper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.erasing import Text

_ELSEWHERE = (
    "  next: The change itself still shows what was written in its form, and backups and Slack keep their copies:"
    " docs/runbook.md says what to do about each."
)


@AUDIT.command()
def erase(  # noqa: PLR0913, PLR0917 (one option each)
    basis: Annotated[str, typer.Option(help="On what ground, e.g. 'GDPR Art. 17'; it is recorded in clear.")],
    seq: Annotated[int | None, typer.Option(help="Number of the entry.")] = None,
    path: Annotated[str, typer.Option(help="Where the text stands in its data, e.g. reason.")] = "",
    shard: Annotated[int | None, typer.Option(help="Shard of the entry, where there are several.")] = None,
    person: Annotated[
        str, typer.Option(help="Every text in this actor's entries, U… in Slack, instead.")
    ] = "",
    database: Database = "",
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Erase texts that people wrote. Entries keep a salted digest of them; the log stays whole and says so."""
    if bool(person) == (seq is not None and bool(path)) or not basis.strip():
        raise InvalidInputError(
            "Erase what, and on what ground?",
            advice="Write --seq 9 --path reason, or --person U…; and --basis 'GDPR Art. 17'.",
        )

    async def run() -> "Sequence[Text]":
        from storage.erasing import erase_person, erase_text

        async with opened_keeper(_migration_address(database), by, "") as keeper:
            if person:
                return await erase_person(keeper, person, basis)
            return await erase_text(keeper, seq or 0, path, basis, shard)

    done = acted(run)
    if as_json:
        print(json.dumps({"erased": [each.as_json() for each in done]}))
        return
    where = [f"  shard {each.shard}, entry {each.seq}: {each.path}" for each in done]
    print("\n".join([f"Erased {len(done)} texts; the trail says so.", *where, *_sealed(person), _ELSEWHERE]))


def _sealed(person: str) -> list[str]:
    """Return what became of copies in backups, where texts are sealed."""
    if not privacy_here().seals:
        return []
    if person:
        return [
            "  sealed: Their data key is destroyed: no backup has a copy that opens, where it was sealed."
        ]
    return ["  sealed: The writer's data key stays: an older backup has a copy that opens, until --person."]


def _migration_address(given: str) -> str:
    """Return the URL whose role may delete a text: the one that migrates."""
    from handlers.settings import read_settings

    return database_address(given or read_settings().migration_database_url)
