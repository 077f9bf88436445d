"""The front door on a real port: statuses, limits, deadlines, and no traceback for anything a stranger sends."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from io import StringIO
from threading import Thread
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.house import House
from handlers.settings import Settings
from handlers.web.door import MOST_BYTES
from handlers.web.metrics import new_metrics
from handlers.web.server import DEADLINE_SECONDS, web_app
from storage.open import OpenArchive
from tests.fakes.clock import FakeClock
from tests.fakes.house import company
from tests.fakes.logs import captured
from tests.unit.test_door import CLICK, COMMAND, FORM, JSON, MALFORMED, SECRET, VIEW, payload, signed

EVENT = b'{"type":"event_callback","event":{"type":"app_mention","user":"U1"}}'
SUBMISSION = payload({"type": "view_submission", "user": {"id": "U1"}, "view": VIEW})
ACCEPTED = [(urlencode(COMMAND).encode(), FORM), (payload(CLICK), FORM), (SUBMISSION, FORM), (EVENT, JSON)]


@dataclass
class Queue:
    """Jobs as the health pages see them; `broken` pretends that the database is gone."""

    broken: bool = False

    @property
    def runner(self) -> "Queue":
        return self

    async def counts(self) -> Mapping[str, int]:
        if self.broken:
            raise OSError("gone")
        return {"waiting": 3, "running": 0, "dead": 1}


@dataclass
class Behind:
    """What stands behind the door: it remembers what got in, and does what a test asks for."""

    got: list[str] = field(default_factory=list)
    sleeps: float = 0
    status: int = 200
    error: Exception | None = None

    async def answer(self, headers: Mapping[str, str], body: str) -> tuple[int, Mapping[str, str], str]:
        self.got.append(body)
        await asyncio.sleep(self.sleeps)
        if self.error is not None:
            raise self.error
        return self.status, {"content-type": "text/plain; charset=utf-8"}, "fine"


@dataclass
class Port:
    """An open port with what is behind it and what was logged."""

    number: int
    behind: Behind
    queue: Queue
    clock: FakeClock
    log: StringIO

    def fresh(self) -> "Port":
        """Forget what earlier requests and tests left."""
        self.behind.__init__()  # type: ignore[misc]
        self.queue.broken = False
        self.log.truncate(0)
        self.log.seek(0)
        return self

    def send(self, body: bytes, headers: Mapping[str, str], path: str = "/slack/events") -> tuple[int, bytes]:
        return self.ask("POST", path, body, headers)

    def signed(self, body: bytes, media: str = FORM) -> tuple[int, bytes]:
        return self.send(body, signed(body, media))

    def ask(
        self, verb: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.number, timeout=10)
        try:
            connection.request(verb, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def raw(self, sent: bytes, *, close: bool = True) -> bytes:
        """Send bytes that are no HTTP, or only half of it, and return what comes back."""
        with socket.create_connection(("127.0.0.1", self.number), timeout=10) as connection:
            connection.sendall(sent)
            if close:
                connection.shutdown(socket.SHUT_WR)
            got = b""
            try:
                while chunk := connection.recv(4096):
                    got += chunk
                    if not close:
                        break
            except ConnectionError:
                pass
            return got

    def errors(self) -> list[dict[str, Any]]:
        """The log lines that carry an error."""
        lines = [json.loads(line) for line in self.log.getvalue().splitlines()]
        return [line for line in lines if "where" in line or line["level"] in ("error", "critical")]


@pytest.fixture(scope="module")
def opened() -> Iterator[Port]:
    with captured() as log:
        port = Port(0, Behind(), Queue(), FakeClock(), log)
        loop = asyncio.new_event_loop()
        thread = Thread(target=loop.run_forever)
        thread.start()
        runner = asyncio.run_coroutine_threadsafe(_listen(port), loop).result(10)
        yield port
        asyncio.run_coroutine_threadsafe(_close(runner), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(port: Port) -> web.AppRunner:
    values = {"SLACK_SIGNING_SECRET": SECRET.decode(), "COUNTERSIGN_TRANSPORT": "http"}
    house = House(
        settings=Settings.model_validate(values),
        configuration=company(),
        clock=cast(Any, port.clock),
        archive=cast(OpenArchive, port.queue),
        endpoint=port.behind.answer,
        background=(),
    )
    runner = web.AppRunner(web_app(house, new_metrics("0")), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port.number = runner.addresses[0][1]
    return runner


async def _close(runner: web.AppRunner) -> None:
    await runner.cleanup()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def port(opened: Port) -> Port:
    return opened.fresh()


@pytest.mark.parametrize(("body", "media"), ACCEPTED)
def test_a_signed_request_gets_in_byte_for_byte(port: Port, body: bytes, media: str) -> None:
    assert port.signed(body, media) == (200, b"fine")
    assert port.behind.got == [body.decode()]


@pytest.mark.threat(1)
@pytest.mark.asvs("8.3.1")
@pytest.mark.parametrize(("body", "media"), ACCEPTED)
def test_an_unsigned_request_does_not_get_in(port: Port, body: bytes, media: str) -> None:
    assert port.send(body, {"content-type": media}) == (401, b"")
    assert port.send(body, signed(body, media, secret=b"wrong")) == (401, b"")
    assert port.behind.got == []


@pytest.mark.parametrize(("body", "media"), MALFORMED)
def test_signed_but_malformed_is_400_and_runs_nothing(port: Port, body: bytes, media: str) -> None:
    assert port.signed(body, media) == (400, b"")
    assert port.behind.got == []
    assert port.errors() == []


@pytest.mark.threat(26)
@pytest.mark.asvs("2.4.1")
def test_too_large_is_413_whether_it_says_so_or_not(port: Port) -> None:
    body = b"x" * (MOST_BYTES + 1)
    assert port.signed(body)[0] == 413
    connection = HTTPConnection("127.0.0.1", port.number, timeout=10)
    pieces = iter([b"x" * 65_536] * 5)
    connection.request("POST", "/slack/events", body=pieces, headers=signed(body), encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
    assert port.behind.got == []
    assert port.errors() == []


def test_a_chunked_body_of_fair_size_gets_in(port: Port) -> None:
    body = urlencode(COMMAND).encode()
    connection = HTTPConnection("127.0.0.1", port.number, timeout=10)
    connection.request(
        "POST", "/slack/events", body=iter([body[:7], body[7:]]), headers=signed(body), encode_chunked=True
    )
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.threat(26)
@pytest.mark.asvs("2.4.1")
def test_a_body_that_never_comes_is_not_waited_for(port: Port) -> None:
    head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"
    started = time.monotonic()
    assert port.raw(head, close=False).startswith(b"HTTP/1.1 408")
    assert time.monotonic() - started < DEADLINE_SECONDS + 1.5
    assert port.errors() == []


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Encoding: deflate\r\nContent-Length: 4\r\n\r\nnope",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"POST /slack/events HTTP/1.1\r\nX-Slack-Signature: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
        b"POST /slack/events HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 20_000 + b"\r\n\r\n",
        b"POST /%zz%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET //[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00" * 100,
    ],
)
def test_broken_http_is_no_500_and_no_traceback(port: Port, sent: bytes) -> None:
    got = port.raw(sent)
    assert got == b"" or got.split(b" ")[1].startswith(b"4"), got[:200]
    assert port.behind.got == []
    assert port.errors() == []


@pytest.mark.threat(1)
@pytest.mark.asvs("8.3.1")
@settings(max_examples=60)
@given(body=st.binary(max_size=300), media=st.sampled_from([FORM, JSON, "x/y"]), well=st.booleans())
def test_any_bytes_get_an_answer_and_leave_no_traceback(
    opened: Port, body: bytes, media: str, well: bool
) -> None:
    headers = signed(body, media, secret=SECRET if well else b"no")
    status, said = opened.fresh().send(body, headers)
    assert (status, said) in ([(400, b""), (200, b"fine")] if well else [(401, b"")])
    assert opened.errors() == []


@settings(max_examples=60)
@given(sent=st.binary(min_size=1, max_size=200))
def test_any_bytes_that_are_no_http_leave_no_traceback(opened: Port, sent: bytes) -> None:
    got = opened.fresh().raw(b"POST /slack/events HTTP/1.1\r\n" + sent + b"\r\n\r\n")
    assert got == b"" or got.split(b" ")[1].startswith(b"4"), got[:200]
    assert opened.errors() == []


@pytest.mark.parametrize(("body", "media"), ACCEPTED)
@pytest.mark.parametrize("how", ["late", "raises", "500"])
def test_what_was_not_run_to_its_end_is_said_within_slacks_patience(
    port: Port, body: bytes, media: str, how: str
) -> None:
    port.behind.sleeps = 30 if how == "late" else 0
    port.behind.error = RuntimeError("broken") if how == "raises" else None
    port.behind.status = 500 if how == "500" else 200
    started = time.monotonic()
    status, said = port.signed(body, media)
    assert time.monotonic() - started < 3
    if body == ACCEPTED[0][0]:
        assert (status, json.loads(said)["response_type"]) == (200, "ephemeral")
    elif body == SUBMISSION:
        answer = json.loads(said)
        assert (status, answer["response_action"], answer["view"]["type"]) == (200, "update", "modal")
    else:
        assert (status, said) == (503, b"")


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [("GET", "/slack/events", 405), ("GET", "/", 404), ("POST", "/healthz", 405), ("GET", "/../etc", 404)],
)
def test_other_doors_are_walls_without_words(port: Port, verb: str, path: str, status: int) -> None:
    assert port.ask(verb, path) == (status, b"")


def test_health_says_up_and_nothing_else(port: Port) -> None:
    assert port.ask("GET", "/healthz") == (200, b"ok")
    assert port.ask("GET", "/readyz") == (200, b"ok")
    port.queue.broken = True
    assert port.ask("GET", "/healthz") == (200, b"ok")
    assert port.ask("GET", "/readyz") == (503, b"")
    assert port.errors() == []


def test_metrics_count_requests_by_kind_and_outcome(port: Port) -> None:
    port.signed(urlencode(COMMAND).encode())
    port.send(b"", {})
    port.behind.status = 404
    port.signed(payload(CLICK))
    status, text = port.ask("GET", "/metrics")
    assert status == 200
    for line in (
        b'countersign_slack_requests_total{kind="command",outcome="ok"}',
        b'countersign_slack_requests_total{kind="unknown",outcome="unsigned"}',
        b'countersign_slack_requests_total{kind="click",outcome="failed"}',
        b'countersign_slack_ack_duration_seconds_bucket{kind="command",le="2.5"}',
        b'countersign_jobs{state="dead"} 1.0',
        b'countersign_build_info{version="0"} 1.0',
    ):
        assert line in text
    port.queue.broken = True
    assert port.ask("GET", "/metrics")[0] == 200


def test_a_refusal_is_one_log_line_without_the_body(port: Port) -> None:
    port.send(b"payload=a-secret-of-somebody", {"content-type": FORM})
    (line,) = [json.loads(line) for line in port.log.getvalue().splitlines()]
    assert (line["event"], line["status"], line["why"]) == ("door.refused", 401, "unsigned")
    assert "a-secret-of-somebody" not in port.log.getvalue()
