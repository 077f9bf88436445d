"""Redaction: no canary of any known kind survives, and ordinary words do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.redaction import clean, redact

SECRETS = {
    "slack bot token": "xoxb-" + "1" * 12 + "-abcdef",
    "slack app token": "xapp-1-" + "A" * 12,
    "jwt": "eyJ" + "a" * 20 + "." + "b" * 20 + "." + "c" * 20,
    "storage key": "AccountKey=" + "Zm9v" * 10,
    "sas": "sig=" + "aB3%2f" * 5,
    "api key": "api-key: " + "q9" * 8,
    "azure key": "0123456789abcdef" * 2,
    "new azure key": "A1" * 42,
    "password": "password = hunter22",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("around", ["{}", "see {} there", "({})", "https://x.example/?a=1&{}", "line\n{}\n"])
def test_a_secret_does_not_survive(secret: str, around: str) -> None:
    said = redact(around.format(secret))
    value = secret.split("=", 1)[-1].rsplit(": ", maxsplit=1)[-1].strip()
    assert value not in said
    assert "[redacted: " in said


@given(st.sampled_from(sorted(SECRETS.values())), st.text(max_size=30), st.text(max_size=30))
def test_no_text_around_it_lets_a_secret_through(secret: str, before: str, after: str) -> None:
    assert secret not in redact(f"{before} {secret} {after}")


@pytest.mark.parametrize(
    "text",
    [
        "HTTP 429 below 1 % in 30 min",
        "scale support-triage-ft from 120 to 150",
        "gpt-4.1-mini-2025-04-14.ft-0a-triage",
        "the secret is to measure",
        "OPS-1234, CHG-12",
        "commit 0123456789abcdef",
        f"back to gpt-4.1-mini-2025-04-14.ft-{SECRETS['azure key']}-triage",
        f"trained by ftjob-{SECRETS['azure key']}, kept as ftchkpt-{SECRETS['azure key']}",
    ],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("before", ["ft-", "key-", "xftjob-", "-", "ftjob ", "ftchkpt:"])
def test_a_key_that_only_looks_like_a_job_does_not_survive(before: str) -> None:
    assert SECRETS["azure key"] not in redact(before + SECRETS["azure key"])


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_cleaning_trims_and_drops_what_cannot_be_seen() -> None:
    assert clean(" a\u0000b\u202ec\n\td ") == "abc\n\td"


def test_an_invisible_character_inside_does_not_hide_a_secret() -> None:
    secret = SECRETS["slack bot token"]
    assert "[redacted: token]" in clean(secret[:7] + "\u200b" + secret[7:])
