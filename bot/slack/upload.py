"""Files: an address to send each to, its bytes sent there, and all of them shared at once."""

from collections.abc import Sequence

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import SlackRefusedError, SlackUnavailableError
from bot.ports.slack import File
from bot.render.lint_rules import check_text, need, string
from bot.slack.client import DEADLINE_SECONDS, is_slack_url, upload_hosts
from bot.slack.errors import slack_errors

MOST_FILES = 10
MOST_BYTES = 20_000_000


async def upload_files(
    client: AsyncWebClient, channel: str, files: Sequence[File], *, comment: str, thread_ts: str
) -> Sequence[str]:
    """Share files in a channel or thread and return their ids; nobody sees any before all are there."""
    _check(files, comment)
    ids = [await _send(client, file) for file in files]
    titles: list[dict[str, str | None]] = [
        {"id": file_id, "title": file.title} for file_id, file in zip(ids, files, strict=True)
    ]
    async with slack_errors():
        await client.files_completeUploadExternal(
            files=titles,
            channel_id=channel,
            initial_comment=comment or None,
            thread_ts=thread_ts or None,
        )
    return ids


def _check(files: Sequence[File], comment: str) -> None:
    try:
        need(1 <= len(files) <= MOST_FILES, f"{len(files)} files; 1 to {MOST_FILES} are allowed")
        for file in files:
            string(file.name, "file name", 255, 1)
            string(file.title, "file title", 255, 1)
            string(file.alt_text, "alternative text", 1000)
            need(0 < len(file.content) <= MOST_BYTES, f"{file.name} has {len(file.content)} bytes")
        string(comment, "comment", 4000)
        check_text(comment, "comment")
    except ValueError as error:
        raise SlackRefusedError(f"These files would be refused: {error}.", code="invalid_files") from error


async def _send(client: AsyncWebClient, file: File) -> str:
    async with slack_errors():
        place = await client.files_getUploadURLExternal(
            filename=file.name, length=len(file.content), alt_txt=file.alt_text or None
        )
    url, file_id = place.get("upload_url"), place.get("file_id")
    if not isinstance(url, str) or not isinstance(file_id, str):
        raise SlackUnavailableError("Slack's answer names no place for the file.")
    if not is_slack_url(url, upload_hosts(client.base_url)):
        raise SlackRefusedError("That place for a file is not Slack's.", code="invalid_upload_url")
    async with slack_errors():
        await _post(client, url, file.content)
    return file_id


async def _post(client: AsyncWebClient, url: str, content: bytes) -> None:
    session = client.session
    if session is None:
        raise SlackUnavailableError("The connection to Slack is not open.")
    async with session.post(
        url,
        data=content,
        headers={"Content-Type": "application/octet-stream"},
        allow_redirects=False,
        timeout=aiohttp.ClientTimeout(total=3 * DEADLINE_SECONDS),
        proxy=client.proxy,
    ) as answer:
        status = answer.status
    if status == 429 or status >= 500:
        raise SlackUnavailableError(f"Slack did not take the file now ({status}).")
    if status != 200:
        raise SlackRefusedError(f"Slack refused the file ({status}).", code=f"http_{status}")
