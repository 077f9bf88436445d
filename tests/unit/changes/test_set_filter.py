"""Setting the content filter: compared by what it blocks; anything weaker, or unread, is critical."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes.set_filter import SetFilter
from bot.domain.change import Impact, Tier
from bot.domain.deployment import ContentFilter, FilterRule
from bot.domain.errors import InvalidInputError
from bot.planning.filters import Way, filter_lines, filter_notes
from bot.ports.registry import Offer, PlanFacts
from tests.fakes.every_kind import LIVE, WISHES, Wish, facts_of

PLAN = WISHES["set-filter"].plan()
HATE = FilterRule("Hate", "prompt", is_blocking=True, threshold="Medium")


def _facts(
    was: Sequence[FilterRule], becomes: Sequence[FilterRule], modes: tuple[str, str] = ("Default", "Default")
) -> PlanFacts:
    filters = {
        "strict": ContentFilter("strict", modes[0], tuple(was)),
        "stricter": ContentFilter("stricter", modes[1], tuple(becomes)),
    }
    return facts_of(filters=filters)


def test_the_calls_put_the_whole_deployment_with_one_name_changed() -> None:
    (call,), (back,) = PLAN.forward, PLAN.rollback
    assert (call.verb, back.verb) == ("PUT", "PUT")
    assert SetFilter().summary(PLAN) == "content filter strict → stricter"


def test_the_filter_of_now_is_refused_whatever_its_case() -> None:
    with pytest.raises(InvalidInputError, match="already") as refused:
        Wish("set-filter", {"content_filter": "STRICT"}).plan()
    assert refused.value.field == "content_filter"


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a?b", "x" * 81])
def test_a_name_that_could_change_the_path_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError):
        SetFilter().read({"content_filter": name})


@pytest.mark.parametrize(
    ("was", "becomes", "way"),
    [
        (HATE, HATE, Way.EQUAL),
        (HATE, replace(HATE, threshold="medium"), Way.EQUAL),
        (HATE, replace(HATE, threshold="Low"), Way.STRICTER),
        (HATE, replace(HATE, threshold="High"), Way.WEAKER),
        (HATE, replace(HATE, is_blocking=False), Way.WEAKER),
        (HATE, replace(HATE, is_enabled=False), Way.WEAKER),
        (replace(HATE, is_blocking=False), replace(HATE, is_enabled=False), Way.WEAKER),
        (replace(HATE, is_enabled=False), replace(HATE, is_blocking=False), Way.STRICTER),
        (replace(HATE, is_enabled=False), HATE, Way.STRICTER),
        (HATE, replace(HATE, threshold="Extreme"), Way.UNKNOWN),
        (replace(HATE, threshold="Extreme"), HATE, Way.UNKNOWN),
        (replace(HATE, threshold=""), replace(HATE, threshold="Low"), Way.EQUAL),
        (replace(HATE, side="both"), replace(HATE, side="both", threshold="High"), Way.WEAKER),
    ],
)
def test_one_line_compared(was: FilterRule, becomes: FilterRule, way: Way) -> None:
    facts = _facts([was], [becomes])
    assert {each for each, _ in filter_lines(PLAN, facts)} - {Way.EQUAL} == {way} - {Way.EQUAL}
    is_weak = way in (Way.WEAKER, Way.UNKNOWN)
    assert SetFilter().tier(PLAN, facts) is (Tier.CRITICAL if is_weak else Tier.HIGH)
    assert (Impact.SECURITY in SetFilter().impact(PLAN, facts)) is is_weak


def test_a_line_that_goes_away_is_weaker_and_one_that_comes_is_stricter() -> None:
    blocklist = FilterRule("Blocklist names", "completion", is_blocking=True)
    assert SetFilter().tier(PLAN, _facts([HATE, blocklist], [HATE])) is Tier.CRITICAL
    assert SetFilter().tier(PLAN, _facts([HATE], [HATE, blocklist])) is Tier.HIGH
    assert SetFilter().tier(PLAN, _facts([replace(HATE, side="both")], [HATE])) is Tier.CRITICAL
    assert SetFilter().tier(PLAN, _facts([HATE], [replace(HATE, side="both")])) is Tier.HIGH


@pytest.mark.parametrize(
    ("modes", "tier"),
    [
        (("Default", "Blocking"), Tier.HIGH),
        (("Asynchronous_filter", "Default"), Tier.HIGH),
        (("Default", "Asynchronous_filter"), Tier.CRITICAL),
        (("Blocking", "Deferred"), Tier.CRITICAL),
        (("Default", "Brandnew"), Tier.CRITICAL),
        (("Brandnew", "brandnew"), Tier.HIGH),
    ],
)
def test_letting_text_out_before_it_is_looked_at_is_weaker(modes: tuple[str, str], tier: Tier) -> None:
    assert SetFilter().tier(PLAN, _facts([HATE], [HATE], modes)) is tier


def test_what_cannot_be_read_is_critical_and_a_filter_nobody_has_is_red() -> None:
    assert SetFilter().tier(PLAN, facts_of()) is Tier.CRITICAL
    assert "cannot be read" in " ".join(SetFilter().notes(PLAN, facts_of()))
    assert "no content filter called stricter" in SetFilter().check(PLAN, facts_of())[0]
    assert SetFilter().check(PLAN, _facts([], [])) == ()


def test_the_comparison_is_told_line_by_line_the_weaker_first() -> None:
    jail = FilterRule("Jailbreak", "prompt", is_blocking=True)
    facts = _facts([HATE, jail], [replace(HATE, threshold="Low"), replace(jail, is_blocking=False)])
    assert SetFilter().notes(PLAN, facts) == (
        "It blocks less than the filter of now.",
        "Weaker: Jailbreak, prompt: blocked → annotated.",
        "Stricter: Hate, prompt: blocked from Medium → blocked from Low.",
        "Equal: 1 line.",
    )


def test_each_of_nine_weaker_lines_stands_by_itself_and_self_harm_is_two_words() -> None:
    names = ("Hate", "Selfharm", "Sexual", "Violence")
    sides = ("prompt", "completion")
    strict = [FilterRule(name, side, is_blocking=True, threshold="Low") for name in names for side in sides]
    strict.append(FilterRule("Jailbreak", "prompt", is_blocking=True))
    weak = [FilterRule(each.category, each.side, threshold=each.threshold) for each in strict]
    notes = filter_notes(PLAN, _facts(strict, weak))
    weaker = [note for note in notes if note.startswith("Weaker: ")]
    assert (len(weaker), any(";" in note for note in weaker)) == (9, False)
    assert any(note.startswith("Weaker: Self-harm, prompt: ") for note in weaker)


RULES = st.lists(
    st.builds(
        FilterRule,
        st.sampled_from(["Hate", "Violence", "Jailbreak"]),
        st.sampled_from(["prompt", "completion", "both"]),
        is_blocking=st.booleans(),
        threshold=st.sampled_from(["Low", "Medium", "High", ""]),
        is_enabled=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda rule: (rule.category, rule.side),
)
_REVERSED = {Way.STRICTER: Way.WEAKER, Way.WEAKER: Way.STRICTER, Way.EQUAL: Way.EQUAL}


@given(RULES)
def test_a_filter_is_never_weaker_than_itself(rules: list[FilterRule]) -> None:
    assert {way for way, _ in filter_lines(PLAN, _facts(rules, rules))} == {Way.EQUAL}


@given(RULES, RULES)
def test_what_gets_weaker_one_way_gets_stricter_the_other(
    one: list[FilterRule], other: list[FilterRule]
) -> None:
    there = sorted(way.value for way, _ in filter_lines(PLAN, _facts(one, other)))
    back = sorted(_REVERSED[way].value for way, _ in filter_lines(PLAN, _facts(other, one)))
    assert there == back


@given(RULES, RULES)
def test_not_weaker_means_that_no_line_blocks_less(one: list[FilterRule], other: list[FilterRule]) -> None:
    facts = _facts(one, other)
    weaker = any(way is Way.WEAKER for way, _ in filter_lines(PLAN, facts))
    assert (SetFilter().tier(PLAN, facts) is Tier.CRITICAL) is weaker


def test_the_form_is_a_menu_with_the_filter_of_now() -> None:
    (field,) = SetFilter().fields(Offer(LIVE, filters=("lenient", "strict")))
    assert (field.initial, field.options) == ("strict", ("lenient", "strict"))
