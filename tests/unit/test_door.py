"""The front door's verdict on raw bytes: signature first, shape after, and never an exception."""

import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.web.door import MOST_BYTES, MOST_DEPTH, Genuine, Refuse, examine

SECRET = b"a pretended secret of thirty-two"
NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
CLICK: dict[str, Any] = {"type": "block_actions", "user": {"id": "U0BOB"}, "actions": [{"action_id": "x"}]}
VIEW = {"type": "modal", "callback_id": "c"}
COMMAND = {"command": "/cs", "text": "", "user_id": "U0BOB", "team_id": "T0CONTOSO", "channel_id": "C0OPS"}


def signed(body: bytes, media: str = FORM, *, stamp: str = STAMP, secret: bytes = SECRET) -> dict[str, str]:
    made = hmac.new(secret, b"v0:" + stamp.encode() + b":" + body, sha256).hexdigest()
    return {
        "content-type": media,
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={made}",
    }


def verdict(body: bytes, media: str = FORM, **how: Any) -> Genuine | Refuse:
    return examine(signed(body, media, **how), body, secret=SECRET, now=NOW)


def status(found: Genuine | Refuse) -> int:
    return found.status if isinstance(found, Refuse) else 200


def payload(value: object) -> bytes:
    return urlencode({"payload": json.dumps(value)}).encode()


@pytest.mark.parametrize(
    ("body", "media", "kind"),
    [
        (urlencode(COMMAND).encode(), FORM, "command"),
        (urlencode(COMMAND).encode(), FORM + "; charset=utf-8", "command"),
        (payload(CLICK), FORM, "click"),
        (
            payload({"type": "view_submission", "user": {"id": "U1"}, "view": VIEW}),
            FORM,
            "submission",
        ),
        (payload({"type": "view_closed", "user": {"id": "U1"}, "view": VIEW}), FORM, "click"),
        (payload({"type": "shortcut", "user": {"id": "U1"}, "callback_id": "c"}), FORM, "click"),
        (b'{"type":"url_verification","challenge":"c"}', JSON, "event"),
        (b'{"type":"event_callback","event":{"type":"app_mention","user":"U1"}}', JSON, "event"),
    ],
)
def test_what_slack_sends_is_let_in(body: bytes, media: str, kind: str) -> None:
    assert verdict(body, media) == Genuine(kind, body.decode())


@pytest.mark.parametrize("off", [0, -300, 300, -299, 299])
def test_a_time_within_five_minutes_is_taken(off: int) -> None:
    body = urlencode(COMMAND).encode()
    assert status(verdict(body, stamp=str(int(STAMP) + off))) == 200


@pytest.mark.threat(30)
@pytest.mark.asvs("16.2.2")
@pytest.mark.parametrize("off", [-301, 301, -86_400, 86_400])
def test_an_old_or_future_time_is_refused_however_well_signed(off: int) -> None:
    assert status(verdict(urlencode(COMMAND).encode(), stamp=str(int(STAMP) + off))) == 401


@pytest.mark.threat(30)
@pytest.mark.asvs("16.2.2")
@pytest.mark.parametrize(
    "stamp",
    [
        "",
        "abc",
        "-1",
        f"+{STAMP}",
        f"{STAMP}.0",
        f" {STAMP}",
        "1e9",
        "١٧٦٤",
        "²",
        "9" * 5000,
        f"{STAMP[:5]}_{STAMP[5:]}",
    ],
)
def test_a_time_that_is_not_plain_digits_is_unsigned(stamp: str) -> None:
    body = urlencode(COMMAND).encode()
    assert verdict(body, stamp=stamp) == Refuse(401, "unsigned")


@pytest.mark.threat(1)
@pytest.mark.asvs("8.3.1")
@pytest.mark.parametrize(
    "signature", ["", "v0=", "v0=" + "0" * 64, "v1=abc", "v0=é", "\udcff", "v0=" + "a" * 9999]
)
def test_a_wrong_signature_is_unsigned(signature: str) -> None:
    body = urlencode(COMMAND).encode()
    headers = signed(body) | {"x-slack-signature": signature}
    assert examine(headers, body, secret=SECRET, now=NOW) == Refuse(401, "unsigned")


@pytest.mark.threat(1)
@pytest.mark.asvs("8.3.1")
def test_a_signature_by_another_secret_is_unsigned() -> None:
    assert status(verdict(urlencode(COMMAND).encode(), secret=b"another")) == 401


@pytest.mark.parametrize("missing", ["x-slack-request-timestamp", "x-slack-signature"])
def test_a_missing_header_is_unsigned(missing: str) -> None:
    body = urlencode(COMMAND).encode()
    headers = {name: value for name, value in signed(body).items() if name != missing}
    assert examine(headers, body, secret=SECRET, now=NOW) == Refuse(401, "unsigned")


@pytest.mark.threat(1)
@pytest.mark.asvs("8.3.1")
@given(st.integers(0, len(urlencode(COMMAND)) - 1), st.integers(1, 255))
def test_one_changed_byte_breaks_the_signature(place: int, by: int) -> None:
    body = bytearray(urlencode(COMMAND).encode())
    headers = signed(bytes(body))
    body[place] ^= by
    assert examine(headers, bytes(body), secret=SECRET, now=NOW) == Refuse(401, "unsigned")


def test_the_signature_is_over_the_bytes_and_not_over_what_they_mean() -> None:
    body = urlencode(COMMAND).encode()
    same_meaning = body.replace(b"%2Fcs", b"/cs")
    assert same_meaning != body
    assert examine(signed(body), same_meaning, secret=SECRET, now=NOW) == Refuse(401, "unsigned")


def test_a_body_of_the_largest_size_is_read_and_one_byte_more_is_not() -> None:
    room = MOST_BYTES - len(urlencode({**COMMAND, "text": ""}))
    largest = urlencode({**COMMAND, "text": "x" * room}).encode()
    assert len(largest) == MOST_BYTES
    assert status(verdict(largest)) == 200
    assert status(verdict(largest + b"x")) == 413


def test_nobody_learns_by_size_or_shape_whether_a_signature_was_right() -> None:
    for body in (b"\xff", b"{", b"payload=[]", b""):
        assert examine(signed(body, secret=b"no"), body, secret=SECRET, now=NOW) == Refuse(401, "unsigned")


MALFORMED = [
    (b"", FORM),
    (b"\xff\xfe", FORM),
    (b"command=%ff&user_id=U1&team_id=T1&channel_id=C1", FORM),
    (b"no form at all", FORM),
    (b"a=1&&b=2", FORM),
    (b"&".join(b"a%d=1" % number for number in range(101)), FORM),
    (b"command=/cs&command=/cs&user_id=U1&team_id=T1&channel_id=C1", FORM),
    (b"command=/cs&user_id=&team_id=T1&channel_id=C1", FORM),
    (b"payload=", FORM),
    (b"payload=notjson", FORM),
    (b"payload=%5B%5D", FORM),
    (b"payload=null", FORM),
    (b"payload=1&payload=%7B%7D", FORM),
    (payload({}), FORM),
    (payload({**CLICK, "user": None}), FORM),
    (payload({**CLICK, "user": {}}), FORM),
    (payload({**CLICK, "user": {"id": 7}}), FORM),
    (payload({**CLICK, "actions": []}), FORM),
    (payload({**CLICK, "actions": None}), FORM),
    (payload({**CLICK, "actions": ["x"]}), FORM),
    (payload({**CLICK, "actions": [{}]}), FORM),
    (payload({**CLICK, "actions": [{"action_id": 7}]}), FORM),
    (payload({**CLICK, "team": "T1"}), FORM),
    (payload({**CLICK, "view": []}), FORM),
    (payload({"type": "shortcut", "user": {"id": "U1"}}), FORM),
    (payload({"type": "view_submission", "user": {"id": "U1"}, "view": {}}), FORM),
    (payload({"type": "view_submission", "user": {"id": "U1"}, "view": {"callback_id": "c"}}), FORM),
    (payload({"type": "block_actions", "user": {"id": "U1"}}), FORM),
    (payload({"type": "view_submission", "user": {"id": "U1"}}), FORM),
    (payload({"type": ["x"], "user": {"id": "U1"}}), FORM),
    (payload({**CLICK, "text": "\ud800"}), FORM),
    (b"payload=" + quote('{"user":' + "[" * 50_000).encode(), FORM),
    (b"[" * 100_000, JSON),
    (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, JSON),
    (b'{"type":"event_callback","event":' + b"[" * MOST_DEPTH + b"]" * MOST_DEPTH + b"}", JSON),
    (b'{"type":"event_callback"}', JSON),
    (b'{"type":"event_callback","event":{"type":1}}', JSON),
    (b'{"type":"event_callback","event":{"type":"app_mention"}}', JSON),
    (b'{"type":"event_callback","event":{"type":"app_home_opened","user":["U1"]}}', JSON),
    (b'{"type":"url_verification"}', JSON),
    (b'{"type":"event_callback","n":' + b"9" * 5000 + b"}", JSON),
    (b"{", JSON),
    (b"[]", JSON),
    (b"", JSON),
    (b"{}", "text/plain"),
    (urlencode(COMMAND).encode(), ""),
    (urlencode(COMMAND).encode(), "multipart/form-data"),
]


@pytest.mark.parametrize(("body", "media"), MALFORMED)
def test_what_is_signed_but_malformed_is_refused(body: bytes, media: str) -> None:
    assert verdict(body, media) == Refuse(400, "malformed")


@pytest.mark.parametrize("media", [FORM, JSON, "", "text/plain"])
@given(body=st.binary(max_size=400))
@example(body=b"payload=" + quote('"\\ud800"').encode())
def test_any_bytes_at_all_get_a_verdict(media: str, body: bytes) -> None:
    assert status(verdict(body, media)) in (200, 400)
    headers = signed(body, media) | {"x-slack-signature": "v0=nothing"}
    assert examine(headers, body, secret=SECRET, now=NOW) == Refuse(401, "unsigned")


@given(
    st.dictionaries(
        st.sampled_from(["type", "user", "actions", "view", "event", "challenge"]),
        st.recursive(
            st.none() | st.integers() | st.text() | st.sampled_from(["block_actions", "event_callback"]),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=10,
        ),
    )
)
def test_any_json_at_all_gets_a_verdict(value: dict[str, Any]) -> None:
    assert status(verdict(payload(value))) in (200, 400)
    assert status(verdict(json.dumps(value).encode(), JSON)) in (200, 400)


@given(st.text(), st.text(), st.text())
def test_any_headers_at_all_get_a_verdict(media: str, stamp: str, signature: str) -> None:
    headers = {"content-type": media, "x-slack-request-timestamp": stamp, "x-slack-signature": signature}
    assert examine(headers, b"payload={}", secret=SECRET, now=NOW) == Refuse(401, "unsigned")
