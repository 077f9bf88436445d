"""`countersign audit show|search`: entries in words. Both only read."""

import asyncio
import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.domain.errors import CountersignError
from handlers.cli.audit_commands import (
    AUDIT,
    AsJson,
    Database,
    configured_vkeys,
    database_address,
    privacy_here,
    readable_vkeys,
)
from handlers.cli.error_words import broken_ends_with_1

if TYPE_CHECKING:
    from bot.domain.configuration import Configuration
    from bot.ports.trail import TrailPage, TrailQuery
    from storage.trail_entries import Covered

NOTHING_RECORDED = "Nothing was recorded of this look: in chat, `audit search` also writes down who looked."


@AUDIT.command()
def show(
    name: Annotated[
        str, typer.Argument(help="An entry's number (12, or 1/12 in shard 1), its id, or CHG-n.")
    ],
    shard: Annotated[int | None, typer.Option(help="Shard of the number; default the newest.")] = None,
    vkey: Annotated[
        list[str] | None, typer.Option(help="Public key to trust; repeat for more. Default: our own.")
    ] = None,
    database: Database = "",
    as_json: AsJson = False,
) -> None:
    """Show an entry, or every entry of a change: who, what, when, and the checkpoint it is included under."""
    from bot.render.audit_lines import Included, entry_json, entry_lines

    keys = readable_vkeys(vkey) if vkey else configured_vkeys()
    with broken_ends_with_1():
        found = asyncio.run(_named(database_address(database), keys, name, shard))
    shown = [(each.entry, Included(each.size, each.root, each.checked)) for each in found]
    if as_json:
        print(json.dumps({"entries": [entry_json(*each) for each in shown]}))
    else:
        print("\n\n".join("\n".join(entry_lines(*each)) for each in shown))
    print(NOTHING_RECORDED, file=sys.stderr)


@AUDIT.command()
def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="actor:U1 target:triage-prod change:CHG-1 type:change.* from:7d to:2026-09-30, all optional."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(help="Entries of a page, at most 500.")] = 20,
    after: Annotated[str, typer.Option(help="Go on after the page before: what it printed.")] = "",
    database: Database = "",
    as_json: AsJson = False,
) -> None:
    """Find entries, newest first, a page at a time. What is found is not verified; `show` and `verify` do that."""
    from dataclasses import replace

    from bot.domain.trail_words import read_wish
    from bot.render.audit_lines import entry_json, entry_line
    from bot.usecases.search_trail import query_of
    from handlers.clock import WallClock

    query = query_of(read_wish(words or ()), _configuration(), now=WallClock().now())
    page = asyncio.run(_page(database_address(database), replace(query, after=after, limit=limit)))
    if as_json:
        print(json.dumps({"entries": [entry_json(each) for each in page.entries], "after": page.next}))
    else:
        print("\n".join([entry_line(each) for each in page.entries] or ["No entry fits."]))
        if page.next:
            print(f"More: add --after {page.next}")
    print(NOTHING_RECORDED, file=sys.stderr)


async def _named(url: str, keys: list[str], name: str, shard: int | None) -> "list[Covered]":
    from storage.trail_entries import entries_named
    from storage.trail_look import looking

    async with looking(url, keys, privacy_here()) as trail:
        return await entries_named(trail, name, shard)


async def _page(url: str, query: "TrailQuery") -> "TrailPage":
    from storage.past import reading_past

    async with reading_past(url, privacy_here()) as past:
        return await past.search_trail(query)


def _configuration() -> "Configuration | None":
    """Return the configured company, None where there is none: then only ARM ids are known."""
    from handlers.configuration_file import read_configuration
    from handlers.settings import read_settings

    try:
        return read_configuration(read_settings().config)
    except CountersignError:
        return None
