"""Tags: typed as lines, sent as the whole set, put back as the whole set; no secrets, and never our own."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.changes.retag import Retag
from bot.domain.change import Tier
from bot.domain.deployment import Deployment
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import differences
from bot.planning.tags import merged, read_tags, tag_lines
from bot.ports.registry import Offer
from tests.fakes.every_kind import LIVE, WISHES, Wish, at_once, facts_of, roomy_world

NAMES = st.sampled_from(["owner", "team", "ticket", "cost-center", "environment", "managed-by"])
VALUES = st.text("abc-1 ", min_size=1, max_size=5).map(str.strip).filter(bool)
TAGS = st.dictionaries(NAMES, VALUES, max_size=6)


def _tagged(tags: dict[str, Json]) -> Deployment:
    return replace(LIVE, projection={**LIVE.projection, "tags": tags})


def test_the_calls_carry_the_whole_set_each_way() -> None:
    plan = WISHES["retag"].plan()
    assert [(each.verb, each.body) for each in plan.forward] == [("PATCH", {"tags": {"owner": "support-ai"}})]
    assert [(each.verb, each.body) for each in plan.rollback] == [("PATCH", {"tags": {"team": "ai"}})]
    assert Retag().summary(plan) == "owner, team"
    assert Retag().tier(plan, facts_of()) is Tier.STANDARD
    assert Retag().check(plan, facts_of()) == ()


@given(TAGS, st.dictionaries(NAMES, VALUES | st.just(""), min_size=1, max_size=4))
def test_any_tags_go_there_and_back(live: dict[str, str], typed: dict[str, str]) -> None:
    start = _tagged({**live})
    wish = Wish("retag", {"tags": tag_lines(typed)})
    if not differences(start.projection, {**start.projection, "tags": merged({**live}, typed)}):
        with pytest.raises(InvalidInputError, match="nothing would change"):
            wish.plan(start)
        return
    plan = wish.plan(start)
    assert plan.after["tags"] == {name: value for name, value in {**live, **typed}.items() if value}
    at_once(roomy_world(start), plan)


@given(st.dictionaries(NAMES, VALUES | st.just(""), min_size=1, max_size=5))
def test_what_is_written_as_lines_is_read_again(typed: dict[str, str]) -> None:
    assert read_tags(tag_lines(typed)) == typed
    assert Retag().read({"tags": tag_lines(typed)}) == {"tags": tag_lines(typed)}


@given(st.text(max_size=40))
def test_any_text_is_tags_or_a_refusal_beside_its_field(text: str) -> None:
    try:
        found = read_tags(text)
    except InvalidInputError as refused:
        found = {refused.field: "refused"}
    assert found
    assert "" not in found


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("", "at least one line"),
        ("owner", "is no tag"),
        ("=x", "is no tag"),
        ("countersign-change=CHG-9", "written by Countersign itself"),
        ("Countersign-Change=", "written by Countersign itself"),
        ("a/b=1", "no name of a tag"),
        ("a=1\nA=2", "stands there twice"),
        (f"a={'x' * 257}", "more than 256"),
        ("api-key=0123456789abcdef0123456789abcdef", "looks like a secret"),
        ("mail=somebody@contoso.example", "looks like a secret"),
    ],
)
def test_what_is_no_tag_is_refused_with_the_reason(lines: str, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said) as refused:
        Retag().read({"tags": lines})
    assert refused.value.field == "tags"
    assert "0123456789abcdef" not in str(refused.value)


def test_names_are_one_whatever_their_case_and_keep_their_spelling() -> None:
    assert merged({"Owner": "a"}, {"owner": "b"}) == {"Owner": "b"}
    assert merged({"Owner": "a"}, {"OWNER": ""}) == {}


def test_more_than_azure_keeps_is_refused() -> None:
    full: dict[str, Json] = {f"t{number}": "x" for number in range(49)}
    assert len(merged(full, {"t1": "y"})) == 49
    with pytest.raises(InvalidInputError, match="would be 50"):
        merged(full, {"new": "y"})


def test_a_tag_that_was_held_back_could_not_be_put_back_so_it_is_red() -> None:
    live = _tagged({"key": "[redacted: key] #1", "team": "ai"})
    touched = Wish("retag", {"tags": "key="}).plan(live)
    assert "change the secret" in Retag().check(touched, facts_of())[0]
    assert Retag().check(Wish("retag", {"tags": "team=x"}).plan(live), facts_of()) == ()


def test_the_form_tells_the_tags_of_now() -> None:
    (field,) = Retag().fields(Offer(LIVE))
    assert "team=ai" in field.hint
    assert field.is_multiline
