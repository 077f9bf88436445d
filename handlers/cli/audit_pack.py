"""`countersign audit pack`: the evidence of a period as one ZIP that needs no Countersign to be read or checked."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated
from zipfile import ZIP_DEFLATED, ZipFile

import typer

from bot.domain.errors import CountersignError
from handlers.cli.audit_commands import (
    AUDIT,
    Database,
    database_address,
    demanded_vkeys,
    privacy_here,
    readable_vkeys,
)
from handlers.cli.audit_export import From, Shard, To, new_file, places_of
from handlers.cli.error_words import broken_ends_with_1
from handlers.zipped import named, put

if TYPE_CHECKING:
    from bot.domain.period import Period, PeriodChange, PeriodCounts
    from bot.domain.trail_range import TrailRange
    from storage.audit_findings import VerifyReport
    from storage.audit_slice import Slice, TrailSlices
    from storage.privacy import Privacy
    from storage.trail_look import TrailLook


@dataclass(frozen=True)
class PackWish:
    """Which part of which trail, for whom: the keys they trust, and whether people's own words are laid open."""

    url: str
    asked: "TrailRange"
    shard: int | None
    vkeys: Sequence[str]
    disclose: bool
    aliases: Mapping[str, str]
    privacy: "Privacy"


@AUDIT.command()
def pack(  # noqa: PLR0913, PLR0917 (one option each)
    out: Annotated[Path, typer.Option("--output", "-o", help="Write the ZIP to this new file.")],
    start: From = "",
    end: To = "",
    shard: Shard = None,
    withhold: Annotated[
        bool,
        typer.Option("--withhold", help="Leave people's own words out of the proofs; they prove as much."),
    ] = False,
    vkey: Annotated[
        list[str] | None, typer.Option(help="Public key to trust; repeat for more. Default: our own.")
    ] = None,
    database: Database = "",
) -> None:
    """Make the evidence of a period: a page, every entry as CSV and JSONL, a proof of every change, the verifier."""
    from bot.domain.trail_events import ExportPerformed
    from bot.domain.trail_range import read_range
    from handlers.cli.recording import record_or_say
    from handlers.clock import WallClock
    from storage.audit_reader import AuditReader, reading
    from storage.audit_slice import TrailSlices

    keys = readable_vkeys(vkey) if vkey else demanded_vkeys()
    asked = read_range(start, end, now=WallClock().now())
    wish = PackWish(database_address(database), asked, shard, keys, not withhold, _aliases(), privacy_here())
    with broken_ends_with_1(), reading(wish.url) as connection:
        parts = TrailSlices(AuditReader(connection)).slices(asked, shard)
    with broken_ends_with_1(), new_file(out) as file:
        record_or_say(ExportPerformed(format="pack", **places_of(parts)), database)
        made = write_pack(file, wish, parts)
    holds = "holds" if made.ok else "does NOT hold"
    print(f"{out}: {made.entries} entries, {len(made.changes)} changes. The audit trail {holds}.")
    raise typer.Exit(0 if made.ok and all(each.holds for each in made.changes) else 1)


def write_pack(file: IO[bytes], wish: PackWish, parts: "Sequence[Slice]") -> "Period":
    """Write the ZIP and return what its first page says."""
    from bot.domain.period import PeriodCounts
    from bot.render.period_html import render_period
    from handlers.settings import read_settings
    from handlers.signing import cosigner_vkeys
    from storage.audit_reader import AuditReader, reading
    from storage.audit_slice import TrailSlices
    from storage.audit_verify import verify_log

    counts = PeriodCounts(wish.aliases)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, reading(wish.url, wish.privacy) as connection:
        trail = TrailSlices(AuditReader(connection))
        _write_entries(archive, trail, parts, counts, disclose=wish.disclose)
        report = verify_log(connection, [*wish.vkeys, *cosigner_vkeys(read_settings())])
        notes = {f"checkpoints/{part.shard}.txt": trail.head(part.shard)[1] for part in parts}
        changes = asyncio.run(_proofs(archive, wish, counts))
        for name, note in notes.items():
            put(archive, name, note.encode())
        put(archive, "verify.json", json.dumps(report.as_json(), indent=2).encode())
        put(archive, "vkey.txt", "".join(f"{each}\n" for each in wish.vkeys).encode())
        put(archive, "verify_pack.py", files("bot").joinpath("verify_pack.py").read_bytes())
        period = _period(wish, counts, changes, report, notes)
        put(archive, "index.html", render_period(period).encode())
    return period


def _period(
    wish: PackWish,
    counts: "PeriodCounts",
    changes: "Sequence[PeriodChange]",
    report: "VerifyReport",
    notes: Mapping[str, str],
) -> "Period":
    from bot.domain.period import Period, ranked

    return Period(
        asked=_asked(wish.asked),
        logs=list(counts.logs),
        entries=counts.entries,
        first=counts.first,
        last=counts.last,
        types=ranked(counts.types),
        targets=ranked(counts.targets),
        people=ranked(counts.people),
        changes=changes,
        ok=report.ok,
        size=report.size,
        root=str(report.as_json()["root"]),
        findings=[f"{each.code} at {each.seq}: {each.message}" for each in report.findings],
        checkpoints=notes,
        vkeys=wish.vkeys,
    )


def _write_entries(
    archive: ZipFile,
    trail: "TrailSlices",
    parts: "Sequence[Slice]",
    counts: "PeriodCounts",
    *,
    disclose: bool,
) -> None:
    """Write the entries as JSONL and as CSV, counting them on the way; who acted is named where `disclose`."""
    from bot.ports.trail import FoundEntry
    from bot.render.audit_rows import render_csv, render_jsonl, told_body

    def counted() -> Iterator[FoundEntry]:
        for part in parts:
            for entry in trail.entries(part, texts=disclose):
                counts.add(told_body(entry))
                yield entry

    with archive.open(named("entries.jsonl"), "w") as lines:
        lines.writelines(render_jsonl(counted()))
    with archive.open(named("entries.csv"), "w") as rows:
        rows.writelines(render_csv(entry for part in parts for entry in trail.entries(part, texts=disclose)))


async def _proofs(archive: ZipFile, wish: PackWish, counts: "PeriodCounts") -> "list[PeriodChange]":
    from bot.domain.change import change_number
    from storage.trail_look import looking

    names = sorted(counts.changes, key=lambda name: (change_number(name), name))
    async with looking(wish.url, wish.vkeys, wish.privacy) as trail:
        return [await _proof(archive, trail, name, wish, counts) for name in names]


async def _proof(
    archive: ZipFile, trail: "TrailLook", name: str, wish: PackWish, counts: "PeriodCounts"
) -> "PeriodChange":
    """Write the proof pack of a change, check it as a stranger would, and return its row."""
    from bot.domain.json import canonical
    from bot.domain.period import PeriodChange
    from bot.domain.proof_check import check_pack
    from bot.domain.public_key import PublicKey

    try:
        found = await trail.proof_pack(name, disclose=wish.disclose)
    except CountersignError as error:
        return PeriodChange(name, "", "", "", "", 0, holds=False, verdict=str(error), file="")
    body = canonical(found.as_json())
    verdict = check_pack(body.decode(), [PublicKey.parse(each) for each in wish.vkeys])
    file = f"proofs/{name}.json"
    put(archive, file, body)
    bodies = [each for bundle in found.bundles for each in bundle.told()]
    asked = next((each for each in bodies if each["type"] == "change.requested"), bodies[0])
    return PeriodChange(
        name,
        kind=str(asked["data"].get("kind", "")),
        target=counts.target(str(asked["subject"].get("resource", ""))),
        requester=str(asked["actor"].get("id", "")),
        ended=found.ended,
        entries=len(bodies),
        holds=verdict.exit == 0,
        verdict=verdict.headline,
        file=file,
    )


def _asked(asked: "TrailRange") -> str:
    words = asked.words()
    start, end = (words.get(name, "") for name in ("from", "to"))
    ends = [
        text[:10] if "T" in text else f"entry {text}" if text else other
        for text, other in ((start, "the beginning"), (end, "now"))
    ]
    return " to ".join(ends)


def _aliases() -> dict[str, str]:
    """Return the configured targets' aliases by ARM id; none where nothing is configured."""
    from handlers.configuration_file import read_configuration
    from handlers.settings import read_settings

    try:
        return {each.ref.key: each.alias for each in read_configuration(read_settings().config).targets}
    except CountersignError:
        return {}
