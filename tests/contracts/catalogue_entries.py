"""Attacks 1 to 19: the entries themselves, edited, moved, cut off, invented and written otherwise."""

import json
from collections.abc import Awaitable, Callable
from functools import partial

from bot.domain.merkle import leaf_hash
from bot.domain.note import Signer
from tests.contracts.audit_forge import Forge, forged
from tests.contracts.catalogue import POSTGRES, Attack, Stage, Tried, nothing

EDIT = "UPDATE {}audit_entry SET body = replace(body, 'U1', 'U9') WHERE seq = 3"
SWAP = (
    "UPDATE {}audit_entry SET seq = 99 WHERE seq = 3;;UPDATE {}audit_entry SET seq = 3 WHERE seq = 4;;"
    "UPDATE {}audit_entry SET seq = 4 WHERE seq = 99"
)
DELETE = "DELETE FROM {}audit_entry WHERE seq = 3"
RENUMBER = "UPDATE {}audit_entry SET seq = seq - 1 WHERE seq > 3"
CUT = "DELETE FROM {}audit_entry WHERE seq >= 9"
CUT_NOTES = "DELETE FROM {}audit_checkpoint WHERE size > 9"
CUT_MORE = ("DELETE FROM {}audit_entry WHERE seq >= 8", "DELETE FROM {}audit_checkpoint WHERE size > 8")
NO_ANCHOR = "DELETE FROM {}audit_anchor"
BACK_DATE = "UPDATE {}audit_entry SET body = replace(body, '2026-11-22', '2020-01-01') WHERE seq = 5"

Change = Callable[[Forge], object]


def forging(*steps: Change) -> Callable[[Stage], Awaitable[None]]:
    """Return the work of a forger who changes rows so, and puts every guard up again."""

    async def work(stage: Stage) -> None:
        def attack(forge: Forge) -> None:
            for step in steps:
                step(forge)

        await forged(stage.house, attack)

    return work


def with_stolen_key(*steps: Change) -> Callable[[Stage], Awaitable[None]]:
    """Return the same work, and everything signed again with the log's own key."""

    async def work(stage: Stage) -> None:
        await forging(*steps, lambda forge: forge.resign(Signer.parse(stage.house.skey)))(stage)

    return work


def unguarded(*statements: str) -> Callable[[Stage], Awaitable[None]]:
    """Return the work of a forger who runs statements with every guard down, and puts them up again."""

    async def work(stage: Stage) -> None:
        await stage.tamper(*statements)

    return work


def edited(forge: Forge, seq: int = 3) -> None:
    """Say that somebody else did it."""
    forge.edit(seq, lambda document: document["actor"].update(id="U9"))


def leaf_fixed(forge: Forge, seq: int = 3) -> None:
    """Make the leaf hash fit the body."""
    forge.fix_leaf(seq)


def rechained(forge: Forge, first: int = 3) -> None:
    """Make every number, link, change chain and leaf hash from here on fit, as anybody can without the key."""
    chains: dict[str, tuple[int, str]] = {}
    for seq, body in enumerate(forge.bodies):
        subject = json.loads(body)["subject"]
        n, prev = chains.get(subject.get("change", ""), (0, "0" * 64))
        if seq >= first and subject:
            linked = subject | {"n": n, "prev": prev}
            forge.edit(seq, lambda document, linked=linked: document.update(subject=linked))
        if seq >= first:
            link = forge.leaves[seq - 1].hex()
            forge.edit(seq, lambda document, seq=seq, link=link: document.update(seq=seq, prev=link))
            forge.fix_leaf(seq)
        chains[subject.get("change", "")] = (n + 1, forge.leaves[seq].hex())
    forge.renumber()


def renumbered(forge: Forge) -> None:
    """Number the rows without gaps."""
    forge.renumber()


def swapped(forge: Forge) -> None:
    """Let two entries change places."""
    forge.bodies[3:5] = forge.bodies[4:2:-1]
    forge.leaves[3:5] = forge.leaves[4:2:-1]


def deleted(forge: Forge, low: int = 3, high: int | None = 4) -> None:
    """Take rows out."""
    for rows in (forge.bodies, forge.leaves, forge.seqs):
        del rows[low:high]


def repeated(forge: Forge) -> None:
    """Append an entry once more."""
    forge.bodies.append(forge.bodies[3])
    forge.leaves.append(forge.leaves[3])


def rewritten(seq: int, old: str, new: str) -> Change:
    """Return the change of a few characters of a body, its leaf hash made to fit."""

    def change(forge: Forge) -> None:
        assert old in forge.bodies[seq]
        forge.bodies[seq] = forge.bodies[seq].replace(old, new)
        forge.fix_leaf(seq)

    return change


def back_dated(forge: Forge) -> None:
    """Say that it was years ago."""
    forge.edit(5, lambda document: document.update(ts="2020-01-01T00:00:00.000000Z"))


async def garbage(stage: Stage) -> str:
    """Return the insertion of a well-placed body under a hash that is not its own."""
    body, _ = await stage.forged_approval()
    return stage.insertion(11, body, bytes(32))


async def inserted(stage: Stage, tried: Callable[[Stage], Awaitable[str]]) -> None:
    """Do what was tried, with every guard down."""
    await stage.tamper(await tried(stage))


async def approval(stage: Stage) -> str:
    """Return the insertion of an approval that fits in every way but has no signature."""
    return stage.insertion(11, *await stage.forged_approval())


async def replacement(stage: Stage) -> str:
    """Return the statement that puts another entry in an entry's place."""
    (bodies, _), is_lite = await stage.stored(), stage.dialect == "sqlite"
    body = bodies[3].replace("U1", "U9")
    then = "" if is_lite else "ON CONFLICT (shard, seq) DO UPDATE SET body = EXCLUDED.body"
    verb = "INSERT OR REPLACE" if is_lite else "INSERT"
    leaf = leaf_hash(body.encode())
    return stage.insertion(
        3, body, leaf, verb, then if is_lite else f"{then}, leaf_hash = EXCLUDED.leaf_hash"
    )


async def upsert(stage: Stage) -> str:
    """Return the statement that updates an entry on the conflict it makes itself."""
    bodies, _ = await stage.stored()
    body = bodies[3].replace("U1", "U9")
    then = "ON CONFLICT (shard, seq) DO UPDATE SET body = EXCLUDED.body"
    return stage.insertion(3, body, leaf_hash(body.encode()), then=then)


async def duplicate(stage: Stage) -> str:
    """Return the insertion of an event that is there already, at the end."""
    bodies, leaves = await stage.stored()
    body = bodies[3].replace('"seq":3', '"seq":11').replace(leaves[2].hex(), leaves[-1].hex())
    return stage.insertion(11, body, leaf_hash(body.encode()))


async def id_free_to_repeat(stage: Stage) -> None:
    """Take the unique index away and append an entry once more."""
    await stage.alter("DROP INDEX {}ux_audit_id")
    await forging(repeated, partial(rechained, first=11))(stage)


def text_of(seq: int, old: str, new: str, name: str, number: int, found: str) -> Attack:
    """Return the attack that writes what a body says in another way."""
    tried: Tried = f"UPDATE {{}}audit_entry SET body = replace(body, '{old}', '{new}') WHERE seq = {seq}"
    return Attack(number, name, forging(rewritten(seq, old, new)), found, tried)


ENTRIES = (
    Attack(1, "edit", forging(edited), "C1 C2 C4 M4", EDIT),
    Attack(2, "edit-fix-leaf", forging(edited, leaf_fixed), "C2 C4 M4", EDIT),
    Attack(3, "edit-rehash", forging(edited, rechained), "M4", EDIT, older="A3", newer="A3"),
    Attack(4, "swap", forging(swapped), "C2 C5 M4 S6", SWAP),
    Attack(5, "delete", forging(deleted), "C2 C3 C4 M4", DELETE),
    Attack(6, "delete-renumber", forging(deleted, renumbered), "C2 C4 C5 M4 M6", f"{DELETE};;{RENUMBER}"),
    Attack(7, "delete-rehash", forging(deleted, rechained), "M4 M6", f"{DELETE};;{RENUMBER}", newer="A2"),
    Attack(8, "truncate", unguarded(CUT), "M6", CUT, newer="A2"),
    Attack(
        9,
        "truncate-below-the-anchor",
        unguarded(*CUT_MORE),
        "M6",
        ";;".join(CUT_MORE),
        older="A2",
        newer="A2",
    ),
    Attack(
        9,
        "truncate-anchors-row-too",
        unguarded(*CUT_MORE, NO_ANCHOR),
        "",
        NO_ANCHOR,
        older="A2",
        newer="A2",
        says="found by the anchor alone",
    ),
    Attack(
        10,
        "truncate-above-the-anchor",
        unguarded(CUT, CUT_NOTES),
        "",
        f"{CUT};;{CUT_NOTES}",
        older="",
        newer="A2",
        says="residual: what is newer than the last anchor",
    ),
    Attack(
        11,
        "insert-garbage",
        partial(inserted, tried=garbage),
        "C1 M5",
        garbage,
        refused=(POSTGRES,),
        stops="signed for",
    ),
    Attack(12, "insert-forged-approval", nothing, "M5", approval, refused=(), stops="signed for"),
    Attack(13, "replace", partial(inserted, tried=replacement), "C2 C4 M4", replacement),
    Attack(13, "upsert", partial(inserted, tried=replacement), "C2 C4 M4", upsert),
    Attack(14, "append-again", id_free_to_repeat, "M5 S2 S5 S6", duplicate, stops="signed for"),
    text_of(10, '"v":1', '"v": 1', "whitespace", 15, "M4 S1"),
    text_of(10, '"v":1', '"v":1,"v":1', "duplicate-key", 16, "M4 S7"),
    text_of(1, "André", "Andre\u0301", "look-alike", 17, "C2 C4 M4 S1"),
    text_of(1, '"cost":1', '"cost":1.0', "number-as-float", 18, "C2 C4 M4 S4 S7"),
    Attack(
        19,
        "back-date-rehash",
        forging(back_dated, partial(rechained, first=5)),
        "M4 S6",
        BACK_DATE,
        older="A3",
        newer="A3",
    ),
)
