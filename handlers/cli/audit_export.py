"""`countersign audit export`: the trail, or a part of it, in the forms that other programs read."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from bot.domain.errors import InvalidInputError, LedgerBrokenError
from handlers.cli.audit_commands import AUDIT, Database, database_address
from handlers.cli.error_words import broken_ends_with_1

if TYPE_CHECKING:
    from bot.domain.trail_range import TrailRange
    from bot.render.audit_rows import Render
    from storage.audit_slice import Slice, TrailSlices

TILES = "tiles"
From = Annotated[
    str, typer.Option("--from", help="First: an entry's number, 2026-10-01, 2026-10-01T18:00 (UTC) or 7d.")
]
To = Annotated[str, typer.Option("--to", help="Last, likewise; a day counts to its end.")]
Shard = Annotated[int | None, typer.Option(help="One shard only; default: every shard.")]


@AUDIT.command()
def export(  # noqa: PLR0913, PLR0917 (one option each)
    format: Annotated[str, typer.Option(help="jsonl, csv, cloudevents, ocsf or tiles.")] = "jsonl",
    start: From = "",
    end: To = "",
    shard: Shard = None,
    out: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write to this new file (tiles: folder); default: print."),
    ] = None,
    cosigned: Annotated[
        bool,
        typer.Option(
            "--cosigned", help="Tiles up to the newest size that a witness or a second key signed, too."
        ),
    ] = False,
    database: Database = "",
) -> None:
    """Write entries, in order. Bodies only: personal text that can be erased is not in them."""
    from bot.domain.trail_events import ExportPerformed
    from bot.domain.trail_range import read_range
    from handlers.cli.recording import record_or_say
    from handlers.clock import WallClock
    from storage.audit_reader import AuditReader, reading
    from storage.audit_slice import TrailSlices

    render = _render(format)
    asked = read_range(start, end, now=WallClock().now())
    _refuse_odd(format, asked, out, cosigned)
    with broken_ends_with_1(), reading(database_address(database)) as connection:
        trail = TrailSlices(AuditReader(connection))
        parts = [trail.newest(shard, cosigned=cosigned)] if format == TILES else trail.slices(asked, shard)
        record_or_say(ExportPerformed(format=format, **places_of(parts)), database)
        if render is None:
            write_folder(out or Path(), tile_folder(trail, parts[0]))
        else:
            _write(out, render(chain.from_iterable(trail.entries(part) for part in parts)))
        if not parts:
            print("No entry of the trail is in that range; what was written is empty.", file=sys.stderr)


def places_of(parts: "Sequence[Slice]") -> Mapping[str, Any]:
    """Return what an entry says of the parts that were taken: how many entries, the first and the last."""
    if not parts:
        return {"entries": 0}
    first, last = f"{parts[0].shard}/{parts[0].low}", f"{parts[-1].shard}/{parts[-1].high - 1}"
    return {"entries": sum(part.count for part in parts), "first": first, "last": last}


def tile_folder(trail: "TrailSlices", part: "Slice") -> Iterator[tuple[str, bytes]]:
    """Give path and bytes of every file of a shard's tlog-tiles folder, the checkpoint last.

    Raises:
        LedgerBrokenError: the entries are not what the checkpoint signs.
    """
    from bot.domain import merkle
    from bot.domain.note_text import Checkpoint, parse_note
    from bot.domain.tlog_tiles import bundle_files, tile_files
    from bot.render.audit_rows import body_bytes

    note = trail.note(part.shard, part.high)
    leaves = [merkle.leaf_hash(body_bytes(entry)) for entry in trail.entries(part)]
    signed = Checkpoint.parse(parse_note(note)[0])
    if (signed.size, signed.root) != (len(leaves), merkle.root(leaves)):
        raise LedgerBrokenError(
            "The checkpoint does not sign the entries as they are.",
            advice="Change nothing and run `countersign audit verify`.",
        )
    yield from tile_files(leaves)
    yield from bundle_files(body_bytes(entry) for entry in trail.entries(part))
    yield "checkpoint", note.encode()


def write_folder(folder: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files into a folder that is new or empty; raise InvalidInputError when that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InvalidInputError(f"{folder} is not empty.", advice="Name a new folder.")
        for path, content in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    except OSError as error:
        raise InvalidInputError(f"{folder} cannot be written.", advice="Name a new folder.") from error


@contextmanager
def new_file(out: Path) -> Iterator[IO[bytes]]:
    """Give a new file to write; what was begun is deleted when it does not come to its end.

    Raises:
        InvalidInputError: there is a file of that name, or none can be made.
    """
    try:
        with out.open("xb") as file:
            try:
                yield file
            except BaseException:
                out.unlink()
                raise
    except OSError as error:
        raise InvalidInputError(
            f"{out} cannot be written.", advice="Name a file that does not exist, in a folder of yours."
        ) from error


def _write(out: Path | None, lines: Iterable[bytes]) -> None:
    if out is None:
        for line in lines:
            sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        return
    with new_file(out) as file:
        file.writelines(lines)


def _render(format: str) -> "Render | None":
    """Return what makes lines of entries, None for tiles; raise InvalidInputError for a form nobody knows."""
    from bot.render.audit_formats import FORMATS, refuse_format

    known: dict[str, Render | None] = {**FORMATS, TILES: None}
    refuse_format(format, known)
    return known[format]


def _refuse_odd(format: str, asked: "TrailRange", out: Path | None, cosigned: bool) -> None:
    if format != TILES and cosigned:
        raise InvalidInputError(
            "Only tiles have a checkpoint.", advice="Add --format tiles, or leave --cosigned out."
        )
    if format != TILES:
        return
    if asked.words():
        raise InvalidInputError(
            "Tiles hold a whole shard: a part of a tree has no root.", advice="Leave --from and --to out."
        )
    if out is None:
        raise InvalidInputError("Tiles are a folder.", advice="Add -o FOLDER.")
