"""The record of a change in the HTML of an evidence pack."""

from collections.abc import Mapping, Sequence
from html import escape

from bot.domain.json import Json, canonical
from bot.domain.pack import ChangeRecord

_FACTS = (
    "state",
    "kind",
    "type",
    "target",
    "environment",
    "requester",
    "owner",
    "tier",
    "origin",
    "rollback_trigger",
    "plan_digest",
    "evidence",
)


def render_record(record: ChangeRecord) -> str:
    """Return plan, states with times, votes and baselines of a change as a part of its own."""
    document = record.document
    facts = "".join(_row(name, document.get(name)) for name in _FACTS)
    outcome = "".join(_row(name, value) for name, value in _mapping(document.get("outcome")).items())
    return (
        f"<h2>Change {escape(record.id)}</h2><table>{facts}{outcome}</table>"
        f"<h3>Plan</h3><pre>{escape(canonical(document.get('plan')).decode())}</pre>"
        f"<h3>States</h3>{_table(document.get('states'), ('at', 'what', 'by', 'seq', 'evidence'))}"
        f"<h3>Votes</h3>{_table(document.get('votes'), ('at', 'person', 'choice', 'groups', 'plan_digest'))}"
        f"<h3>Baselines</h3>{_table(document.get('baselines'), ('at', 'id', 'kind', 'by', 'sha256'))}"
        "<p>Each entry of the audit trail behind these lines is in the JSON file with its audit path. What people "
        "wrote in their own words is not here: the trail holds commitments of it.</p>"
    )


def _table(rows: Json, names: tuple[str, ...]) -> str:
    found = [_mapping(row) for row in rows] if isinstance(rows, list) else []
    if not found:
        return "<p>None.</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    lines = "".join(
        f"<tr>{''.join(f'<td>{_words(row.get(name))}</td>' for name in names)}</tr>" for row in found
    )
    return f"<table><tr>{head}</tr>{lines}</table>"


def _row(name: str, value: Json) -> str:
    return f"<tr><th>{escape(name)}</th><td>{_words(value)}</td></tr>"


def _words(value: Json) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return escape(", ".join(map(str, value)))
    return escape("" if value is None else str(value))


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
