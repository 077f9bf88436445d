"""`[anchors]` of `countersign.toml`: its shape, and what it says."""

from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.azure.endpoints import demand_blob_address
from bot.domain.anchoring import AnchorPlace, AnchorPolicy
from bot.domain.configuration import parse_duration
from bot.domain.errors import InvalidInputError, NoteError
from bot.domain.note import Verifier
from bot.domain.public_key import ED25519_COSIGNATURE

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


class AnchorsPart(_Part):
    """[anchors]: how often, how old at most, and where: one table for each kind."""

    every_minutes: int = Field(default=15, ge=1, le=1440)
    every_entries: int = Field(default=256, ge=1, le=100_000)
    max_age: Duration = "60m"
    file: FileAnchorPart | None = None
    slack: SlackAnchorPart | None = None
    azure_blob: BlobAnchorPart | None = None
    witness: WitnessAnchorPart | None = None


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
        _demand_witness_key(part.witness.vkey)
        places.append(AnchorPlace("witness", part.witness.url, part.witness.vkey))
    return AnchorPolicy(
        tuple(places), timedelta(minutes=part.every_minutes), part.every_entries, parse_duration(part.max_age)
    )


def _demand_witness_key(vkey: str) -> None:
    try:
        kind = Verifier.parse(vkey).kind
    except NoteError as error:
        raise InvalidInputError(
            f"[anchors.witness] vkey is no public key: {error}.",
            advice="Copy it whole from the witness's page.",
        ) from None
    if kind != ED25519_COSIGNATURE:
        raise InvalidInputError(
            "[anchors.witness] vkey is a log's key, not a witness's.",
            advice="A witness's key is for cosignatures (type 4): copy the one that its operator publishes.",
        )
