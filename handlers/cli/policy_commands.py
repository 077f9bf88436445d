"""`countersign policy …`: check, explain, replay, schema. Exit codes: 0 holds, 1 does not hold, 2 cannot say."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from bot.domain.configuration import Configuration
    from bot.domain.explanation import Explanation
    from bot.domain.soundness import Finding

POLICY = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Database = Annotated[str, typer.Option(help="Database URL; default COUNTERSIGN_DATABASE_URL.")]
_USER = re.compile(r"[UW][A-Z0-9]{2,30}")
SIGNS = {"ok": "ok", "fail": "FAIL", "unknown": "?", "note": "note"}


@POLICY.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="The file; default COUNTERSIGN_CONFIG.")] = None,
    database: Database = "",
    as_json: AsJson = False,
) -> None:
    """Say whether the policy can be read and can work; reads the database for who is in which user group."""
    from handlers.cli.policy_answers import checked

    try:
        configuration = _configuration(file)
    except InvalidInputError as error:
        if error.__cause__ is not None and isinstance(error.__cause__, OSError):
            raise
        _print_unreadable(error, as_json)
        raise typer.Exit(1) from None
    found, pairs = _run(checked(configuration, database or _database()))
    results = {finding.result for finding in found}
    code = 1 if "fail" in results else 2 if "unknown" in results else 0
    if as_json:
        print(json.dumps({"ok": code == 0, "pairs": pairs, "checks": [asdict(each) for each in found]}))
    else:
        print("\n".join([*pairs.values(), "", *_findings(found)]))
        print({0: "The policy holds.", 1: "The policy does NOT hold.", 2: "It cannot be said."}[code])
    raise typer.Exit(code)


@POLICY.command()
def explain(
    change: Annotated[str, typer.Argument(help="The change, such as CHG-12.")],
    user: Annotated[str, typer.Option(help="Slack user id: why can or cannot this person decide?")] = "",
    database: Database = "",
    as_json: AsJson = False,
) -> None:
    """Say why a change has its tier, who has decided, who still could, and why one person cannot."""
    from handlers.cli.policy_answers import explained

    if user and not _USER.fullmatch(user):
        raise InvalidInputError(
            f"{user!r} is no Slack user id.",
            advice="Give an id such as U0BOB: in Slack, open the profile, then ⋮, Copy member ID.",
        )
    found = _run(explained(change, user, _configuration(None), database or _database()))
    print(json.dumps(asdict(found)) if as_json else "\n".join(_explanation(found)))


@POLICY.command()
def replay(
    candidate: Annotated[Path, typer.Argument(help="Another countersign.toml.")],
    database: Database = "",
    as_json: AsJson = False,
) -> None:
    """Say what a candidate would have made of past changes: same, stricter, looser or impossible."""
    from handlers.cli.policy_answers import replayed

    found = _run(replayed(_configuration(None), _configuration(candidate), database or _database()))
    counts = {
        name: sum(each.verdict == name for each in found)
        for name in ("same", "stricter", "looser", "impossible")
    }
    if as_json:
        print(json.dumps({"counts": counts, "changes": [asdict(each) for each in found]}))
        return
    for each in found:
        print(_plain(f"{each.change:<9} {each.verdict:<10} {each.would}"))
        if each.verdict != "same":
            print(_plain(f"{'':<9} {'':<10} was: {each.was}; {each.why}"))
    print(", ".join(f"{number} {name}" for name, number in counts.items()) + f" of {len(found)} changes.")


@POLICY.command()
def schema() -> None:
    """Print the JSON Schema of countersign.toml, for editors."""
    from handlers.configuration_schema import schema_text

    print(schema_text(), end="")


def _run(answer: "Coroutine[Any, Any, Any]") -> Any:
    import asyncio

    return asyncio.run(answer)


def _configuration(file: Path | None) -> "Configuration":
    from handlers.configuration_file import read_configuration
    from handlers.settings import read_settings

    return read_configuration(file or read_settings().config)


def _database() -> str:
    from handlers.settings import read_settings

    return read_settings().database_url


def _print_unreadable(error: InvalidInputError, as_json: bool) -> None:
    if as_json:
        failed = {"check": "file", "result": "fail", "words": str(error), "next_step": error.advice}
        print(json.dumps({"ok": False, "pairs": {}, "checks": [failed]}))
        return
    print(f"{SIGNS['fail']:<5} file: {error}\n      next: {error.advice}\nThe policy does NOT hold.")


def _findings(found: "Iterable[Finding]") -> list[str]:
    """Return a line for each cause: what came out alike, for the same reason, stands together."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for each in found:
        alike.setdefault((each.result, each.words, each.next_step), []).append(each.check)
    return [_finding(*cause, ", ".join(checks)) for cause, checks in alike.items()]


def _finding(result: str, words: str, next_step: str, about: str) -> str:
    step = f"\n      next: {next_step}" if next_step else ""
    return _plain(f"{SIGNS[result]:<5} {about}: {words}{step}")


def _explanation(found: "Explanation") -> list[str]:
    lines = [
        f"{found.change} is {found.state.replace('_', ' ')}; {found.tier}",
        f"  rule: {found.rule}",
        *(f"  because: {words}" for words in found.because),
        *(f"  vote: {words}" for words in found.voted),
        f"  {found.needs}",
        f"  could: {', '.join(found.could) or 'nobody'}",
        f"  break glass: {found.glass}",
    ]
    return [_plain(line) for line in (*lines, *([f"{found.person}: {found.answer}"] if found.person else []))]


def _plain(words: str) -> str:
    """Return words without Slack's marks of a mention."""
    return re.sub(r"<@([A-Z0-9]+)>", r"\1", words)
