"""Entries of the audit trail as lines that other programs read: canonical JSON, CSV, CloudEvents."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from bot.domain.commitments import laid_open
from bot.domain.errors import LedgerBrokenError
from bot.domain.json import canonical
from bot.ports.trail import FoundEntry

Render = Callable[[Iterable[FoundEntry]], Iterator[bytes]]
COLUMNS = (
    "shard",
    "seq",
    "id",
    "ts",
    "type",
    "actor_kind",
    "actor_id",
    "change",
    "change_n",
    "resource",
    "prev",
    "leaf_hash",
    "body",
)
# A spreadsheet takes what begins so for a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render_jsonl(entries: Iterable[FoundEntry]) -> Iterator[bytes]:
    """Give the canonical body of each entry, one a line; `prev` of each is the leaf hash of the line before."""
    for entry in entries:
        yield body_bytes(entry) + b"\n"


def render_csv(entries: Iterable[FoundEntry]) -> Iterator[bytes]:
    """Give a table as RFC 4180 has it, its heading first; no cell can be taken for a formula."""
    yield _row(COLUMNS)
    for entry in entries:
        body = told_body(entry)
        actor, subject = body.get("actor", {}), body.get("subject", {})
        cells = (
            entry.shard,
            entry.seq,
            *(body.get(name, "") for name in ("id", "ts", "type")),
            *(actor.get(name, "") for name in ("kind", "id")),
            *(subject.get(name, "") for name in ("change", "n", "resource")),
            body.get("prev", ""),
            entry.leaf_hash,
            entry.body,
        )
        yield _row(map(harmless, cells))


def render_cloudevents(entries: Iterable[FoundEntry]) -> Iterator[bytes]:
    """Give each entry as a CloudEvent 1.0 in JSON, one a line; its data is the body, byte for byte."""
    for entry in entries:
        body = read_body(entry)
        subject = body.get("subject", {})
        about = subject.get("change") or subject.get("resource") or ""
        event = {
            "specversion": "1.0",
            "id": body.get("id", ""),
            "source": f"//{body.get('log', '')}",
            "type": f"com.countersign.{body.get('type', '')}",
            "time": body.get("ts", ""),
            "datacontenttype": "application/json",
            "data": body,
            "auditseq": entry.seq,
            "auditleafhash": entry.leaf_hash,
        }
        yield canonical(event | ({"subject": about} if about else {})) + b"\n"


def body_bytes(entry: FoundEntry) -> bytes:
    """Return the stored bytes of an entry, whatever a stranger put there."""
    return entry.body.encode("utf-8", "surrogateescape")


def harmless(value: object) -> str:
    """Return a cell's text with a `'` before what a spreadsheet would run."""
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def read_body(entry: FoundEntry) -> Mapping[str, Any]:
    """Return what an entry says; raise LedgerBrokenError when nobody can read it."""
    try:
        found = json.loads(entry.body)
        canonical(found)
        if isinstance(found, dict) and all(
            isinstance(found.get(key, {}), dict) for key in ("actor", "subject")
        ):
            return found
    except (ValueError, RecursionError):
        pass
    raise LedgerBrokenError(
        f"Entry {entry.seq} of shard {entry.shard} cannot be read.",
        advice="Run `countersign audit verify`; --format jsonl gives the bytes as they are.",
    )


def told_body(entry: FoundEntry) -> Mapping[str, Any]:
    """Return what an entry says with the texts that came with it in their places, or raise as `read_body`."""
    return laid_open(read_body(entry), entry.texts)


def _row(cells: Iterable[object]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(list(cells))
    return line.getvalue().encode()
