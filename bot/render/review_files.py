"""A post-incident review as files: the documents, what was kept, its proofs, and what checks them."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files

from bot.domain.entry import EntryProof
from bot.domain.incident_review import Review
from bot.domain.json import canonical
from bot.domain.tlog_proof import TlogProof
from bot.render.review_documents import render_review_html, render_review_markdown, render_timeline_csv

_NAME = re.compile(r"[^a-z0-9]+")


def review_files(review: Review, pictures: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return every file of a review by name; `pictures` are PNG by the title of their chart.

    `SHA256SUMS` has the digest of each other one, as `sha256sum -c` reads it.
    """
    places = {title: f"charts/{_plain(title)}.png" for title in pictures}
    made = {
        "review.md": render_review_markdown(review, places).encode(),
        "review.html": render_review_html(review).encode(),
        "review.json": canonical(review.as_json()),
        "timeline.csv": render_timeline_csv(review),
        "vkey.txt": "".join(f"{each}\n" for each in review.vkeys).encode(),
        "verify_pack.py": files("bot").joinpath("verify_pack.py").read_bytes(),
        **{places[title]: png for title, png in pictures.items()},
        **{f"snapshots/{each.row.sha256}.json": each.body for each in review.snapshots if each.body},
        **{f"proofs/{each.id}.json": each.proof for each in review.changes if each.proof},
        **{_place(n, each): _proof(each) for n, each in enumerate(review.entries, 1)},
    }
    sums = "".join(f"{sha256(made[name]).hexdigest()}  {name}\n" for name in sorted(made))
    return {**made, "SHA256SUMS": sums.encode()}


def _place(n: int, entry: EntryProof) -> str:
    """Return where the proof of the nth entry is: numbers of entries begin again in each shard, these do not."""
    return f"proofs/entries/{n:04}-{json.loads(entry.body)['type']}.tlog-proof"


def _proof(entry: EntryProof) -> bytes:
    """Return the proof of an entry as C2SP writes it; its body is in the proof."""
    path = tuple(bytes.fromhex(each) for each in entry.path)
    return TlogProof(entry.seq, path, entry.checkpoint, entry.body.encode()).text().encode()


def _plain(title: str) -> str:
    return _NAME.sub("-", title.lower()).strip("-")[:80] or "chart"
