"""Text is escaped, cut between characters people see, and says times in the reader's zone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.render.blocks import cut_markup
from bot.render.texts import age, ago, code, escape, mention, one_line, shorten, tidy, units, utc, when, words

NOW = datetime(2026, 11, 4, 9, 5, tzinfo=UTC)


def test_user_text_is_escaped_and_cut_after_escaping() -> None:
    assert escape("a < b & c > d") == "a &lt; b &amp; c &gt; d"
    assert escape("&" * 100, 26) == "&amp;" * 5 + "…"


@given(st.text(), st.integers(5, 60))
def test_escaped_text_never_exceeds_its_limit(text: str, limit: int) -> None:
    escaped = escape(text, limit)
    assert units(escaped) <= limit
    assert "<" not in escaped
    assert ">" not in escaped


@given(st.text(), st.integers(1, 60))
def test_shortened_text_never_exceeds_its_limit_and_keeps_short_text(text: str, limit: int) -> None:
    short = shorten(text, limit)
    assert units(short) <= limit
    assert short == text or (short.endswith("…") and units(text) > limit)


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("abcdef", 4, "abc…"),
        ("abc def", 5, "abc…"),
        ("ae\u0301b", 3, "a…"),
        ("a👩\u200d🚀b", 6, "a…"),
        ("a👍🏽b", 4, "a…"),
        ("😀😀😀", 5, "😀😀…"),
    ],
)
def test_text_is_cut_between_characters_people_see(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


def test_only_our_own_sentences_keep_their_mentions() -> None:
    assert words("Ask <@U0BOB> in <#C0OPS> or <!here>") == "Ask <@U0BOB> in <#C0OPS> or &lt;!here&gt;"
    assert escape("Ask <@U0BOB>") == "Ask &lt;@U0BOB&gt;"


@pytest.mark.threat(8)
@pytest.mark.asvs("8.3.1")
@pytest.mark.parametrize(
    ("user", "shown"), [("U0BOB", "<@U0BOB>"), ("W0BOB", "<@W0BOB>"), ("bob>", "bob&gt;"), ("", "—")]
)
def test_only_a_user_id_becomes_a_mention(user: str, shown: str) -> None:
    assert mention(user) == shown


def test_invisible_characters_are_dropped() -> None:
    assert tidy(" a\u202eb\x00c\ud800\u200b ") == "abc"
    assert one_line("a\n b\t c") == "a b c"
    assert code("a`b") == "`a'b`"


def test_a_time_is_the_readers_with_utc_as_fallback() -> None:
    assert when(NOW) == "<!date^1793783100^{date_short_pretty} at {time}|4 Nov 2026 09:05 UTC>"
    assert utc(NOW) == "4 Nov 2026 09:05 UTC"


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (30, "just now"),
        (-90, "just now"),
        (60, "1 min"),
        (7140, "119 min"),
        (7200, "2 h"),
        (200_000, "2 days"),
    ],
)
def test_an_age_is_said_in_one_unit(ago: int, said: str) -> None:
    assert age(NOW - timedelta(seconds=ago), NOW) == said


def test_markup_is_never_cut_in_two() -> None:
    assert cut_markup("ab <@U0BOB> cd", 10) == "ab…"
    assert cut_markup("ab &amp; cd", 6) == "ab…"
    assert cut_markup("short", 5) == "short"


def test_a_time_in_our_own_sentence_is_the_readers_whichever_way_it_is_written() -> None:
    tag = "<!date^1795888800^{date_short_pretty} at {time}|28 Nov 2026 18:00 UTC>"
    for written in ("28 Nov 2026 18:00 UTC", "2026-11-28 18:00+00:00", "2026-11-28T19:00:00+01:00"):
        assert words(f"The freeze holds until {written}.") == f"The freeze holds until {tag}."
    assert words("On 31 Feb 2026 18:00 UTC, never.") == "On 31 Feb 2026 18:00 UTC, never."


def test_how_long_ago_is_said_once() -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    assert (ago(now, now), ago(now - timedelta(minutes=5), now)) == ("just now", "5 min ago")
