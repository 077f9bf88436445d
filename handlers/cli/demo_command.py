"""`countersign demo`: the pretended world with words for the person who started it."""

import asyncio
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.domain.command_line import did_you_mean
from bot.domain.errors import CountersignError, InvalidInputError
from handlers.cli.audit_commands import report_words
from handlers.cli.demo import Plan, World, demo_world, ended, run_module
from handlers.cli.serve_command import stop_at_signals
from handlers.logs import configure_logs
from storage.audit_verify import verify_log

LAST_PORT = 65535
STORIES = ("change", "incident")
TROUBLE = '{"kind": "429_storm", "deployment": "support-triage-ft", "ago": 6}'


def run_demo(port: int, story: str, keep: Path | None) -> int:
    """Run the demo until Ctrl-C, or for the length of a story; return the exit code."""
    if not 0 <= port <= LAST_PORT:
        raise InvalidInputError(
            f"There is no port {port}.", advice=f"Name one from 1 to {LAST_PORT}, or 0 for any free one."
        )
    if story and story not in STORIES:
        raise InvalidInputError(f"There is no story {story!r}.", advice=did_you_mean(story, STORIES))
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(TemporaryDirectory(prefix="countersign-demo-")))
        _demand_new(folder)
        log = stack.enter_context((folder / "countersign.log").open("a", encoding="utf-8"))
        configure_logs(log)
        print("Starting the pretended Slack and Azure, and the app between them …", flush=True)
        return asyncio.run(_run(Plan(folder, port=port, alerts=story != "change"), story, keep is not None))


async def _run(plan: Plan, told: str, kept: bool) -> int:
    stop = stop_at_signals()
    starting = asyncio.create_task(stop.wait())
    async with demo_world(plan) as world:
        print("\n".join(banner(world, plan.folder, kept)), flush=True)
        story = asyncio.create_task(_told_story(world, told)) if told else None
        waiting = [item for item in (starting, world.broken, story) if item is not None]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if world.broken.done():
                world.broken.result()
            return await story if story is not None and story.done() else 0
        finally:
            starting.cancel()
            if story is not None:
                story.cancel()
                await asyncio.wait([story])


async def _told_story(world: World, story: str) -> int:
    """Play a story on this terminal, then verify the audit trail it left; 0 when both are well."""
    process = await run_module("sandbox.story", story, "--slack", world.slack, "--azure", world.azure)
    try:
        code = await process.wait()
    finally:
        await ended(process)
    report = await asyncio.to_thread(verify_log, world.settings.database_url, [world.vkey], deep=True)
    print("\n".join(report_words(report, [world.vkey])), flush=True)
    if code:
        print(f"The story did not go well (exit code {code}).", file=sys.stderr)
    return 0 if report.ok and code == 0 else 1


def banner(world: World, folder: Path, kept: bool) -> list[str]:
    """Return what a person needs to know, one line each."""
    program = program_here()
    whether = "kept" if kept else f"removed at the end; keep it with `{program} demo --keep DIR`"
    return [
        "",
        f"  Open      {world.slack}",
        "            a pretended Slack; choose at the top left whom you are",
        "",
        "  Try       1  as Alice, in #ml-ops:   /cs status triage-prod",
        "            2  then:                   /cs change request scale triage-prod",
        "            3  fill in the form, then be Bob or Carol and press Approve on the card",
        "            4  /cs help lists everything else",
        "",
        f"  Trouble   curl -d '{TROUBLE}' \\",
        f"              {world.azure}/control/troubles",
        "            within a minute an alert declares an incident; docs/alerts.md has the other troubles",
        "",
        f"  Database  {folder / 'countersign.db'}",
        f"  Log       {folder / 'countersign.log'}",
        f"            ({whether})",
        f"  Verify    {program} audit verify --database {world.settings.database_url} \\",
        f"              --vkey '{world.vkey}'",
        "",
        "  Nothing here is real: no account, no cost. Ctrl-C stops everything.",
        "",
    ]


def program_here() -> str:
    """Return how this program is called from here: by name only where the shell finds it by name."""
    beside = Path(sys.executable).with_name("countersign")
    if shutil.which("countersign") is not None or not beside.is_file():
        return "countersign"
    here = Path.cwd()
    return str(beside.relative_to(here) if beside.is_relative_to(here) else beside)


def _demand_new(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CountersignError(f"{folder} cannot be made.", advice="Name another folder.") from error
    if (folder / "countersign.db").exists():
        raise CountersignError(
            f"{folder} holds an earlier demo; its pretended Slack and Azure are gone.",
            advice="Name another folder, or remove this one.",
        )
