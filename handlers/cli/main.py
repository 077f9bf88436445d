"""`countersign …`: the commands, and how each of them fails."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.domain.errors import CountersignError
from handlers.cli.audit_verbs import AUDIT
from handlers.cli.error_words import in_words
from handlers.cli.incident_commands import INCIDENT
from handlers.cli.policy_commands import POLICY

APP = typer.Typer(
    name="countersign",
    help="Evidence, approvals and an audit trail for fine-tuned models on Azure OpenAI, in Slack.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
APP.add_typer(AUDIT, name="audit", help="Verify, prove and export the audit trail, and make its keys.")
APP.add_typer(POLICY, name="policy", help="Check the policy, explain it for a change, replay a candidate.")

APP.add_typer(INCIDENT, name="incident", help="Export the post-incident review of an incident.")


def _print_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@APP.callback()
def anywhere(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="What `version` prints."),
    ] = False,
) -> None:
    """Evidence, approvals and an audit trail for fine-tuned models on Azure OpenAI, in Slack."""


@APP.command()
def serve(
    role: Annotated[str, typer.Option(help="What this process does: all, slack or executor.")] = "all",
) -> None:
    """Run the app until Ctrl-C or SIGTERM."""
    from handlers.cli.serve_command import serve_until_told

    serve_until_told(role)


@APP.command()
def demo(
    port: Annotated[int, typer.Option(help="Port of the page in the browser; 0 takes any free one.")] = 8765,
    script: Annotated[
        bool, typer.Option("--script", help="Play a whole story, verify the audit trail, stop.")
    ] = False,
    story: Annotated[str, typer.Option(help="Which story --script plays: change or incident.")] = "change",
    keep: Annotated[
        Path | None, typer.Option(help="Keep database, log and configuration in this folder.")
    ] = None,
) -> None:
    """Start a pretended Slack and Azure with the real app between them; no accounts needed."""
    from handlers.cli.demo_command import run_demo

    raise typer.Exit(run_demo(port, story if script else "", keep))


@APP.command()
def migrate() -> None:
    """Create the database's schema, or bring it up to this version."""
    from handlers.cli.serve_command import migrate_database

    print(f"The database is at revision {migrate_database()}.")


@APP.command()
def manifest(
    transport: Annotated[str, typer.Option(help="How Slack reaches the app: socket or http.")] = "socket",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of YAML.")] = False,
    url: Annotated[str, typer.Option(help="Where Slack sends requests, with --transport http.")] = "",
) -> None:
    """Print the Slack app manifest to create the app from."""
    from handlers.cli.manifest import as_yaml, manifest_for

    found = manifest_for(transport, url)
    print(json.dumps(found, indent=2) if as_json else as_yaml(found))


@APP.command()
def version(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the version, and the public key of the audit trail where one is configured."""
    from handlers.cli.audit_commands import configured_vkeys
    from handlers.version import VERSION

    vkeys = configured_vkeys()
    if as_json:
        print(json.dumps({"version": VERSION, "vkeys": vkeys}))
        return
    print("\n".join([f"countersign {VERSION}", *(f"vkey {vkey}" for vkey in vkeys)]))


def main() -> NoReturn:
    """Run the command line; every failure is words and an exit code, never a traceback."""
    try:
        APP()
    except CountersignError as error:
        print("\n".join(in_words(error)), file=sys.stderr)
    except KeyboardInterrupt:
        print("countersign: stopped.", file=sys.stderr)
        sys.exit(130)
    except Exception:
        _say_bug()
    sys.exit(2)


def _say_bug() -> None:
    """Log what went wrong with a reference, and tell the person that reference."""
    import structlog

    from bot.domain.entry import new_ulid
    from handlers.clock import WallClock
    from handlers.logs import configure_logs

    ref = new_ulid(WallClock().now())
    configure_logs(sys.stderr)
    structlog.get_logger("cli").exception("cli.bug", ref=ref)
    print(
        f"countersign: that should not have happened; the log line above is about it. ref {ref}",
        file=sys.stderr,
    )
