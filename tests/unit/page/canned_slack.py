"""A canned answerer for the page: serves its files and fixed JSON, and keeps what the page posts."""

import json
import queue
import threading
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Json = Any
PAGE = Path(__file__).parents[3] / "sandbox" / "slack" / "page"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
PEOPLE = (
    ("U0ALICE", "alice", "Alice Moreau", "ML engineer", "#1264a3"),
    ("U0BOB", "bob", "Bob Brown", "Platform engineer", "#2e7d5b"),
    ("U0CAROL", "carol", "Carol Chen", "Platform engineer", "#8a4b9c"),
    ("U0OWNER", "olivia", "Olivia Weber", "Service owner of triage-prod", "#7a5c00"),
)


def plain(text: str) -> dict[str, Json]:
    """A plain_text object."""
    return {"type": "plain_text", "text": text, "emoji": True}


def message(ts: str, text: str = "", blocks: list[Json] | None = None, **more: Json) -> dict[str, Json]:
    """A message of the app in the ops channel, with whatever differs."""
    base: dict[str, Json] = {
        "channel": "C0OPS",
        "ts": ts,
        "thread_ts": None,
        "user": "U0COUNTERSIGN",
        "app": True,
        "text": text,
        "blocks": blocks or [],
        "ephemeral_to": None,
        "edited": False,
        "metadata": None,
        "reply_count": 0,
        "files": [],
    }
    return base | more


@dataclass
class CannedSlack:
    """What the page will be told, and what it said."""

    messages: list[dict[str, Json]] = field(default_factory=list)
    view: dict[str, Json] | None = None
    home: dict[str, Json] | None = None
    answers: dict[str, Json] = field(default_factory=dict)
    posts: list[tuple[str, dict[str, Json]]] = field(default_factory=list)
    streams: list["queue.Queue[tuple[str, Json]]"] = field(default_factory=list)
    files: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    rooms: list[dict[str, Json]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def tell(self, name: str, content: Json) -> None:
        """Send one event to every open page."""
        for stream in list(self.streams):
            stream.put((name, content))

    def posted(self, path: str) -> list[dict[str, Json]]:
        """The bodies the page sent to this path."""
        return [body for where, body in self.posts if where == path]

    def state(self, user: str) -> dict[str, Json]:
        """The workspace as this person sees it."""
        channels = [
            {"id": "C0OPS", "name": "ml-ops", "kind": "channel", "topic": "Fine-tuned models in production"},
            {"id": "C0AUDIT", "name": "audit-trail", "kind": "channel", "topic": "Checkpoints"},
            *self.rooms,
            {"id": f"D{user}", "name": "Countersign", "kind": "im", "topic": "", "user": user},
        ]
        seen = [m for m in self.messages if m["ephemeral_to"] in (None, user)]
        app = {"name": "Countersign", "user_id": "U0COUNTERSIGN", "bot_id": "B0COUNTERSIGN"}
        keys = ("id", "name", "real_name", "title", "color")
        return {
            "workspace": {"name": "Contoso", "team_id": "T0CONTOSO", "app": app},
            "people": [dict(zip(keys, p, strict=True)) | {"groups": [], "guest": False} for p in PEOPLE],
            "usergroups": [{"id": "S0AIOPS", "handle": "ai-ops-approvers", "users": ["U0BOB"]}],
            "channels": channels,
            "messages": {c["id"]: [m for m in seen if m["channel"] == c["id"]] for c in channels},
            "view": self.view,
            "home": self.home,
            "clock": {"now": "2026-11-24T20:24:00+00:00", "offset_seconds": 0.0},
            "transport": "http",
            "connected": True,
            "shortcuts": [
                {"callback_id": "shortcut.request", "name": "Request a model change", "type": "global"},
                {"callback_id": "shortcut.timeline", "name": "Add to incident timeline", "type": "message"},
            ],
            "commands": [
                {"command": "/cs", "usage_hint": "help | status"},
                {"command": "/countersign", "usage_hint": "help"},
            ],
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, slack: CannedSlack, *args: Any) -> None:
        self.slack = slack
        super().__init__(*args)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""

    def _send(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        """Files, state and the event stream."""
        path, _, query = self.path.partition("?")
        if path == "/ui/state":
            self._send(json.dumps(self.slack.state(query.removeprefix("as="))).encode(), "application/json")
        elif path == "/ui/events":
            self._stream()
        elif path in self.slack.files:
            self._send(*self.slack.files[path])
        else:
            file = PAGE / (path.lstrip("/") or "index.html")
            if file.is_file():
                self._send(file.read_bytes(), TYPES.get(file.suffix, "text/plain"))
            else:
                self._send(b"missing", "text/plain", 404)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        stream: queue.Queue[tuple[str, Json]] = queue.Queue()
        self.slack.streams.append(stream)
        try:
            self.wfile.write(b"retry: 200\n\n")
            while True:
                try:
                    name, content = stream.get(timeout=0.2)
                    self.wfile.write(f"event: {name}\ndata: {json.dumps(content)}\n\n".encode())
                except queue.Empty:
                    self.wfile.write(b": here\n\n")
        except OSError:
            self.slack.streams.remove(stream)
        self.close_connection = True

    def do_POST(self) -> None:
        """Keep what was posted and answer as told; an answer under `held` waits to be released."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.slack.posts.append((self.path, body))
        answer = self.slack.answers.get(self.path, {"ok": True})
        if isinstance(answer, dict) and answer.get("held"):
            self.slack.release.wait(5)
        self._send(json.dumps(answer).encode(), "application/json")


class CannedServer:
    """Runs the answerer on a free loopback port."""

    def __init__(self) -> None:
        self.slack = CannedSlack()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self.slack))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Stop serving."""
        self.slack.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(2)
