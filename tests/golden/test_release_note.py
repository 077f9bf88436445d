"""The release note is byte for byte what was reviewed, and nothing people write becomes markup of its own."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes.delete import Delete
from bot.domain.change import ChangeState
from bot.ports.registry import Site
from bot.render.change_view import ChangeView
from bot.render.release_note import render_release_note, safe
from tests.golden.values import BREACH, DEPLOYMENT, DONE, LIVE, REQUEST, VERDICT, view

FOLDER = Path(__file__).parent / "notes"
FULL = {
    **VERDICT,
    "attested": "U0OWNER",
    "strangers": [],
    "untouched": 4,
    "figures": "cd" * 32,
}
HOSTILE = (
    "# Header\n- [click](javascript:x) <img src=x> `code` | **bold** & ~gone~\n1. ![i](u)\n```\nfence\n```"
)


def _closed() -> ChangeView:
    return view(ChangeState.CLOSED, **DONE, outcome=FULL)


def _hostile() -> ChangeView:
    request = replace(REQUEST, reason=HOSTILE, rollback_plan=HOSTILE, ticket="[x](y)", origin="CHG-9")
    outcome = {
        "waived": "U0DAN",
        "breach": BREACH,
        "strangers": ["summaries-v2", "other_one"],
        "untouched": 2,
        "movers": {"summaries-v2": "CHG-11"},
    }
    return view(ChangeState.ROLLED_BACK, **DONE, request=request, outcome=outcome, note="*because* of <this>")


def _deleted() -> ChangeView:
    plan = Delete().plan(Site(DEPLOYMENT, LIVE), {"deployment": DEPLOYMENT.deployment})
    return view(ChangeState.CLOSED, **DONE, plan=plan, plan_digest=plan.digest, outcome=FULL)


NOTES: Mapping[str, Callable[[], ChangeView]] = {"closed": _closed, "hostile": _hostile, "deleted": _deleted}


@pytest.mark.parametrize("name", NOTES)
def test_a_note_is_what_was_reviewed(name: str, request: pytest.FixtureRequest) -> None:
    path = FOLDER / f"{name}.md"
    written = render_release_note(NOTES[name]())
    if request.config.getoption("--golden-update"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(written, encoding="utf-8")
    assert written == path.read_text(encoding="utf-8"), "review it, then run with --golden-update"


def test_a_note_without_a_plan_says_so() -> None:
    note = render_release_note(view(ChangeState.DRAFT, plan=None, plan_digest="", evidence=""))
    assert "nothing is planned yet" in note
    assert "not measured yet" in note


@given(st.text(max_size=200))
def test_what_people_write_stays_on_its_line_and_keeps_no_bare_markup(text: str) -> None:
    shown = safe(text)
    assert len(shown.splitlines()) <= 1
    bare = shown
    for char in "\\`*_[]<>#|~&!":
        bare = bare.replace(f"\\{char}", "")
    assert not set(bare) & set("\\`*_[]<>#|~&!")


@given(st.text(max_size=300))
def test_a_quotation_never_leaves_its_quote(text: str) -> None:
    request = replace(REQUEST, reason=text)
    note = render_release_note(view(ChangeState.CLOSED, **DONE, request=request, outcome=FULL))
    between = note.split("### Why\n\n", 1)[1].split("\n\n### Who", 1)[0]
    assert all(line.startswith(">") for line in between.split("\n"))
