"""Files: an address for each, its bytes to Slack only, then all shared at once."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from bot.domain.errors import SlackRefusedError, SlackUnavailableError
from bot.ports.slack import File, Message
from bot.render.chart_blocks import chart_blocks
from bot.slack.client import upload_hosts
from tests.fakes.slack_server import Peer, Script, connected, scripted
from tests.golden.charts import LATENCY, STATUSES, TOKENS

PACK = File("pack.html", "Evidence pack", b"<p>pack</p>")
IMAGE = File("tokens.png", "Tokens", b"\x89PNG", "Tokens rise.")


@dataclass
class FilesSlack:
    """A Slack that takes files and messages, and remembers in what order; `refuse` names blocks it does not know."""

    status: int = 200
    elsewhere: str = ""
    refuse: str = ""
    complete: str = ""
    seen: list[tuple[str, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call."""
        name = request.path.rpartition("/")[2]
        if request.path.startswith("/upload/"):
            self.seen.append(("bytes", await request.read()))
            return web.Response(status=self.status, text="OK - 4")
        asked = dict(request.query) or dict(await request.post())
        if request.content_type == "application/json":
            asked = await request.json()
        self.seen.append((name, asked))
        return web.json_response(self._answer(name, asked, request))

    def _answer(self, name: str, asked: dict[str, Any], request: web.Request) -> dict[str, Any]:
        match name:
            case "files.getUploadURLExternal":
                number = sum(each == name for each, _ in self.seen)
                url = self.elsewhere or f"http://{request.host}/upload/v1/{number}"
                return {"ok": True, "upload_url": url, "file_id": f"F0{number}"}
            case "files.completeUploadExternal":
                return {"ok": False, "error": self.complete} if self.complete else {"ok": True, "files": []}
            case "conversations.open":
                return {"ok": True, "channel": {"id": "D0BOB"}}
            case _:
                refused = self.refuse and self.refuse in json.dumps(asked)
                return (
                    {"ok": False, "error": "invalid_blocks"}
                    if refused
                    else {"ok": True, "ts": "1.000001", "message_ts": "1.000002"}
                )

    def named(self, name: str) -> list[Any]:
        """What was asked of one method."""
        return [asked for each, asked in self.seen if each == name]


@asynccontextmanager
async def playing(slack: FilesSlack) -> AsyncIterator[Peer]:
    """Our messenger, connected to that Slack."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", slack.handle)
    async with connected(app, frozenset({"C0OPS"})) as peer:
        yield peer


async def test_files_are_sent_first_and_shared_together() -> None:
    slack = FilesSlack()
    async with playing(slack) as peer:
        ids = await peer.messenger.upload("C0OPS", [PACK, IMAGE], comment="Evidence.", thread_ts="1.5")
    assert ids == ["F01", "F02"]
    assert [name for name, _ in slack.seen] == [
        "files.getUploadURLExternal",
        "bytes",
        "files.getUploadURLExternal",
        "bytes",
        "files.completeUploadExternal",
    ]
    assert slack.named("bytes") == [PACK.content, IMAGE.content]
    first, second = slack.named("files.getUploadURLExternal")
    assert (first["filename"], first["length"]) == ("pack.html", "11")
    assert "alt_txt" not in first
    assert second["alt_txt"] == "Tokens rise."
    (done,) = slack.named("files.completeUploadExternal")
    assert json.loads(done["files"]) == [
        {"id": "F01", "title": "Evidence pack"},
        {"id": "F02", "title": "Tokens"},
    ]
    assert (done["channel_id"], done["initial_comment"], done["thread_ts"]) == ("C0OPS", "Evidence.", "1.5")


async def test_a_file_for_a_person_goes_into_their_direct_messages() -> None:
    slack = FilesSlack()
    async with playing(slack) as peer:
        await peer.messenger.upload("U0BOB", [PACK])
    assert slack.named("files.completeUploadExternal")[0]["channel_id"] == "D0BOB"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/upload/v1/1",
        "https://files.slack.com/upload/v1/1",
        "http://user:pass@127.0.0.1/upload",
        "file:///etc/passwd",
    ],
)
async def test_bytes_go_to_no_other_host(url: str) -> None:
    slack = FilesSlack(elsewhere=url)
    async with playing(slack) as peer:
        with pytest.raises(SlackRefusedError) as refused:
            await peer.messenger.upload("C0OPS", [PACK])
    assert refused.value.code == "invalid_upload_url"
    assert slack.named("bytes") == []


def test_the_real_slack_takes_files_at_one_host_only() -> None:
    assert upload_hosts("https://slack.com/api/") == {"files.slack.com"}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, SlackUnavailableError),
        (503, SlackUnavailableError),
        (302, SlackRefusedError),
        (413, SlackRefusedError),
    ],
)
async def test_a_file_that_was_not_taken_is_not_shared(status: int, error: type[Exception]) -> None:
    slack = FilesSlack(status=status)
    async with playing(slack) as peer:
        with pytest.raises(error):
            await peer.messenger.upload("C0OPS", [PACK])
    assert slack.named("files.completeUploadExternal") == []


async def test_a_missing_scope_is_said_with_what_to_do() -> None:
    async with playing(FilesSlack(complete="missing_scope")) as peer:
        with pytest.raises(SlackRefusedError) as refused:
            await peer.messenger.upload("C0OPS", [PACK])
    assert refused.value.code == "missing_scope"
    assert "manifest" in refused.value.advice


async def test_an_answer_without_a_place_may_be_tried_again() -> None:
    async with scripted(Script([(200, "application/json", '{"ok": true}')])) as peer:
        with pytest.raises(SlackUnavailableError):
            await peer.messenger.upload("C0OPS", [PACK])


@pytest.mark.parametrize(
    "files",
    [
        (),
        (PACK,) * 11,
        (File("empty.txt", "Empty", b""),),
        (File("", "No name", b"x"),),
        (File("x.txt", "", b"x"),),
        (File("x.png", "Alt", b"x", "a" * 1001),),
        (File("big.bin", "Big", bytes(20_000_001)),),
    ],
)
async def test_files_slack_would_refuse_do_not_leave(files: tuple[File, ...]) -> None:
    slack = FilesSlack()
    async with playing(slack) as peer:
        with pytest.raises(SlackRefusedError) as refused:
            await peer.messenger.upload("C0OPS", files)
    assert refused.value.code == "invalid_files"
    assert slack.seen == []


async def test_a_comment_with_markup_that_is_not_ours_does_not_leave() -> None:
    slack = FilesSlack()
    async with playing(slack) as peer:
        with pytest.raises(SlackRefusedError):
            await peer.messenger.upload("C0OPS", [PACK], comment="<!channel>")
    assert slack.seen == []


CHARTED = Message("Metrics.", chart_blocks((TOKENS, STATUSES, LATENCY)), charts=(TOKENS, STATUSES, LATENCY))


async def test_the_chart_that_no_block_draws_follows_as_a_picture_in_the_thread() -> None:
    slack = FilesSlack()
    async with playing(slack) as peer:
        ts = await peer.messenger.post("C0OPS", CHARTED)
    (place,) = slack.named("files.getUploadURLExternal")
    (done,) = slack.named("files.completeUploadExternal")
    assert (place["filename"], place["alt_txt"]) == ("time-to-response.png", LATENCY.alt_text)
    assert (done["channel_id"], done["thread_ts"], ts) == ("C0OPS", "1.000001", "1.000001")


async def test_a_slack_that_draws_no_charts_gets_text_and_every_picture() -> None:
    slack = FilesSlack(refuse="data_visualization")
    async with playing(slack) as peer:
        await peer.messenger.post("C0OPS", CHARTED)
    refused, taken = slack.named("chat.postMessage")
    assert "data_visualization" in json.dumps(refused)
    assert "data_visualization" not in json.dumps(taken)
    assert len(slack.named("bytes")) == 3


async def test_a_message_stands_even_where_no_file_may_be_sent() -> None:
    slack = FilesSlack(refuse="data_visualization", complete="file_uploads_disabled")
    async with playing(slack) as peer:
        assert await peer.messenger.post("C0OPS", CHARTED) == "1.000001"
    assert len(slack.named("chat.postMessage")) == 2


async def test_what_only_one_person_sees_has_no_picture() -> None:
    slack = FilesSlack(refuse="data_visualization")
    async with playing(slack) as peer:
        await peer.messenger.ephemeral("C0OPS", "U0BOB", CHARTED)
    assert slack.named("bytes") == []
