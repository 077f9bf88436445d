"""`countersign audit keygen`: new keys, the trail's own or second ones, and the public key of one that is there."""

import json
from pathlib import Path
from typing import Annotated

import typer

from bot.domain.errors import InvalidInputError, NoteError
from handlers.cli.audit_commands import AUDIT, AsJson

LOG, ECDSA, ML_DSA = "log", "ecdsa", "ml-dsa"


@AUDIT.command()
def keygen(
    origin: Annotated[
        str,
        typer.Option(
            help="Name of the audit trail, e.g. countersign.example.com/audit; of a second key its own name."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write the signing key to this new file, mode 0600.")
    ] = None,
    kind: Annotated[
        str, typer.Option(help="log, or for [anchors.ecdsa] and [anchors.ml_dsa]: ecdsa, ml-dsa.")
    ] = LOG,
    public: Annotated[
        Path | None, typer.Option(help="Make nothing: print the public key of this PEM file of a second key.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a signing key and print its public key. Without --out the signing key is printed first."""
    try:
        if public is not None:
            made = {"vkey": _public(public, origin)}
        else:
            skey, vkey = _new(kind, origin)
            made = {"signing_key": skey.rstrip(), "vkey": vkey}
            if out is not None:
                write_private(out, made.pop("signing_key"))
    except NoteError:
        raise InvalidInputError(
            f"{origin!r} cannot be the name of {'an audit trail' if kind == LOG else 'a key'}.",
            advice="Write it like a web address without spaces or +, as in countersign.example.org/audit/2026.",
        ) from None
    print(json.dumps(made) if as_json else "\n".join(made.values()))


def _new(kind: str, name: str) -> tuple[str, str]:
    """Return a new private key and its public key, both as text."""
    from bot.domain.command_line import did_you_mean
    from bot.domain.note import Signer, new_pem, public_key_of
    from bot.domain.public_key import ECDSA_P256, ML_DSA_COSIGNATURE

    if kind == LOG:
        return Signer.generate(name)
    kinds = {ECDSA: ECDSA_P256, ML_DSA: ML_DSA_COSIGNATURE}
    if kind not in kinds:
        raise InvalidInputError(
            f"There is no kind of key {kind!r}.", advice=did_you_mean(kind, (LOG, *kinds))
        )
    pem = new_pem(kinds[kind])
    return pem, public_key_of(name, pem).vkey


def _public(path: Path, name: str) -> str:
    from bot.domain.note import public_key_of

    try:
        return public_key_of(name, path.read_text("utf-8")).vkey
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path} cannot be read.", advice="Name a PEM file.") from error
    except NoteError as error:
        raise InvalidInputError(
            f"{path} gives no public key called {name!r}: {error}.",
            advice="Name the PEM file of an ECDSA P-256 or ML-DSA-44 key, and the key's name with --origin.",
        ) from None


def write_private(path: Path, text: str) -> None:
    """Write a secret to a new file of mode 0600; raise InvalidInputError when that cannot be."""
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(text + "\n")
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be made.", advice="Name a file that does not exist."
        ) from error
