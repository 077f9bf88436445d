"""A Key Vault with one key, as its REST interface describes `sign`: a digest goes in, r and s come out."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from bot.domain.note import public_key_of

NAME = "example.test/hsm"
KEY = "/keys/anchor/0123456789abcdef0123456789abcdef"


@dataclass
class Vault:
    """Its key, what it was asked, and how it misbehaves: `refuse` with a status, or `say` something else."""

    asked: list[str] = field(default_factory=list)
    refuse: int = 0
    say: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        """Make its key, which never leaves it."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        pem = self._key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.vkey = public_key_of(NAME, pem.decode()).vkey

    async def sign(self, request: web.Request) -> web.Response:
        """Answer `sign`."""
        body = await request.json()
        self.asked.append(body["value"])
        known = request.headers.get("Authorization", "").startswith("Bearer ")
        if self.refuse or not known:
            return web.json_response({"error": {"code": "Forbidden"}}, status=self.refuse or 401)
        if body["alg"] != "ES256" or request.query.get("api-version") != "7.4":
            return web.json_response({"error": {"code": "BadParameter"}}, status=400)
        digest = urlsafe_b64decode(body["value"] + "=" * (-len(body["value"]) % 4))
        made = self._key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        raw = b"".join(each.to_bytes(32, "big") for each in decode_dss_signature(made))
        value = urlsafe_b64encode(raw).rstrip(b"=").decode()
        return web.json_response({"kid": f"{self.url}{KEY}", "value": self.say or value})


@asynccontextmanager
async def vaulting() -> AsyncIterator[Vault]:
    """Give a vault on the loopback."""
    vault, app = Vault(), web.Application()
    app.router.add_post(f"{KEY}/sign", vault.sign)
    async with TestServer(app) as server:
        vault.url = str(server.make_url("")).rstrip("/")
        yield vault
