"""`countersign audit …`: verify, keygen, and what all verbs need. Exit codes: 0 holds, 1 does not, 2 cannot say."""

import json
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.domain.errors import InvalidInputError, NoteError

if TYPE_CHECKING:
    from handlers.cli.anchor_answers import Held
    from storage.audit_findings import VerifyReport
    from storage.privacy import Privacy

AUDIT = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
Database = Annotated[str, typer.Option(help="Database URL; default COUNTERSIGN_DATABASE_URL.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@AUDIT.command()
def verify(
    database: Database = "",
    vkey: Annotated[
        list[str] | None, typer.Option(help="Public key to trust; repeat for more. Default: our own.")
    ] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Check every signature and every evidence.")] = False,
    anchor: Annotated[
        list[str] | None,
        typer.Option(help="Also against an anchor: file, slack, blob, witness, all, or a FILE; repeatable."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify the whole audit trail; writes nothing."""
    from handlers.settings import read_settings
    from handlers.signing import cosigner_vkeys
    from storage.audit_verify import verify_log

    vkeys, url = readable_vkeys(vkey) if vkey else demanded_vkeys(), database_address(database)
    if anchor:
        from handlers.cli.anchor_answers import held_against

        raise typer.Exit(_print_held(held_against(anchor, url, vkeys, deep=deep), vkeys, as_json))
    with typer.progressbar(
        length=1, label="verifying", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        trusted, privacy = [*vkeys, *cosigner_vkeys(read_settings())], privacy_here()
        report = verify_log(url, trusted, deep=deep, progress=partial(_drawn, bar), privacy=privacy)
    print(
        json.dumps(report.as_json())
        if as_json
        else "\n".join([*report_words(report, vkeys), *_unasked(report)])
    )
    raise typer.Exit(0 if report.ok else 1)


def _drawn(bar: Any, done: int, entries: int) -> None:
    """Draw how far a verification is; a bar is on the terminal alone."""
    bar.length = entries
    bar.update(done - bar.pos)


def _print_held(held: "Held", vkeys: list[str], as_json: bool) -> int:
    """Print a verification against anchors and return its exit code."""
    report = held.report
    if as_json:
        print(json.dumps({**report.as_json(), "ok": held.code == 0, "anchors": held.as_json()}))
    else:
        print("\n".join([*report_words(report, vkeys), *held.words()]))
    return held.code


def report_words(report: "VerifyReport", vkeys: list[str]) -> list[str]:
    """Return a verification in words, one line each."""
    holds = "holds" if report.ok else "does NOT hold"
    found = [
        f"  {finding.code}"
        + (f" at {finding.seq}" if finding.seq is not None else "")
        + f": {finding.message}"
        for finding in report.findings
    ]
    root = report.as_json()["root"]
    figures = [
        f"  entries {report.size}{_earlier(report)}",
        f"  root {root}",
        *_withheld(report),
        *_cosigned(report),
    ]
    return [f"The audit trail {holds}.", *figures, *found, *_keys(vkeys), *_next(report)]


def _unasked(report: "VerifyReport") -> list[str]:
    """Return what a trail that holds by itself does not show."""
    if not report.ok:
        return []
    return [
        "  anchors: none was asked. That the end was cut off, or all of it rewritten by who holds the key, shows",
        "           only against one: add --anchor all.",
    ]


def _earlier(report: "VerifyReport") -> str:
    """Return how much stands in the parts before the newest one, empty where there is one part."""
    if not report.earlier:
        return ""
    parts = "1 earlier part" if len(report.earlier) == 1 else f"{len(report.earlier)} earlier parts"
    return f" in the newest part, {sum(report.earlier)} in {parts}"


def _withheld(report: "VerifyReport") -> list[str]:
    """Return how many texts are no longer disclosed, or sealed; the trail holds all the same."""
    gone = f"  withheld {report.withheld} texts, {report.erased} of them by a recorded erasure"
    shut = (
        f"  sealed {report.sealed} texts, NOT looked at: COUNTERSIGN_PRIVACY_KEY and [privacy] keys open them"
    )
    return [*([gone] if report.withheld else []), *([shut] if report.sealed else [])]


def _cosigned(report: "VerifyReport") -> list[str]:
    """Return how many signatures of witnesses and second keys were looked at, nothing where there are none."""
    if not (report.cosigned or report.unchecked):
        return []
    more = f", {report.unchecked} NOT checked: add --vkey of who made them" if report.unchecked else ""
    return [f"  cosignatures {report.cosigned} verified{more}"]


def _next(report: "VerifyReport") -> list[str]:
    """Return what to do about a trail that does not hold, the harmless reason first."""
    if report.ok:
        return []
    stop = "Change nothing, keep a copy of the database as it is, and follow docs/runbook.md."
    if not any(finding.code == "M1" for finding in report.findings):
        return [f"  next: {stop}"]
    return [
        "  why:  No key given here signed what is stored: it is another trail's key, or the trail was altered.",
        "  next: Compare the key with the line `vkey …` of `countersign version`. If it is the same: "
        f"{stop[0].lower()}{stop[1:]}",
    ]


def configured_vkeys() -> list[str]:
    """Return the public halves of the configured signing keys, and the public keys beside; none where none is."""
    from handlers.settings import read_settings
    from handlers.signing import signers_of, trusted_of

    settings = read_settings()
    if not settings.signing_key.get_secret_value().strip():
        return []
    return [*(each.vkey for each in signers_of(settings)), *trusted_of(settings)]


def demanded_vkeys() -> list[str]:
    """Return the public halves of the configured signing keys.

    Raises:
        InvalidInputError: none is configured.
    """
    vkeys = configured_vkeys()
    if not vkeys:
        raise InvalidInputError(
            "No key says whose signatures to trust.", advice="Add --vkey, or set COUNTERSIGN_SIGNING_KEY."
        )
    return vkeys


def _keys(vkeys: list[str]) -> list[str]:
    return [f"  vkey {vkey}" for vkey in vkeys]


def readable_vkeys(vkeys: list[str]) -> list[str]:
    """Return the keys as given; raise InvalidInputError when one is no public key."""
    from bot.domain.note import Verifier

    for each in vkeys:
        try:
            Verifier.parse(each)
        except NoteError as error:
            raise InvalidInputError(
                f"--vkey {each[:80]!r} is no public key: {error}.",
                advice="Give the whole text after `vkey` that `countersign version` prints, in quotes.",
            ) from None
    return vkeys


def privacy_here() -> "Privacy":
    """Return how texts of people are found in the configured trail."""
    from handlers.privacy import configured_privacy
    from handlers.settings import read_settings

    return configured_privacy(read_settings())


def database_address(given: str) -> str:
    """Return the database's URL, the configured one where none is given."""
    from handlers.settings import read_settings

    url = given or read_settings().database_url
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://", "postgres://")):
        scheme = url.partition(":")[0][:20]
        raise InvalidInputError(
            f"An audit trail is never kept in a database called {scheme!r}.",
            advice="Write --database sqlite:///path/to/countersign.db or postgresql://user@host/name.",
        )
    return url
