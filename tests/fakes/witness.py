"""A witness as C2SP tlog-witness describes it: one checkpoint per origin, replaced in one step or not at all."""

import asyncio
import re
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.domain.errors import CountersignError, NoteError
from bot.domain.merkle import verify_consistency
from bot.domain.note import CosigningKey, Verifier, new_pem, open_note, parse_note
from bot.domain.note_text import MARK, Checkpoint
from bot.domain.public_key import ED25519_COSIGNATURE, ML_DSA_COSIGNATURE, key_id

NAME = "witness.example/w1"
SIZE = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]*)")


@dataclass
class Witness:
    """What it remembers, whom it trusts, and what it was sent. `refuse` makes it answer that status."""

    logs: dict[str, list[Verifier]] = field(default_factory=dict)
    seen: dict[str, Checkpoint] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refuse: int = 0
    is_double: bool = False
    seconds: int = 1_795_000_000
    url: str = ""

    def __post_init__(self) -> None:
        """Make its key."""
        self._key = Ed25519PrivateKey.generate()
        public = self._key.public_key().public_bytes_raw()
        self._id = key_id(NAME, ED25519_COSIGNATURE, public)
        encoded = b64encode(bytes([ED25519_COSIGNATURE]) + public).decode()
        self.vkey = f"{NAME}+{self._id.hex()}+{encoded}"
        self.lattice = CosigningKey.parse(NAME, new_pem(ML_DSA_COSIGNATURE))
        self._turn = asyncio.Lock()

    def trust(self, vkey: str) -> None:
        """Know a log by its key."""
        verifier = Verifier.parse(vkey)
        self.logs.setdefault(verifier.name, []).append(verifier)

    def cosignature(self, text: str) -> str:
        """Return the timestamped signature line over a checkpoint, and one of its ML-DSA key where it `is_double`."""
        message = f"cosignature/v1\ntime {self.seconds}\n{text}".encode()
        made = self._id + self.seconds.to_bytes(8, "big") + self._key.sign(message)
        line = f"{MARK}{NAME} {b64encode(made).decode()}\n"
        return line + self.lattice.line(text, self.seconds) if self.is_double else line

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        """Answer `add-checkpoint`."""
        body = await request.text()
        self.asked.append(body)
        if self.refuse:
            return web.Response(status=self.refuse)
        head, _, note = body.partition("\n\n")
        lines = head.split("\n")
        old = _OLD.fullmatch(lines[0])
        try:
            checkpoint = Checkpoint.parse(parse_note(note)[0])
        except NoteError:
            return web.Response(status=400)
        if old is None or len(lines) > 64 or int(old[1]) > checkpoint.size:
            return web.Response(status=400)
        if checkpoint.origin not in self.logs:
            return web.Response(status=404)
        try:
            open_note(note, self.logs[checkpoint.origin])
        except NoteError:
            return web.Response(status=403)
        async with self._turn:
            return self._updated(int(old[1]), [b64decode(line) for line in lines[1:]], checkpoint)

    def _updated(self, old: int, proof: list[bytes], new: Checkpoint) -> web.Response:
        last = self.seen.get(new.origin)
        known = 0 if last is None else last.size
        if old != known:
            return web.Response(status=409, content_type=SIZE, text=f"{known}\n")
        if last is not None and known == new.size and last.root != new.root:
            return web.Response(status=409)
        try:
            if last is not None:
                verify_consistency(
                    old=known, new=new.size, old_root=last.root, new_root=new.root, proof=proof
                )
            elif proof:
                return web.Response(status=422)
        except CountersignError:
            return web.Response(status=422)
        self.seen[new.origin] = new
        return web.Response(text=self.cosignature(new.text()))


@asynccontextmanager
async def witnessing() -> AsyncIterator[Witness]:
    """Serve a witness on the loopback."""
    witness = Witness()
    app = web.Application()
    app.router.add_post("/w1/add-checkpoint", witness.add_checkpoint)
    server = TestServer(app, host="127.0.0.1")
    await server.start_server()
    witness.url = f"http://127.0.0.1:{server.port}/w1"
    try:
        yield witness
    finally:
        await server.close()
