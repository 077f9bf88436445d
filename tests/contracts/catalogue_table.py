"""The whole catalogue: what each number is, every attack in order, and the page that says so."""

from collections.abc import Sequence

from tests.contracts.catalogue import BOTH, Attack
from tests.contracts.catalogue_anchors import ANCHORED
from tests.contracts.catalogue_entries import ENTRIES
from tests.contracts.catalogue_keys import KEYS
from tests.contracts.catalogue_others import OTHERS
from tests.contracts.catalogue_packs import PACKS
from tests.contracts.catalogue_schema import SCHEMA
from tests.contracts.catalogue_sealed import SEALED
from tests.contracts.catalogue_signed import SIGNED
from tests.contracts.catalogue_writing import WRITING

TITLES = (
    "edit a field",
    "edit, and make the stored leaf hash fit",
    "edit, and hash everything after it anew, without the key",
    "swap two entries",
    "delete an entry",
    "delete and renumber",
    "delete, renumber and hash anew",
    "cut the end off, leave its checkpoints",
    "cut the end and its checkpoints off, below an anchor",
    "cut off what is newer than the last anchor",
    "insert garbage",
    "insert a well-formed approval that nobody gave",
    "INSERT OR REPLACE, or update on conflict",
    "append an event once more",
    "write a body with other white space",
    "write a key twice",
    "write a letter in another Unicode form",
    "write 1 as 1.0",
    "back-date, and hash anew",
    "let a searched column say something else than the body",
    "drop or disable a guard",
    "rewrite, and sign with another key of the same name",
    "show an old checkpoint as the newest",
    "delete the newest checkpoint",
    "show a checkpoint of another log that the same key signed",
    "rewrite, and sign with the stolen key",
    "the same, only what is newer than the last anchor",
    "spoil or delete a tile",
    "put an older backup in the place of the database",
    "put a backup there that is newer than the last anchor",
    "fork: go on from an earlier size with the real key",
    "let rows be dropped in silence",
    "switch the triggers off for a moment",
    "leave a guard its name and take its force",
    "rename the table, put a look-alike there",
    "add a column that misleads",
    "kill the writer in the middle",
    "tear the write-ahead log",
    "fill the disk, lock the database, make it read-only",
    "move the clock",
    "take a transaction back",
    "write what a database cannot store",
    "leave an entry out of a proof pack",
    "show a proof of another tree, entry or key",
    "sign with the old key after a rotation",
    "rotate to a key of one's own",
    "edit or delete an anchor in Slack",
    "alter, swap or invent a disclosure, or the key it is sealed with",
    "erase a person's words, as the law asks",
    "ask a witness that has seen more",
    "raise the isolation level",
    "let Alembic rebuild a table",
    "spoil or delete the signature of a witness or a second key",
    "give a role the right to change what is there",
)
ATTACKS = tuple(
    sorted(
        (*ENTRIES, *SIGNED, *ANCHORED, *SCHEMA, *WRITING, *PACKS, *KEYS, *OTHERS, *SEALED),
        key=lambda attack: attack.number,
    )
)
BEGIN, END = "<!-- from here: made by the test -->", "<!-- to here -->"
_HEAD = ("| # | Attack | SQLite | Postgres | Found | Test |", "|---|---|---|---|---|---|")


def page_part() -> str:
    """Return the part of the page that is made from the table."""
    return "\n".join([*_HEAD, *_lines()])


def _lines() -> list[str]:
    named: dict[tuple[int, str], list[Attack]] = {}
    for each in ATTACKS:
        named.setdefault((each.number, each.name), []).append(each)
    return [_line(number, name, each) for (number, name), each in named.items()]


def _line(number: int, name: str, attacks: Sequence[Attack]) -> str:
    guards = " | ".join(_guards(dialect, attacks) for dialect in BOTH)
    return f"| {number} | {TITLES[number - 1]} | {guards} | {_found(attacks[0])} | `{number:02}-{name}` |"


def _guards(dialect: str, attacks: Sequence[Attack]) -> str:
    tried = [each for each in attacks if each.tried and dialect in each.on]
    if not tried:
        return "–"
    return "refused" if dialect in tried[0].refused else "let pass"


def _found(attack: Attack) -> str:
    residual = attack.newer is not None and attack.found == ""
    found = [attack.found or ("nothing in the database" if residual else "no finding")]
    if attack.newer:
        found.append(f"{'a newer' if attack.older == '' else 'an'} anchor: {attack.newer}")
    if attack.stops:
        found.append(f"the next append is refused (“{attack.stops}”)")
    return "; ".join([*found, *([attack.says] if attack.says else [])])
