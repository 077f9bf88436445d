"""`countersign audit anchor`, and what `audit verify --anchor` adds to a verification."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from handlers.cli.audit_commands import AUDIT, AsJson, Database, database_address

if TYPE_CHECKING:
    from bot.domain.json import Json
    from bot.usecases.anchor_trail import AnchorOutcome


@AUDIT.command()
def anchor(
    kind: Annotated[
        list[str] | None, typer.Option(help="file, slack, azure_blob or witness; repeat for more.")
    ] = None,
    database: Database = "",
    as_json: AsJson = False,
) -> None:
    """Publish the newest checkpoint outside the database now. `serve` does so by itself, see [anchors]."""
    import asyncio

    from handlers.cli.anchor_answers import anchored
    from handlers.settings import read_settings

    settings = read_settings().model_copy(update={"database_url": database_address(database)})
    outcomes = asyncio.run(anchored(settings, kind or []))
    ok = all(each.error is None for each in outcomes)
    if as_json:
        print(json.dumps({"ok": ok, "anchors": [_as_json(each) for each in outcomes]}))
    else:
        print("\n".join(line for each in outcomes for line in _words(each)))
    raise typer.Exit(0 if ok else _code(outcomes))


def _code(outcomes: "tuple[AnchorOutcome, ...]") -> int:
    from bot.domain.errors import AnchorContradictsError

    return 1 if any(isinstance(each.error, AnchorContradictsError) for each in outcomes) else 2


def _words(outcome: "AnchorOutcome") -> list[str]:
    if outcome.error is not None:
        said = f"{outcome.kind}: NOT anchored: {outcome.error}"
        return [said, *([f"  next: {outcome.error.advice}"] if outcome.error.advice else [])]
    new = "anchored" if outcome.is_new else "nothing new; anchored before"
    unsigned = [
        line
        for key, error in outcome.unsigned
        for line in (
            f"  {key}: NOT signed: {error}",
            *([f"  next: {error.advice}"] if error.advice else []),
        )
    ]
    signed = f", signed by {' and '.join(outcome.cosigned)}" if outcome.cosigned else ""
    return [f"{outcome.kind}: {new} at size {outcome.size} ({outcome.ref}){signed}", *unsigned]


def _as_json(outcome: "AnchorOutcome") -> "dict[str, Json]":
    error = outcome.error
    return {
        "kind": outcome.kind,
        "size": outcome.size,
        "ref": outcome.ref,
        "is_new": outcome.is_new and error is None,
        "error": None if error is None else str(error),
        "finding": getattr(error, "code", None),
        "cosigned": list(outcome.cosigned),
        "unsigned": [{"kind": key, "error": str(each)} for key, each in outcome.unsigned],
    }
