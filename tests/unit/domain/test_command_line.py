"""What people type in chat: smart quotes, long dashes and entities are undone, typos are answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.command_line import Words, did_you_mean, normalised, parse, split
from bot.domain.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("  \u00a0 ", ()),
        ("status triage-prod", ("status", "triage-prod")),
        ("show “support triage”", ("show", "support triage")),
        ("show „support triage“", ("show", "support triage")),
        ("show ‘support triage’", ("show", "support triage")),
        ("metrics triage —last 6h", ("metrics", "triage", "--last", "6h")),
        ("metrics triage –last 6h", ("metrics", "triage", "--last", "6h")),
        ("note a &lt; b &amp; c &gt; d", ("note", "a", "<", "b", "&", "c", ">", "d")),
        ("note &amp;lt;", ("note", "&lt;")),
        ("show 'it is'", ("show", "it is")),
        ("show a\u00a0b", ("show", "a", "b")),
    ],
)
def test_text_is_split_as_a_shell_would(text: str, words: tuple[str, ...]) -> None:
    assert split(text) == words


@pytest.mark.parametrize("text", ['show "open', "show 'open", "show “open"])
def test_a_quote_that_is_never_closed_is_refused_with_the_fix(text: str) -> None:
    with pytest.raises(InvalidInputError, match="never closed") as refused:
        split(text)
    assert "Close it" in refused.value.advice


@given(st.text())
def test_any_text_is_words_or_a_refusal(text: str) -> None:
    try:
        words = split(text)
    except InvalidInputError:
        return
    assert all(isinstance(word, str) for word in words)


@given(st.text(alphabet="abc-é09 ."))
def test_plain_text_is_left_alone(text: str) -> None:
    assert normalised(text) == text.strip()


def _parsed(*words: str) -> Words:
    return parse(words, flags=("share",), options=("last", "vs"))


def test_arguments_flags_and_options_come_in_any_order() -> None:
    words = _parsed("--share", "triage", "--last", "6h", "--vs=7d", "more")
    assert words.arguments == ("triage", "more")
    assert words.options == {"share": "", "last": "6h", "vs": "7d"}
    assert words.flag("share")
    assert not words.flag("help")


def test_the_value_of_an_option_may_look_like_an_option() -> None:
    assert _parsed("--last", "--share").options == {"last": "--share"}


@pytest.mark.parametrize(
    ("word", "advice"),
    [
        ("--shrae", "Did you mean --share?"),
        ("--LAST", "Did you mean --last?"),
        ("--zzz", "Known: --last, --share, --vs."),
        ("--", "Known: --last, --share, --vs."),
    ],
)
def test_an_unknown_option_is_answered_with_the_one_that_was_meant(word: str, advice: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        _parsed("triage", word)
    assert refused.value.advice == advice


def test_an_option_without_its_value_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="--last needs a value"):
        _parsed("triage", "--last")


@pytest.mark.parametrize(
    ("word", "known", "said"),
    [
        ("staus", ("status", "show"), "Did you mean status?"),
        ("Satus", ("status", "show"), "Did you mean status?"),
        ("xyzzy", ("status", "show"), "Known: show, status."),
        ("xyzzy", (), "Known: none."),
        ("frob", ("rollback", "request"), "Known: request, rollback."),
        ("nope", ("compare", "cost"), "Known: compare, cost."),
    ],
)
def test_did_you_mean(word: str, known: tuple[str, ...], said: str) -> None:
    assert did_you_mean(word, known) == said


def test_an_option_given_twice_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="--last is given twice"):
        _parsed("triage", "--last", "6h", "--last=7d")


@pytest.mark.parametrize("typed", ["*triage-prod*", "`triage-prod`", "*`triage-prod`*", "triage-prod\u200b"])
def test_the_marks_that_chat_puts_around_a_name_are_no_part_of_it(typed: str) -> None:
    assert parse(split(f"show {typed}")).arguments == ("show", "triage-prod")
