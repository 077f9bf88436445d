"""A post-incident review as Markdown, as one HTML file with nothing loaded from outside, and its timeline as CSV."""

import csv
import io
import re
from collections.abc import Mapping
from html import escape

from bot.domain.incident_review import Review
from bot.render.audit_rows import harmless
from bot.render.review_parts import Part, review_parts, review_title, timeline_rows
from bot.render.svg_chart import draw_chart

_MARKS = re.compile(r"([\\`*_\[\]<>|~&])")
_STYLE = """
:root{color-scheme:light}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1.2rem;
color:#1b2126}h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.15rem;margin:2rem 0 .6rem;padding-bottom:.25rem;
border-bottom:2px solid #0b6e55}table{border-collapse:collapse;width:100%;font-size:.9rem}
td,th{text-align:left;vertical-align:top;padding:.28rem .7rem .28rem 0;border-bottom:1px solid #d5dbe0;
overflow-wrap:break-word}td:first-child{white-space:nowrap}
thead{display:table-header-group}tr{break-inside:avoid}svg{width:100%;height:auto}
@media print{body{margin:0;font-size:11px}h2{break-after:avoid}}
"""


def render_review_markdown(review: Review, pictures: Mapping[str, str]) -> str:
    """Return the review as Markdown; `pictures` are the files of the charts by title."""
    parts = [_markdown(part, pictures) for part in review_parts(review)]
    return f"# Post-incident review: {_plain(review_title(review))}\n\n" + "\n".join(parts)


def render_review_html(review: Review) -> str:
    """Return the review as an HTML document."""
    title = f"Post-incident review: {review_title(review)}"
    body = "".join(_html(part) for part in review_parts(review))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1>{body}</body></html>\n"
    )


def render_timeline_csv(review: Review) -> bytes:
    """Return the timeline as RFC 4180 has it; no cell can be taken for a formula."""
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\r\n").writerows(
        [harmless(cell) for cell in row] for row in timeline_rows(review)
    )
    return lines.getvalue().encode()


def _markdown(part: Part, pictures: Mapping[str, str]) -> str:
    lines = [f"## {_plain(part.title)}", ""]
    lines += [f"- {_plain(line)}" for line in part.lines]
    if part.rows:
        head, *rows = part.rows
        lines += ["", _row(head), _row(("---",) * len(head), is_plain=False), *map(_row, rows)]
    lines += [
        f"\n![{_plain(chart.alt_text)}]({pictures[chart.title]})"
        for chart in part.charts
        if chart.title in pictures
    ]
    return "\n".join(lines) + "\n"


def _row(cells: tuple[str, ...], *, is_plain: bool = True) -> str:
    return f"| {' | '.join(_plain(cell) if is_plain else cell for cell in cells)} |"


def _plain(text: str) -> str:
    """Return text in which Markdown sees no mark."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def _html(part: Part) -> str:
    lines = "".join(f"<li>{escape(line)}</li>" for line in part.lines)
    return (
        f"<h2>{escape(part.title)}</h2>"
        + (f"<ul>{lines}</ul>" if lines else "")
        + _table(part)
        + _charts(part)
    )


def _table(part: Part) -> str:
    if not part.rows:
        return ""
    head, *rows = part.rows
    heading = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{heading}</tr></thead><tbody>{body}</tbody></table>"


def _charts(part: Part) -> str:
    return "".join(f"<figure>{draw_chart(chart)}</figure>" for chart in part.charts)
