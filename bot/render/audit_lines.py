"""Entries of the audit trail as lines for a terminal: in one line, and in full."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.commitments import WITHHELD, commitments
from bot.domain.retelling import private_paths, sentence_of
from bot.ports.trail import FoundEntry
from bot.render.audit_rows import read_body, told_body
from bot.render.texts import one_line


@dataclass(frozen=True)
class Included:
    """The checkpoint that an entry is included under: its size and root; `checked`: signed by a key we trust."""

    size: int
    root: str
    checked: bool


_GONE = f"{WITHHELD} (erased, or sealed by a key that is not here)"


def entry_line(entry: FoundEntry) -> str:
    """Return an entry in one line: where, when, who, what."""
    body = told_body(entry)
    what = sentence_of(body)
    kind = str(body.get("type", ""))
    named = "" if what == kind else f"  [{kind}]"
    return _harmless(f"{entry.shard}/{entry.seq}  {_time(body)}  {_who(body)} {what}{named}")


def entry_lines(entry: FoundEntry, included: Included) -> list[str]:
    """Return an entry in full: who, what, when, where, people's words unless erased, and what proves it."""
    body = told_body(entry)
    subject, actor, req = (_mapping(body.get(name)) for name in ("subject", "actor", "req"))
    change = f"{subject['change']}, its entry {subject.get('n', '?')}" if subject.get("change") else ""
    oid = f", Entra {actor['entra_oid']}" if actor.get("entra_oid") else ""
    place = " ".join(f"{name} {req[name]}" for name in ("source", "channel", "ref") if req.get(name))
    facts = [
        ("who", f"{actor.get('kind', '')} {actor.get('id', '')}{oid} ({actor.get('auth', 'no sign-in')})"),
        ("what", sentence_of(body)),
        ("type", body.get("type", "")),
        ("when", f"{_time(body)} by the log's own clock"),
        ("change", change),
        ("resource", subject.get("resource", "")),
        ("by way of", place),
        *((f"{path}", text) for path, text in _words(entry).items()),
        *(("evidence", each.get("sha256", "")) for each in body.get("evidence", ())),
        ("log", body.get("log", "")),
        ("id", body.get("id", "")),
        ("leaf", entry.leaf_hash),
        ("included", _included(included)),
    ]
    lines = [f"  {name:<9} {value}" for name, value in facts if value]
    return [_harmless(line) for line in (f"Entry {entry.seq} of shard {entry.shard}", *lines)]


def entry_json(entry: FoundEntry, included: Included | None = None) -> dict[str, Any]:
    """Return an entry as `--json` prints it; what was erased is null in `texts`."""
    body = read_body(entry)
    found: dict[str, Any] = {
        "shard": entry.shard,
        "seq": entry.seq,
        "sentence": sentence_of(body, entry.texts),
        "leaf_hash": entry.leaf_hash,
        "texts": {path: entry.texts.get(path) for path in commitments(body)},
        "body": body,
    }
    if included is not None:
        found["included"] = {"size": included.size, "root": included.root, "checked": included.checked}
    return found


def _included(included: Included) -> str:
    how = "signed by a key you trust" if included.checked else "NOT CHECKED: no key is known here, add --vkey"
    return f"under the checkpoint of size {included.size}, root {included.root} ({how})"


def _words(entry: FoundEntry) -> dict[str, str]:
    return {
        path: f"“{one_line(entry.texts[path])}”" if path in entry.texts else _GONE
        for path in private_paths(read_body(entry))
    }


def _who(body: Mapping[str, Any]) -> str:
    return str(_mapping(body.get("actor")).get("id", "")) or "nobody"


def _time(body: Mapping[str, Any]) -> str:
    return f"{str(body.get('ts', ''))[:19].replace('T', ' ')} UTC"


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _harmless(line: str) -> str:
    """Return a line with nothing in it that a terminal would obey."""
    return "".join(char if char.isprintable() else "\ufffd" for char in line)
