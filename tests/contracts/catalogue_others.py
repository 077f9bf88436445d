"""Attacks 53 and 54: the signatures of others beside the log's own, and rights that only the owner needs."""

from bot.domain.note import CosigningKey, new_pem, parse_note
from bot.domain.public_key import ECDSA_P256
from tests.contracts.audit_house import entry
from tests.contracts.catalogue import POSTGRES, Attack, Stage
from tests.contracts.catalogue_entries import unguarded

NAME = "example.test/hsm"
SECOND = CosigningKey.parse(NAME, new_pem(ECDSA_P256))
SPOILT = "UPDATE {}audit_cosignature SET line = replace(line, 'example.test', 'example.other')"
GONE = "DELETE FROM {}audit_cosignature"


async def cosigned(stage: Stage) -> None:
    """Let a second key sign the newest checkpoint, and the trail say so."""
    ((note,),) = await stage.house.rows("SELECT note FROM {}audit_checkpoint WHERE size = 11")
    await stage.house.run(
        "INSERT INTO {}audit_cosignature(shard, size, signer, line) VALUES (0, 11, :name, :line)",
        name=NAME,
        line=SECOND.line(parse_note(note)[0], 0),
    )
    await stage.house.append(entry("checkpoint.anchored", change="", data={"size": 11, "cosigned": [NAME]}))
    stage.vkeys.append(SECOND.verifier.vkey)
    report = stage.verified()
    assert (report.ok, report.cosigned) == (True, 1)


async def granted(stage: Stage) -> None:
    """Give the app's role, which only adds, the right to change what is there."""
    await stage.alter("GRANT UPDATE, DELETE ON {}audit_entry TO PUBLIC")


OTHERS = (
    Attack(53, "spoil-cosignature", unguarded(SPOILT), "M9", SPOILT, cosigned),
    Attack(53, "delete-cosignature", unguarded(GONE), "M9", GONE, cosigned),
    Attack(54, "grant-more-than-to-add", granted, "S5", on=(POSTGRES,), says="`serve` does not start"),
)
