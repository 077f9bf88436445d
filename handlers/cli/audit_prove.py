"""`countersign audit prove|verify-proof|consistency|checkpoint`: proofs for people outside. All of it only reads."""

import asyncio
import json
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.domain.errors import InvalidInputError, LedgerBrokenError
from handlers.cli.audit_commands import (
    AUDIT,
    AsJson,
    Database,
    configured_vkeys,
    database_address,
    demanded_vkeys,
    privacy_here,
    readable_vkeys,
)
from handlers.cli.error_words import in_words

if TYPE_CHECKING:
    from bot.domain.proof_words import Verdict
    from storage.trail_look import Extension, TrailLook

T = TypeVar("T")
Trusted = Annotated[
    list[str] | None, typer.Option("--vkey", help="Public key to trust; repeat for more. Default: our own.")
]
Shard = Annotated[int | None, typer.Option(help="Shard of the trail; default the newest.")]
NOTHING_RECORDED = "Nothing was recorded: in chat, `audit proof {change}` also writes down who took the pack."


@AUDIT.command()
def prove(  # noqa: PLR0913, PLR0917 (one option each)
    change: Annotated[str, typer.Option(help="Make the proof pack of this change, CHG-n.")] = "",
    seq: Annotated[int | None, typer.Option(help="Make the C2SP .tlog-proof of this entry instead.")] = None,
    out: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the proof to this file; default: print it.")
    ] = None,
    shard: Shard = None,
    withhold: Annotated[
        bool, typer.Option("--withhold", help="Leave people's own words out of the pack; it proves as much.")
    ] = False,
    vkey: Trusted = None,
    database: Database = "",
) -> None:
    """Make a proof that somebody without this database can check. Reads only."""
    if bool(change) == (seq is not None):
        raise InvalidInputError(
            "A proof of what?", advice="Write --change CHG-1 for a change, or --seq 9 for one entry."
        )
    keys = readable_vkeys(vkey) if vkey else demanded_vkeys()
    made = _pack(change, withhold, keys, database) if change else _entry(seq or 0, shard, keys, database)
    _write(made, out)
    verdict = _verdict(made, keys)
    if change:
        print(NOTHING_RECORDED.format(change=verdict.change or change), file=sys.stderr)
    print("\n".join([verdict.headline, *(f"  vkey {each}" for each in keys)]), file=sys.stderr)
    raise typer.Exit(verdict.exit)


@AUDIT.command("verify-proof")
def verify_proof(
    file: Annotated[Path, typer.Argument(help="A proof pack, or a .tlog-proof.")],
    vkey: Trusted = None,
    as_json: AsJson = False,
) -> None:
    """Check a proof with nothing but the file and the keys you trust; `bot/verify_pack.py` does the same alone."""
    keys = readable_vkeys(vkey) if vkey else demanded_vkeys()
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read.", advice="Check its name.") from error
    verdict = _verdict(raw, keys)
    print(json.dumps(verdict.as_json()) if as_json else "\n".join(verdict.lines()))
    raise typer.Exit(verdict.exit)


@AUDIT.command()
def consistency(
    old: Annotated[int, typer.Argument(help="The smaller size.")],
    new: Annotated[int, typer.Argument(help="The larger size.")],
    shard: Shard = None,
    vkey: Trusted = None,
    database: Database = "",
    as_json: AsJson = False,
) -> None:
    """Prove that the log of one size is the beginning of the log of another: nothing in it was rewritten."""
    keys = readable_vkeys(vkey) if vkey else demanded_vkeys()
    found = _read(database, keys, lambda trail: trail.extension(shard, old, new))
    print(json.dumps(_extension_json(found)) if as_json else "\n".join(_extension_words(found)))


@AUDIT.command()
def checkpoint(
    size: Annotated[int | None, typer.Option(help="The note of this size; default the newest.")] = None,
    shard: Shard = None,
    cosigned: Annotated[
        bool, typer.Option("--cosigned", help="The newest that a witness or a second key signed, too.")
    ] = False,
    vkey: Trusted = None,
    database: Database = "",
    as_json: AsJson = False,
) -> None:
    """Print a signed checkpoint and who else signed it; keep it elsewhere, and rewriting what it covers will show."""
    keys = readable_vkeys(vkey) if vkey else configured_vkeys()
    if cosigned and size is not None:
        raise InvalidInputError("Which checkpoint?", advice="Write --size or --cosigned, not both.")
    if cosigned:
        size = _read(database, keys, lambda trail: trail.cosigned_size(shard))
    chosen, note = _read(database, keys, lambda trail: trail.signed_note(shard, size))
    if not keys:
        print("countersign: nobody checked its signature: no key is known here. Add --vkey.", file=sys.stderr)
    print(json.dumps({"shard": chosen, "note": note}) if as_json else note, end="\n" if as_json else "")


def _pack(change: str, withhold: bool, keys: list[str], database: str) -> bytes:
    from bot.domain.change import change_number
    from bot.domain.json import canonical

    name = f"CHG-{change_number(change)}"
    found = _read(database, keys, lambda trail: trail.proof_pack(name, disclose=not withhold))
    return canonical(found.as_json())


def _entry(seq: int, shard: int | None, keys: list[str], database: str) -> bytes:
    return _read(database, keys, lambda trail: trail.proof_of_seq(shard, seq)).text().encode()


def _read(database: str, keys: list[str], look: "Callable[[TrailLook], Awaitable[T]]") -> T:
    """Return what is read of the trail; exit 1 when the trail itself does not hold."""
    from storage.trail_look import looking

    async def run() -> T:
        async with looking(database_address(database), keys, privacy_here()) as trail:
            return await look(trail)

    try:
        return asyncio.run(run())
    except LedgerBrokenError as error:
        print("\n".join(in_words(error)), file=sys.stderr)
        raise typer.Exit(1) from error


def _verdict(raw: bytes, vkeys: list[str]) -> "Verdict":
    from bot.domain.note import Verifier
    from bot.domain.proof_file import check_proof

    return check_proof(raw, [Verifier.parse(each) for each in vkeys])


def _write(made: bytes, out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.write(made + b"\n" * (not made.endswith(b"\n")))
        return
    try:
        out.write_bytes(made)
    except OSError as error:
        raise InvalidInputError(
            f"{out} cannot be written.", advice="Name a file in a folder of yours."
        ) from error


def _extension_json(found: "Extension") -> dict[str, object]:
    return {
        "shard": found.shard,
        "old": found.old,
        "new": found.new,
        "old_root": b64encode(found.old_root).decode(),
        "new_root": b64encode(found.new_root).decode(),
        "proof": [b64encode(each).decode() for each in found.proof],
        "old_checkpoint": found.notes[0],
        "new_checkpoint": found.notes[1],
    }


def _extension_words(found: "Extension") -> list[str]:
    signed = ["signed" if note else "no commit ended here; the root is computed" for note in found.notes]
    return [
        f"The log of {found.old} entries is the beginning of the log of {found.new} (shard {found.shard}).",
        f"  old root {b64encode(found.old_root).decode()} ({signed[0]})",
        f"  new root {b64encode(found.new_root).decode()} ({signed[1]})",
        *(f"  proof {b64encode(each).decode()}" for each in found.proof),
    ]
