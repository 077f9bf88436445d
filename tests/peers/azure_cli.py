"""Azure's own command line (PyPI `azure-cli`), signed in to the simulated Azure over TLS with a CA of this run."""

import asyncio
import json
import os
import secrets
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.azure.names import PRINCIPALS, READER_TOKEN, TENANT_ID
from tests.peers.installing import MissingError, cache, pip_install
from tests.peers.program import end, end_with_parent

VERSION = "2.91.0"
RUN_SECONDS = 60.0
HOST = "127.0.0.1"
_DAY = timedelta(days=1)


def fetch() -> Path:
    """Return the Python that has azure-cli, installed into the user's cache. Raises MissingError."""
    home = cache(f"azure-cli-{VERSION}")
    done = home / "installed"
    if not done.exists():
        pip_install(home, f"azure-cli=={VERSION}")
        done.touch()
    python = home / "bin" / "python"
    if not python.exists():
        raise MissingError(f"{home} is not complete: remove it")
    return python


@dataclass(frozen=True)
class Az:
    """The command line with an identity and a cloud of its own."""

    python: Path
    env: Mapping[str, str]
    folder: Path

    async def run(self, *words: str) -> Any:
        """Return what a command says, parsed.

        Raises:
            RuntimeError: it failed; its own words.
        """
        process = await asyncio.create_subprocess_exec(
            self.python, "-Im", "azure.cli", *words, "--output", "json",
            cwd=self.folder, env=dict(self.env), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, preexec_fn=end_with_parent,
        )  # fmt: skip
        try:
            async with asyncio.timeout(RUN_SECONDS):
                said, wrong = await process.communicate()
        finally:
            if process.returncode is None:
                await end(process)
        if process.returncode:
            raise RuntimeError(f"az {' '.join(words[:4])}: {wrong.decode()[-600:]}")
        return json.loads(said) if said.strip() else None


async def sign_in(python: Path, url: str, authority: Path, folder: Path) -> Az:
    """Return the command line, told of the cloud at `url` and signed in as the reader."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AZURE_CONFIG_DIR": str(folder / "azure"),
        "REQUESTS_CA_BUNDLE": str(authority),
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_CORE_ONLY_SHOW_ERRORS": "yes",
    }
    az = Az(python, env, folder)
    await az.run("cloud", "register", "-n", "Sandbox", "--endpoint-resource-manager", url)
    await az.run("cloud", "set", "-n", "Sandbox")
    reader = PRINCIPALS[READER_TOKEN]
    password = secrets.token_hex(16)
    await az.run("login", "--service-principal", "-u", reader, "-p", password, "--tenant", TENANT_ID)
    return az


@asynccontextmanager
async def serving_both(app: web.Application, context: ssl.SSLContext) -> AsyncIterator[tuple[str, str]]:
    """Serve one application in clear and over TLS on free loopback ports, and give both addresses."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, 0).start()
        await web.TCPSite(runner, HOST, 0, ssl_context=context).start()
        clear, covered = (address[1] for address in runner.addresses)
        yield f"http://{HOST}:{clear}", f"https://{HOST}:{covered}"
    finally:
        await runner.cleanup()


def make_authority(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return the certificate of an authority made now, and a server's context that it vouches for."""
    own, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sandbox authority")])
    root = _certificate(name, own.public_key()).add_extension(x509.BasicConstraints(True, 0), critical=True)
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    signed = root.add_extension(usage, critical=True).sign(own, hashes.SHA256())
    authority = folder / "authority.pem"
    authority.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    hosts = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address(HOST))])
    leaf = _certificate(name, key.public_key()).add_extension(hosts, critical=False)
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(own.public_key())
    certificate = leaf.add_extension(known, critical=False).sign(own, hashes.SHA256())
    return authority, _context(folder, certificate, key)


def _certificate(issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    subject = x509.CertificateBuilder().subject_name(issuer).issuer_name(issuer).public_key(key)
    dated = subject.serial_number(x509.random_serial_number()).not_valid_before(now - _DAY)
    named = x509.SubjectKeyIdentifier.from_public_key(key)
    return dated.not_valid_after(now + _DAY).add_extension(named, critical=False)


def _context(folder: Path, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    path = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    path.unlink()
    return context
