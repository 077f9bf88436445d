"""Attacks 43 and 44: a proof pack, made by the product, that somebody works on before they show it."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from bot.domain.note import Signer, Verifier
from bot.domain.proof_check import check_pack
from tests.contracts.audit_house import ORIGIN, entry
from tests.contracts.catalogue import SQLITE, Attack, Stage

Pack = dict[str, Any]
Lie = Callable[[Pack, Pack], object]


async def pack_of(stage: Stage, change: str) -> Pack:
    """Return the pack of a change that was just lived through."""
    said = {"revision": 1, "plan_digest": "d" * 64}
    await stage.house.append(entry("change.requested", change, said), entry("change.planned", change, said))
    await stage.house.append(entry("change.commented", change), entry("change.withdrawn", change))
    async with stage.house.engine.begin() as connection:
        pack = await stage.house.ledger.proof_pack(connection, change, disclose=True)
    made: Pack = json.loads(json.dumps(pack.as_json()))
    return made


def lying(lie: Lie) -> Callable[[Stage], Awaitable[str]]:
    """Return the work of somebody who changes a pack, with another one at hand; what checks packs says the code."""

    async def work(stage: Stage) -> str:
        other, pack = await pack_of(stage, "CHG-8"), await pack_of(stage, "CHG-9")
        keys = [Verifier.parse(stage.place.vkey)]
        assert check_pack(json.dumps(pack), keys).exit == 0
        lie(pack, other)
        return check_pack(json.dumps(pack), keys).code

    return work


def without(number: int) -> Lie:
    """Return the lie of leaving an entry out."""
    return lambda pack, _: pack["entries"].pop(number)


def without_an_end(pack: Pack, _: Pack) -> None:
    """Leave the end out, and the claim that there is one: what is left is the pack of before the end."""
    pack["entries"].pop()
    pack["ended"] = ""


def proof_swapped(pack: Pack, _: Pack) -> None:
    """Give two entries each other's proof."""
    one, two = pack["entries"][:2]
    one["proof"], two["proof"] = two["proof"], one["proof"]


def of_another_format(pack: Pack, _: Pack) -> None:
    """Call the pack another format, so that nobody judges it."""
    pack["format"] = "countersign.incident-review/1"


def of_an_older_tree(pack: Pack, other: Pack) -> None:
    """Take the checkpoint of the tree as it was before this change."""
    pack["checkpoint"] = other["checkpoint"]


async def of_another_key(stage: Stage) -> str:
    """Sign the same entries with another key of the same name."""
    pack = await pack_of(stage, "CHG-9")
    stranger = Signer.parse(Signer.generate(ORIGIN)[0])
    text = pack["checkpoint"].partition("\n\n")[0] + "\n"
    pack["checkpoint"] = stranger.sign(text)
    return check_pack(json.dumps(pack), [Verifier.parse(stage.place.vkey)]).code


PACKS = (
    Attack(43, "leave-out-the-first", lying(without(0)), "P4", on=(SQLITE,)),
    Attack(43, "leave-out-a-middle-one", lying(without(2)), "P4", on=(SQLITE,)),
    Attack(43, "leave-out-the-end", lying(without(-1)), "P5", on=(SQLITE,)),
    Attack(
        43,
        "leave-out-the-end-and-its-claim",
        lying(without_an_end),
        on=(SQLITE,),
        says="the pack holds, and says NOT ENDED; residual: whoever needs the end asks for a pack that has one",
    ),
    Attack(44, "swap-proofs", lying(proof_swapped), "P3", on=(SQLITE,)),
    Attack(44, "proof-of-another-tree", lying(of_an_older_tree), "P3", on=(SQLITE,)),
    Attack(44, "another-key", of_another_key, "P2", on=(SQLITE,)),
    Attack(
        44,
        "another-format",
        lying(of_another_format),
        "U3",
        on=(SQLITE,),
        says="exit 2, nobody can say: it never holds, and disproves nothing",
    ),
)
