"""The Home tab and the lists name a review that is due, and offer it to whom it is asked of."""

import pytest

from bot.render.home import HomeView, render_home
from bot.render.listing import row
from tests.golden.values import NOW, REF, VIEWS

GLASS = VIEWS["approved_glass"]


@pytest.mark.parametrize("name", ["approved_glass", "verifying_glass_lapsed"])
def test_a_row_says_that_the_review_of_a_broken_glass_is_due(name: str) -> None:
    said = row(VIEWS[name])["text"]["text"]
    assert "Review of the broken glass due" in said
    assert f"/cs change review {VIEWS[name].change.id}" in said


def test_a_row_without_a_broken_glass_or_with_its_review_says_nothing_of_it() -> None:
    for name in ("pending", "closed_glass"):
        assert "Review of the broken glass" not in row(VIEWS[name])["text"]["text"]


def test_the_home_tab_offers_the_review_to_who_is_not_the_owner() -> None:
    other = str(render_home(HomeView(waiting=[GLASS], user="U0CAROL"), now=NOW, ref=REF))
    owner = str(render_home(HomeView(waiting=[GLASS], user=GLASS.change.request.owner), now=NOW, ref=REF))
    assert "change.review" in other
    assert "'change.review'" not in owner


def test_the_home_tab_offers_no_decision_to_who_only_asked() -> None:
    mine = str(render_home(HomeView(mine=[VIEWS["pending"]], user="U0REQ"), now=NOW, ref=REF))
    theirs = str(render_home(HomeView(waiting=[VIEWS["pending"]], user="U0BOB"), now=NOW, ref=REF))
    assert "'change.decide'" not in mine
    assert "'change.decide'" in theirs
