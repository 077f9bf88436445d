"""Truth: what a second key signed is verified by OpenSSL, which knows nothing of notes."""

import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest

from bot.domain.note import CosigningKey, Signer, parse_note, public_key_of
from bot.domain.note_text import Checkpoint

OPENSSL = shutil.which("openssl")
LOG, NAME = "example.test/log", "example.test/hsm"


def openssl(*words: str | Path) -> str:
    """Run it and return what it printed."""
    if OPENSSL is None:
        pytest.skip("there is no openssl on this machine")
    done = subprocess.run(
        [OPENSSL, *map(str, words)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_openssl_makes_the_key_and_verifies_the_line_of_the_note(tmp_path: Path) -> None:
    private, public = tmp_path / "hsm.pem", tmp_path / "public.pem"
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", private)
    openssl("ec", "-in", private, "-pubout", "-out", public)
    key = CosigningKey.parse(NAME, private.read_text())
    assert public_key_of(NAME, public.read_text()) == key.verifier
    text = Checkpoint(LOG, 7, bytes(32)).text()
    note = Signer.parse(Signer.generate(LOG)[0]).sign(text) + key.line(text, 0)
    signed, (_, line) = parse_note(note)
    (tmp_path / "text").write_text(signed)
    (tmp_path / "signature").write_bytes(line.signature)
    words = ("-verify", public, "-signature", tmp_path / "signature", tmp_path / "text")
    assert "Verified OK" in openssl("dgst", "-sha256", *words)
    der = tmp_path / "public.der"
    openssl("ec", "-pubin", "-in", public, "-outform", "DER", "-out", der)
    assert b64decode(key.verifier.vkey.split("+", 2)[2])[1:] == der.read_bytes()
