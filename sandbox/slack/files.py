"""Files: an upload address, the bytes, the share in a channel, and the download on this computer."""

import hashlib
import json
import secrets
from typing import Any

from aiohttp import web

from sandbox import company
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.methods_chat import checked_blocks, require, thread_of
from sandbox.slack.records import Message, StoredFile
from sandbox.slack.workspace import Workspace

Json = Any
Args = dict[str, Json]
LONGEST_ALT = 1000
LONGEST_SNIPPET = 1_000_000
MOST_CHANNELS = 100
# a stranger's page in a tab of its own: no scripts, no forms, nothing fetched, no access to this page
SANDBOXED = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"


async def get_upload_url(world: Workspace, args: Args) -> Args:
    """files.getUploadURLExternal: where to send the bytes."""
    require(args, "filename")
    length = str(args.get("length") or "")
    if not length.isdigit() or not int(length):
        raise SlackError("missing_argument")
    if args.get("snippet_type") and int(length) > LONGEST_SNIPPET:
        raise SlackError("snippet_too_large")
    alt = str(args.get("alt_txt") or "")
    if len(alt) > LONGEST_ALT:
        raise SlackError("alt_txt_too_large")
    name = str(args["filename"])
    if "/" in name or "\\" in name or len(name) > 255:
        raise invalid_arguments(["filename is not the name of a file"])
    number = f"F0{secrets.token_hex(5).upper()}"
    ticket = secrets.token_urlsafe(24)
    world.files[number] = StoredFile(number, name, int(length), ticket, alt, int(world.now()))
    return {"file_id": number, "upload_url": f"{world.base_url}/upload/v1/{ticket}"}


async def complete_upload(world: Workspace, args: Args) -> Args:
    """files.completeUploadExternal: share uploaded files in channels, or leave them private."""
    wanted = _wanted(args)
    files = [_uploaded(world, one) for one in wanted]
    places = _places(world, args)
    blocks = None if args.get("initial_comment") else checked_blocks(args)
    threads = [thread_of(world, args, place) for place in places]
    for file, one in zip(files, wanted, strict=True):
        file.title, file.shared = str(one.get("title") or file.name), True
        file.channels = tuple(places)
    shapes = [file.as_slack(world.base_url) for file in files]
    for place, thread in zip(places, threads, strict=True):
        world.add(
            Message(
                channel=place,
                ts=world.new_ts(),
                user=company.BOT_USER_ID,
                text=str(args.get("initial_comment") or ""),
                app=True,
                thread_ts=thread,
                blocks=blocks or [],
                files=shapes,
            )
        )
    return {"files": shapes}


def _wanted(args: Args) -> list[dict[str, Json]]:
    given = args.get("files")
    try:
        found = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        found = None
    if not isinstance(found, list) or not found or not all(isinstance(one, dict) for one in found):
        raise invalid_arguments(["files must be a list of objects with an id"])
    return found


def _uploaded(world: Workspace, one: dict[str, Json]) -> StoredFile:
    file = world.files.get(str(one.get("id")))
    if file is None or file.content is None or file.shared:
        raise SlackError("file_not_found")
    return file


def _places(world: Workspace, args: Args) -> list[str]:
    named = args.get("channel_id") or args.get("channels") or ""
    ids = [str(one).strip() for one in (named if isinstance(named, list) else str(named).split(","))]
    places = [one for one in ids if one]
    if len(places) > MOST_CHANNELS:
        raise SlackError("channels_limit_exceeded")
    if args.get("thread_ts") and len(places) != 1:
        raise invalid_arguments(["thread_ts needs exactly one channel"])
    channels = [world.channel(place) for place in places]
    if any(channel.archived for channel in channels):
        raise SlackError("posting_to_channel_denied")
    if any(company.BOT_USER_ID not in channel.members for channel in channels):
        raise SlackError("not_in_channel")
    return [channel.id for channel in channels]


class FileDoor:
    """The addresses where bytes arrive and are fetched."""

    def __init__(self, world: Workspace, bot_token: str) -> None:
        self._world = world
        self._bot = f"Bearer {bot_token}"

    def routes(self) -> list[web.RouteDef]:
        """Upload, download, and what tests ask."""
        return [
            web.post("/upload/v1/{ticket}", self._upload),
            web.get("/files-pri/{place}/{name}", self._download),
            web.get("/control/files", self._listing),
        ]

    async def _upload(self, request: web.Request) -> web.Response:
        ticket = request.match_info["ticket"]
        file = next((one for one in self._world.files.values() if one.ticket == ticket), None)
        if file is None or file.content is not None:
            return web.Response(status=404, text="no such upload")
        content = await _bytes_of(request)
        if len(content) != file.length:
            return web.Response(status=400, text=f"{file.length} bytes were announced, {len(content)} came")
        file.content = content
        return web.Response(text=f"OK - {len(content)}")

    async def _download(self, request: web.Request) -> web.Response:
        number = request.match_info["place"].partition("-")[2]
        file = self._world.files.get(number)
        if file is None or file.content is None or not file.shared or file.name != request.match_info["name"]:
            return web.Response(status=404, text="file_not_found")
        if not self._may_read(request):
            return web.Response(text="<html><title>Sign in</title></html>", content_type="text/html")
        picture = file.mimetype.startswith("image/") and "download" not in request.query
        inline = picture or "show" in request.query
        plain = "".join(
            letter if (letter.isascii() and letter.isalnum()) or letter in "._- " else "_"
            for letter in file.name
        )
        headers = {
            "Content-Type": file.mimetype,
            "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{plain}"',
            "Content-Security-Policy": SANDBOXED,
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(body=file.content, headers=headers)

    def _may_read(self, request: web.Request) -> bool:
        """The page is signed in; an app shows its token and needs the scope, else it gets a page to sign in."""
        given = request.headers.get("Authorization")
        return given is None or (given == self._bot and "files:read" in self._world.manifest.scopes)

    async def _listing(self, request: web.Request) -> web.Response:
        found = [
            file.as_slack(self._world.base_url)
            | {"sha256": hashlib.sha256(file.content).hexdigest(), "channels": list(file.channels)}
            for file in self._world.files.values()
            if file.content is not None
        ]
        return web.json_response({"files": found})


async def _bytes_of(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return value.file.read()
    return b""
