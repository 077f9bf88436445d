"""Attacks 22 to 28 and 48: signatures, tiles and disclosures."""

from functools import partial

from bot.domain.note import Signer
from tests.contracts.audit_forge import Forge
from tests.contracts.audit_house import ORIGIN, entry
from tests.contracts.catalogue import SQLITE, Attack, Stage
from tests.contracts.catalogue_anchors import RESIDUAL
from tests.contracts.catalogue_entries import (
    EDIT,
    edited,
    forging,
    rechained,
    unguarded,
    with_stolen_key,
)

STRANGER = Signer.parse(Signer.generate(ORIGIN)[0])
NOTE = "UPDATE {}audit_checkpoint SET note = 'x' WHERE size = 11"
NEWER_NOTE = """INSERT INTO {}audit_checkpoint(shard, size, note)
  SELECT 0, 12, note FROM {}audit_checkpoint WHERE size = 9"""
TILE = "UPDATE {}audit_tile SET idx = 5"
NO_TILE = "DELETE FROM {}audit_tile"
NOTE_GONE = "DELETE FROM {}audit_checkpoint WHERE size = 11"
NAMES_SWAPPED = (
    "UPDATE {}audit_disclosure SET path = 'third' WHERE path = 'reason'",
    "UPDATE {}audit_disclosure SET path = 'reason' WHERE path = 'who'",
    "UPDATE {}audit_disclosure SET path = 'who' WHERE path = 'third'",
)
OTHER_REASON = "UPDATE {}audit_disclosure SET disclosure = replace(disclosure, 'because', 'why not')"
INVENTED = """INSERT INTO {}audit_disclosure(shard, seq, path, disclosure)
  VALUES (0, 3, 'reason', '["salt","reason","invented"]')"""


async def with_a_tile(stage: Stage) -> None:
    """Let the trail grow until it has a tile."""
    await stage.house.append(*[entry(change="") for _ in range(260)])
    assert stage.verified().ok


async def tile_spoilt(stage: Stage) -> None:
    """Change a hash that proofs are made of."""
    wrong = "zeroblob(8192)" if stage.dialect == SQLITE else "decode(repeat('00', 8192), 'hex')"
    await stage.tamper(f"UPDATE {{}}audit_tile SET hashes = {wrong}")


def replayed(forge: Forge) -> None:
    """Show an old signed checkpoint as the newest."""
    forge.checkpoints[11] = forge.checkpoints[9]


def resigned(forge: Forge) -> None:
    """Sign everything again with a key of the same name that nobody pinned."""
    forge.resign(STRANGER)


def newest_gone(forge: Forge) -> None:
    """Take the newest signature away."""
    del forge.checkpoints[11]


async def of_another_log(stage: Stage) -> None:
    """Put a checkpoint of another log there, signed by the same key."""
    key = Signer.parse(stage.house.skey)
    await forging(lambda forge: forge.resign(key, "other.test/log", (11,)))(stage)


SIGNED = (
    Attack(22, "sign-with-another-key", forging(edited, rechained, resigned), "M1", NOTE),
    Attack(23, "replay-old-checkpoint", forging(replayed), "M3", NEWER_NOTE, stops="does not describe"),
    Attack(24, "delete-newest-checkpoint", forging(newest_gone), "M5", NOTE_GONE, stops="signed for"),
    Attack(25, "checkpoint-of-another-log", of_another_log, "M2", NOTE, stops="another log"),
    Attack(
        26, "rewrite-with-stolen-key", with_stolen_key(edited, rechained), "", EDIT, older="A3", newer="A3"
    ),
    Attack(
        27,
        "rewrite-above-the-anchor",
        with_stolen_key(partial(edited, seq=9), partial(rechained, first=9)),
        "",
        EDIT,
        older="",
        newer="A3",
        says=RESIDUAL,
    ),
    Attack(28, "spoil-tile", tile_spoilt, "M7", TILE, with_a_tile),
    Attack(28, "delete-tile", unguarded(NO_TILE), "M7", NO_TILE, with_a_tile),
    Attack(48, "swap-disclosures", unguarded(*NAMES_SWAPPED), "S4", ";;".join(NAMES_SWAPPED)),
    Attack(48, "alter-disclosure", unguarded(OTHER_REASON), "S4", OTHER_REASON),
    Attack(48, "invent-disclosure", unguarded(INVENTED), "S4", INVENTED, refused=()),
)
