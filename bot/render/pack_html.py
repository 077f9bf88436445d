"""An evidence pack as one HTML file: readable, printable, complete in itself, nothing loaded from outside."""

from html import escape

from bot.domain.evidence import Fact, SectionResult
from bot.domain.pack import Pack
from bot.render.pack_change import render_record

_STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin-bottom:.2rem}h2{margin-top:2.2rem;border-bottom:2px solid #0b6e55;padding-bottom:.2rem}
h3{margin:1.3rem 0 .3rem}table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;
padding:.3rem .6rem .3rem 0;border-bottom:1px solid #8884}th{width:14rem;font-weight:600}code,pre{font:12.5px/1.5
ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}.gap{color:#a33}small{opacity:.75}
@media print{h2{break-after:avoid}table{break-inside:avoid}}
"""


def render_pack_html(pack: Pack) -> str:
    """Return the pack as an HTML document."""
    evidence = pack.evidence
    title = f"Evidence of {evidence.alias}"
    about = f" for {escape(pack.change.id)}" if pack.change else ""
    change = render_record(pack.change) if pack.change else ""
    where = f"{evidence.ref.account.environment} · {evidence.ref.account.account} / {evidence.ref.deployment}"
    parts = "".join(_part(name, found) for name, found in pack.parts.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1><p>{escape(where)}{about}<br>"
        f"Read-only, taken {evidence.taken_at:%Y-%m-%d %H:%M} UTC · {escape(evidence.id)}</p>"
        f"{change}{parts}{_proof(pack)}</body></html>\n"
    )


def _part(name: str, sections: tuple[SectionResult, ...]) -> str:
    return f"<h2>{escape(name)}</h2>" + "".join(_section(section) for section in sections)


def _section(section: SectionResult) -> str:
    heading = f"<h3>{escape(section.title)}</h3>"
    if section.gap:
        return f'{heading}<p class="gap">Could not be looked at: {escape(section.gap)}</p>'
    return f"{heading}<table>{''.join(_row(fact) for fact in section.facts)}</table>"


def _row(fact: Fact) -> str:
    shown = f"<code>{escape(fact.az)}</code>" if fact.az else f"according to {escape(fact.source)}"
    return f"<tr><th>{escape(fact.name)}</th><td>{escape(fact.words)}<br><small>{shown}</small></td></tr>"


def _proof(pack: Pack) -> str:
    digest, what = pack.evidence.digest, "the snapshot"
    if pack.change:
        digest, what = pack.change.sha256, "the change's record, which names the snapshot,"
    return (
        f"<h2>Proof</h2><p>The SHA-256 of {what} in the JSON file of this pack is "
        f"<code>{escape(digest)}</code>. Entry {pack.proof.seq} of the audit trail records it; "
        "its audit path leads to the root in this signed checkpoint. Compare the checkpoint's key with the one "
        "your auditor holds, not with this page.</p>"
        f"<pre>{escape(pack.proof.checkpoint)}</pre>"
        f"<p>Body of the entry</p><pre>{escape(pack.proof.body)}</pre>"
        "<p>It does not prove that what Azure answered was true, nor that nothing was looked at before.</p>"
    )
