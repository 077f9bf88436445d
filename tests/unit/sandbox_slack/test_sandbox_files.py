"""Files of the simulated Slack: upload, share, download, and what is refused."""

import hashlib
import json
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from sandbox.slack.manifest import Manifest
from tests.unit.sandbox_slack.desk import Desk, a_desk, section

PAGE = b"<!doctype html><title>Pack</title><p>evidence</p>"


async def fetched(desk: Desk, url: str) -> tuple[int, Any, bytes]:
    async with desk.session.get(url) as response:
        return response.status, response.headers, await response.read()


async def share(desk: Desk, **more: Any) -> dict[str, Any]:
    """Upload one page as the SDK does it; the file that Slack tells of."""
    given = {"filename": "pack.html", "content": PAGE, "title": "Evidence pack", "channel": "C0OPS"} | more
    answer = await desk.client.files_upload_v2(**given, request_file_info=False)
    return dict(answer["files"][0])


async def test_the_sdk_uploads_a_file_that_everybody_in_the_channel_sees(desk: Desk) -> None:
    file = await share(desk, initial_comment="Here is the pack")
    (message,) = await desk.messages("U0BOB")
    assert message["text"] == "Here is the pack"
    assert message["files"] == [file]
    assert (file["name"], file["title"], file["mimetype"]) == ("pack.html", "Evidence pack", "text/html")
    assert file["size"] == len(PAGE)


async def test_what_is_downloaded_is_what_was_uploaded(desk: Desk) -> None:
    file = await share(desk)
    status, headers, body = await fetched(desk, file["url_private_download"])
    assert (status, body) == (200, PAGE)
    assert headers["Content-Disposition"] == 'attachment; filename="pack.html"'
    async with desk.session.get(f"{desk.url}/control/files") as response:
        (known,) = (await response.json())["files"]
    assert known["sha256"] == hashlib.sha256(PAGE).hexdigest()
    assert known["channels"] == ["C0OPS"]


async def test_a_shared_page_opens_where_it_can_run_nothing(desk: Desk) -> None:
    file = await share(desk)
    _, headers, _ = await fetched(desk, f"{file['url_private']}?show=1")
    assert headers["Content-Disposition"].startswith("inline")
    rules = headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'"} <= set(rules)
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_a_picture_keeps_its_words(desk: Desk) -> None:
    file = await share(desk, filename="tokens.png", content=b"\x89PNG", alt_txt="Tokens per minute, rising")
    assert (file["alt_txt"], file["mimetype"]) == ("Tokens per minute, rising", "image/png")
    _, headers, _ = await fetched(desk, file["url_private"])
    assert headers["Content-Disposition"].startswith("inline")


async def test_a_file_can_be_a_reply_in_a_thread(desk: Desk) -> None:
    parent = await desk.client.chat_postMessage(channel="C0OPS", text="card")
    await share(desk, thread_ts=parent["ts"])
    card, reply = await desk.messages("U0ALICE")
    assert reply["thread_ts"] == parent["ts"]
    assert card["reply_count"] == 1


async def test_several_files_come_in_one_message_with_its_blocks(desk: Desk) -> None:
    uploads = [{"filename": name, "content": "{}", "title": name} for name in ("a.json", "b.json")]
    await desk.client.files_upload_v2(
        file_uploads=uploads, channel="C0OPS", blocks=json.dumps([section("two")]), request_file_info=False
    )
    (message,) = await desk.messages("U0ALICE")
    assert [file["name"] for file in message["files"]] == ["a.json", "b.json"]
    assert message["blocks"][0]["text"]["text"] == "two"


async def test_a_name_with_spaces_and_accents_can_be_fetched(desk: Desk) -> None:
    file = await share(desk, filename="Beweis für März.html")
    status, headers, body = await fetched(desk, file["url_private"])
    assert (status, body) == (200, PAGE)
    assert headers["Content-Disposition"].isascii()


async def test_a_file_that_was_shared_nowhere_is_in_no_message(desk: Desk) -> None:
    await share(desk, channel=None)
    assert await desk.messages("U0ALICE") == []


async def test_bytes_that_were_not_announced_are_refused(desk: Desk) -> None:
    asked = await desk.client.files_getUploadURLExternal(filename="a.txt", length=3)
    async with desk.session.post(asked["upload_url"], data=b"four") as response:
        assert response.status == 400
    with pytest.raises(SlackApiError, match="file_not_found"):
        await desk.client.files_completeUploadExternal(files=[{"id": asked["file_id"]}], channel_id="C0OPS")


async def test_an_upload_is_completed_once_and_its_address_works_once(desk: Desk) -> None:
    asked = await desk.client.files_getUploadURLExternal(filename="a.txt", length=3)
    for expected in (200, 404):
        async with desk.session.post(asked["upload_url"], data=b"one") as response:
            assert response.status == expected
    files = [{"id": asked["file_id"], "title": "A"}]
    unshared = f"{desk.url}/files-pri/T0CONTOSO-{asked['file_id']}/a.txt"
    assert (await fetched(desk, unshared))[0] == 404
    await desk.client.files_completeUploadExternal(files=files, channel_id="C0OPS")
    assert (await fetched(desk, unshared))[0] == 200
    with pytest.raises(SlackApiError, match="file_not_found"):
        await desk.client.files_completeUploadExternal(files=files, channel_id="C0OPS")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"filename": "a.txt", "length": 0}, "missing_argument"),
        ({"filename": "../a.txt", "length": 1}, "invalid_arguments"),
        ({"filename": "a.png", "length": 1, "alt_txt": "x" * 1001}, "alt_txt_too_large"),
        ({"filename": "a.py", "length": 1_000_001, "snippet_type": "python"}, "snippet_too_large"),
    ],
)
async def test_an_upload_address_is_refused(desk: Desk, arguments: dict[str, Any], error: str) -> None:
    with pytest.raises(SlackApiError, match=error):
        await desk.client.files_getUploadURLExternal(**arguments)


async def test_an_unknown_channel_shares_nothing_and_leaves_the_file_to_be_shared(desk: Desk) -> None:
    asked = await desk.client.files_getUploadURLExternal(filename="a.txt", length=3)
    async with desk.session.post(asked["upload_url"], data=b"one"):
        pass
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await desk.client.files_completeUploadExternal(files=[{"id": asked["file_id"]}], channel_id="C0NONE")
    await desk.client.files_completeUploadExternal(files=[{"id": asked["file_id"]}], channel_id="C0OPS")


async def test_without_the_scope_no_file_is_taken() -> None:
    async with a_desk(manifest=Manifest(scopes=("chat:write",))) as desk:
        with pytest.raises(SlackApiError, match="missing_scope") as refused:
            await desk.client.files_getUploadURLExternal(filename="a.txt", length=1)
        assert refused.value.response["needed"] == "files:write"
