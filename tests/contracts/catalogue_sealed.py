"""Attack 48 once more, on texts that are sealed: the text put elsewhere, and the data key of another person."""

from storage.privacy import Privacy
from tests.contracts.catalogue import Attack, Stage
from tests.contracts.catalogue_entries import unguarded
from tests.contracts.privacy_house import by, under, vault

ELSEWHERE = """UPDATE {}audit_disclosure SET disclosure =
  (SELECT disclosure FROM {}audit_disclosure WHERE seq = 12 AND path = 'reason') WHERE seq = 11 AND path = 'reason'"""


async def with_sealed_texts(stage: Stage) -> None:
    """Let two people write with their words sealed, and verify with the key from here on."""
    stage.privacy = Privacy(seals=True, vault=vault(stage.place.folder))
    sealed = under(stage.house, stage.privacy)
    await sealed.append(by("U1", words="said by one"), by("U2", words="said by another"))
    report = stage.verified()
    assert (report.ok, report.sealed, report.withheld) == (True, 0, 0)


async def data_keys_swapped(stage: Stage) -> None:
    """Put each person's data key in the place of the other's."""
    one, other = sorted((stage.place.folder / "data-keys").iterdir())
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


SEALED = (
    Attack(48, "swap-sealed-texts", unguarded(ELSEWHERE), "S4", ELSEWHERE, with_sealed_texts),
    Attack(48, "swap-data-keys", data_keys_swapped, "S4", before=with_sealed_texts),
)
