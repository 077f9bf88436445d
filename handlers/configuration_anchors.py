"""`[anchors]` of `countersign.toml`: its shape, and what it says."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.azure.endpoints import demand_blob_address, demand_vault_key_address
from bot.domain.anchoring import AnchorPlace, AnchorPolicy
from bot.domain.configuration import parse_duration
from bot.domain.errors import InvalidInputError, NoteError
from bot.domain.note import Verifier
from bot.domain.public_key import ECDSA_P256, ED25519_COSIGNATURE, ML_DSA_COSIGNATURE

_KEYGEN = "that `countersign audit keygen --kind {}` printed"
_WHENCE = {
    "witness": "that its operator publishes for cosignatures",
    "ecdsa": _KEYGEN.format("ecdsa"),
    "ml_dsa": _KEYGEN.format("ml-dsa"),
}
Duration = Annotated[str, Field(json_schema_extra={"pattern": "^[0-9]{1,6}[smhdw]$"})]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FileAnchorPart(_Part):
    """[anchors.file]."""

    path: str = Field(min_length=1)


class SlackAnchorPart(_Part):
    """[anchors.slack]."""

    channel: str = Field(pattern=r"^[CG][A-Z0-9]+$")


class BlobAnchorPart(_Part):
    """[anchors.azure_blob]."""

    url: str = Field(pattern=r"^https?://")


class WitnessAnchorPart(_Part):
    """[anchors.witness]."""

    url: str = Field(pattern=r"^https?://")
    vkey: str = Field(min_length=1)


class EcdsaPart(_Part):
    """[anchors.ecdsa]."""

    vkey: str = Field(min_length=1)
    key_file: str = ""
    vault_key: str = ""


class MlDsaPart(_Part):
    """[anchors.ml_dsa]."""

    vkey: str = Field(min_length=1)
    key_file: str = Field(min_length=1)


class AnchorsPart(_Part):
    """[anchors]: how often, how old at most, where, and under which second keys: one table for each kind."""

    every_minutes: int = Field(default=15, ge=1, le=1440)
    every_entries: int = Field(default=256, ge=1, le=100_000)
    max_age: Duration = "60m"
    file: FileAnchorPart | None = None
    slack: SlackAnchorPart | None = None
    azure_blob: BlobAnchorPart | None = None
    witness: WitnessAnchorPart | None = None
    ecdsa: EcdsaPart | None = None
    ml_dsa: MlDsaPart | None = None


def anchors_of(part: AnchorsPart) -> AnchorPolicy:
    """Return the policy of anchors.

    Raises:
        InvalidInputError: an address is no blob, or a key is no witness's.
    """
    places = []
    if part.file is not None:
        places.append(AnchorPlace("file", part.file.path))
    if part.slack is not None:
        places.append(AnchorPlace("slack", part.slack.channel))
    if part.azure_blob is not None:
        demand_blob_address(part.azure_blob.url)
        places.append(AnchorPlace("azure_blob", part.azure_blob.url))
    if part.witness is not None:
        _demand_kind(part.witness.vkey, "witness", ED25519_COSIGNATURE, ML_DSA_COSIGNATURE)
        places.append(AnchorPlace("witness", part.witness.url, part.witness.vkey))
    cosigners = _cosigners_of(part)
    _demand_apart(places, cosigners)
    return AnchorPolicy(
        tuple(places),
        tuple(cosigners),
        timedelta(minutes=part.every_minutes),
        part.every_entries,
        parse_duration(part.max_age),
    )


def _cosigners_of(part: AnchorsPart) -> list[AnchorPlace]:
    found = []
    if part.ecdsa is not None:
        _demand_kind(part.ecdsa.vkey, "ecdsa", ECDSA_P256)
        if bool(part.ecdsa.key_file) == bool(part.ecdsa.vault_key):
            raise InvalidInputError(
                "[anchors.ecdsa] needs one of key_file and vault_key.",
                advice="Name the key's file, or its address in Azure Key Vault.",
            )
        if part.ecdsa.vault_key:
            demand_vault_key_address(part.ecdsa.vault_key)
        found.append(AnchorPlace("ecdsa", part.ecdsa.key_file or part.ecdsa.vault_key, part.ecdsa.vkey))
    if part.ml_dsa is not None:
        _demand_kind(part.ml_dsa.vkey, "ml_dsa", ML_DSA_COSIGNATURE)
        found.append(AnchorPlace("ml_dsa", part.ml_dsa.key_file, part.ml_dsa.vkey))
    return found


def _demand_apart(places: Sequence[AnchorPlace], cosigners: Sequence[AnchorPlace]) -> None:
    """Refuse second keys without an anchor, and two keys of one name: a checkpoint keeps one line for each name."""
    if cosigners and not places:
        raise InvalidInputError(
            f"[anchors.{cosigners[0].kind}] signs what is anchored, and no anchor is configured.",
            advice="Add one, such as [anchors.file]: docs/anchors.md has an example of each.",
        )
    names = [each.vkey.partition("+")[0] for each in (*places, *cosigners) if each.vkey]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidInputError(
            f"[anchors] has two keys that are called {twice}.", advice="Give each key a name of its own."
        )


def _demand_kind(vkey: str, table: str, *kinds: int) -> None:
    try:
        found = Verifier.parse(vkey).kind
    except NoteError as error:
        raise InvalidInputError(
            f"[anchors.{table}] vkey is no public key: {error}.", advice=f"Copy it whole {_WHENCE[table]}."
        ) from None
    if found not in kinds:
        raise InvalidInputError(
            f"[anchors.{table}] vkey is a key of type {found}, not of type {' or '.join(map(str, kinds))}.",
            advice=f"Copy the one {_WHENCE[table]}.",
        )
