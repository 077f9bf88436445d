"""Attacks 45, 46 and 49: keys that are used where they may not be, and a person's words erased."""

from datetime import timedelta

from bot.domain.entry import new_ulid
from bot.domain.note import Signer
from storage.database import Database
from storage.erasing import erase_text
from storage.keeper import Keeper
from storage.ledger import Ledger
from storage.shards import rotate
from tests.contracts.audit_forge import Forge
from tests.contracts.audit_house import NOW, ORIGIN, WRITER, entry
from tests.contracts.catalogue import POSTGRES, Attack, Stage
from tests.contracts.catalogue_entries import forging
from tests.contracts.fixtures_storage import StandingClock

LATER = NOW + timedelta(days=1)
ERASE = "DELETE FROM {}audit_disclosure WHERE path = 'who'"


def keeper(stage: Stage, *more: Signer) -> Keeper:
    """Return who keeps the trail that is attacked, with its key and these."""
    signers = [Signer.parse(stage.place.skey), *more]
    ledger = Ledger(signer=signers[0], origin=ORIGIN, signers=signers, writer=WRITER)
    return Keeper(Database(stage.house.engine), ledger, signers, StandingClock(LATER), "kim", "yearly")


async def old_key_used(stage: Stage) -> None:
    """Rotate as one should, go on with the new key, and then sign the newest size with the old one."""
    old, new = Signer.parse(stage.place.skey), Signer.parse(Signer.generate(ORIGIN)[0])
    await rotate(keeper(stage, new))
    going_on = Ledger(signer=new, origin=ORIGIN, vkeys=[old.vkey], writer=WRITER)
    async with stage.house.engine.begin() as connection:
        await going_on.append(connection, [entry("change.attested")], now=LATER)
    assert stage.verified().findings == ()
    await forging(lambda forge: forge.resign(old, sizes=(max(forge.checkpoints),)))(stage)


async def rotated_to_his_own(stage: Stage) -> None:
    """Append a rotation to a key of one's own, and sign with that."""
    own = Signer.parse(Signer.generate(ORIGIN)[0])

    def attack(forge: Forge) -> None:
        size = len(forge.bodies) + 1
        forge.bodies.append(forge.bodies[8])
        forge.leaves.append(forge.leaves[8])
        data = {"vkey": own.vkey, "from_size": size}
        forge.edit(-1, lambda document: document.update(type="key.rotated", id=new_ulid(NOW), data=data))
        forge.rehash(size - 1)
        forge.checkpoints[size] = ""
        forge.resign(own, sizes=(size,))

    await forging(attack)(stage)


async def erased(stage: Stage) -> None:
    """Erase what a person had said, as the product does."""
    await erase_text(keeper(stage), 1, "reason", "GDPR Art. 17")
    report = stage.verified()
    assert (report.withheld, report.erased) == (1, 1)


KEYS = (
    Attack(45, "old-key-after-a-rotation", old_key_used, "K1"),
    Attack(46, "rotate-to-ones-own-key", rotated_to_his_own, "K2 M1 S6"),
    Attack(49, "erase", erased, "", ERASE, refused=(POSTGRES,), says="withheld, not broken"),
)
