"""The first page of a period's evidence: one HTML file, nothing loaded from outside, readable on paper."""

from collections.abc import Sequence
from html import escape

from bot.domain.period import Period, PeriodChange

_STYLE = """
:root{color-scheme:light;--line:#d5dbe0;--dim:#5a6570;--good:#0b6e55;--bad:#a3262a}
body{font:15px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1.2rem;color:#1b2126}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem}p,li{max-width:48rem}
h2{font-size:1.15rem;margin:2.2rem 0 .6rem;padding-bottom:.25rem;border-bottom:2px solid var(--good)}
.dim{color:var(--dim)}.good{color:var(--good)}.bad{color:var(--bad)}.verdict{font-size:1.05rem;font-weight:600}
.cards{display:flex;gap:.8rem;flex-wrap:wrap;margin:1.2rem 0}.cards b{display:block;font-size:1.35rem;line-height:1.2}
.cards div{border:1px solid var(--line);border-radius:6px;padding:.55rem .9rem;min-width:7rem}
.three{display:grid;grid-template-columns:3fr 2fr 2fr;gap:1.6rem;align-items:start}
table{border-collapse:collapse;width:100%;font-size:.92rem}th{font-weight:600}
td,th{text-align:left;vertical-align:top;padding:.28rem .7rem .28rem 0;border-bottom:1px solid var(--line)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;padding-right:1.4rem}
thead{display:table-header-group}tr{break-inside:avoid}a{color:var(--good)}
code,pre{font:12.5px/1.5 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
pre{background:#f4f6f7;border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;margin:.5rem 0}
@media (max-width:44rem){.three{grid-template-columns:1fr}}
@page{margin:16mm 14mm}
@media print{body{margin:0;max-width:none;font-size:11px}h2{break-after:avoid}pre{background:none}a{color:inherit}}
"""
_PROVED = (
    "Each entry in entries.jsonl has the hash that the next entry names as prev, up to the end of its shard.",
    "Each file in proofs/ proves that the entries of one change are in the signed log, none of them left out.",
    "The checkpoint signs the whole log: nobody without the signing key can have changed an entry it covers.",
)
_NOT_PROVED = (
    "That the log shown to you is the one shown to others: compare size and root with an anchor elsewhere.",
    "That Azure did what the entries say: they say what Countersign sent and read back.",
    "Which people are behind the ids, or that their accounts were their own.",
    "When exactly something happened: times are the log's own clock; only the order is proved.",
    "That the policy was a good one: each proof names the quorum that the log recorded.",
    "Anything newer than the checkpoint.",
)


def render_period(period: Period) -> str:
    """Return the page."""
    title = f"Evidence of the audit trail, {period.asked}"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1>"
        f'<p class="dim">{escape(", ".join(period.logs) or "no entries")}<br>'
        f"{escape(_time(period.first))} to {escape(_time(period.last))}</p>"
        f"{_verdict(period)}{_cards(period)}{_counted(period)}{_changes(period.changes)}"
        f"{_said('What this proves', _PROVED)}{_said('What this does not prove', _NOT_PROVED)}"
        f"{_check(period)}</body></html>\n"
    )


def _verdict(period: Period) -> str:
    words, name = ("holds", "good") if period.ok else ("does NOT hold", "bad")
    looked = f"{period.size:,} entries of the newest shard, and every older shard, were verified"
    found = "".join(f"<li>{escape(each)}</li>" for each in period.findings)
    findings = f"<ul>{found}</ul>" if found else ""
    return f'<p class="verdict {name}">The audit trail {words}: {looked}.</p>{findings}'


def _cards(period: Period) -> str:
    unproved = sum(not change.holds for change in period.changes)
    cards = (
        (f"{period.entries:,}", "entries"),
        (f"{len(period.changes):,}", "changes"),
        (f"{sum(not change.ended for change in period.changes):,}", "still open"),
        (f"{len(period.people):,}", "people"),
        (f"{unproved:,}", "proofs that fail"),
    )
    return f'<div class="cards">{"".join(f"<div><b>{n}</b>{escape(name)}</div>" for n, name in cards)}</div>'


def _counted(period: Period) -> str:
    tables = (("Event", period.types), ("Target", period.targets), ("Person", period.people))
    return f'<h2>What happened</h2><div class="three">{"".join(_table(*each) for each in tables)}</div>'


def _table(name: str, counts: Sequence[tuple[str, int]]) -> str:
    rows = "".join(f'<tr><td>{escape(each)}</td><td class="n">{n:,}</td></tr>' for each, n in counts)
    empty = '<tr><td class="dim" colspan="2">None.</td></tr>'
    head = f'<thead><tr><th>{name}</th><th class="n">Entries</th></tr></thead>'
    return f"<table>{head}<tbody>{rows or empty}</tbody></table>"


def _changes(changes: Sequence[PeriodChange]) -> str:
    if not changes:
        return "<h2>Changes</h2><p>No change was touched.</p>"
    heads = "".join(f"<th>{name}</th>" for name in ("Change", "Kind", "Target", "Asked by", "Outcome"))
    rows = "".join(_change(each) for each in changes)
    return (
        f'<h2>Changes</h2><table><thead><tr>{heads}<th class="n">Entries</th><th>Proof</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _change(change: PeriodChange) -> str:
    words = (change.id, change.kind, change.target, change.requester, change.ended or "open")
    cells = "".join(f"<td>{escape(each)}</td>" for each in words)
    file = (
        f'<a href="{escape(change.file)}">{escape(change.file.rsplit("/", 1)[-1])}</a>' if change.file else ""
    )
    proof = file if change.holds else f'<span class="bad">{escape(change.verdict)}</span> {file}'
    return f'<tr>{cells}<td class="n">{change.entries}</td><td>{proof}</td></tr>'


def _said(title: str, lines: Sequence[str]) -> str:
    return f"<h2>{title}</h2><ul>{''.join(f'<li>{escape(each)}</li>' for each in lines)}</ul>"


def _check(period: Period) -> str:
    keys = " ".join(f"--vkey '{each}'" for each in period.vkeys) or "--vkey '…'"
    some = next((change.file for change in period.changes if change.file), "proofs/CHG-1.json")
    notes = "".join(
        f"<p><code>{escape(name)}</code></p><pre>{escape(note)}</pre>"
        for name, note in period.checkpoints.items()
    )
    return (
        "<h2>Check it yourself</h2><p>Take the public key from whoever runs Countersign or from your own notes, "
        "and compare it with the one here; a page can be forged, a signature cannot. Then, with Python alone:</p>"
        f"<pre>python -S -I verify_pack.py {escape(some)} {escape(keys)}</pre>"
        f"<p>The newest shard has {period.size:,} entries and the root <code>{escape(period.root)}</code>. Compare "
        "both with an anchor outside the database. <code>entries.csv</code> is for a spreadsheet, "
        "<code>entries.jsonl</code> for programs; what people wrote in their own words is in neither.</p>"
        f"{notes}"
    )


def _time(text: str) -> str:
    return f"{text[:19].replace('T', ' ')} UTC" if text else "—"
