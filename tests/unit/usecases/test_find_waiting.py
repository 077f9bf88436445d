"""What waits for a person: votes to give, evidence to attest, broken glasses to review."""

from bot.domain.change import Change, Tier
from bot.usecases.find_waiting import find_waiting
from tests.fakes.house import ANNA, BOB, CAROL, DAN, OTTO, RULES, House, company, rule

GLASS = rule("production", Tier.EMERGENCY, 2, "approvers", "security", break_glass=True)


def with_glass() -> House:
    """A company whose policy has a glass to break."""
    return House(company(rules={(each.environment, each.tier): each for each in (*RULES, GLASS)}))


async def waits(house: House, user: str) -> list[str]:
    """The ids of what waits for somebody."""
    async with house.archive.reading() as look:
        found = await find_waiting(user, await house.people(user), look=look, desk=house.desk)
    return [each.id for each in found]


async def test_a_request_waits_for_who_may_decide_until_they_have() -> None:
    house = House(company())
    await house.pending()
    assert (await waits(house, BOB), await waits(house, ANNA), await waits(house, OTTO)) == (
        ["CHG-1"],
        [],
        [],
    )
    await house.say(BOB)
    assert await waits(house, BOB) == []


async def test_evidence_waits_for_the_owner_alone() -> None:
    house = House(company())
    await house.validated()
    assert (await waits(house, OTTO), await waits(house, BOB)) == (["CHG-1"], [])


async def test_a_broken_glass_waits_for_a_review_by_somebody_else_long_before_it_is_late() -> None:
    house = with_glass()
    await house.pending(type="emergency", incident="INC-1")
    assert isinstance(await house.break_glass(DAN), Change)
    waiting = {user: await waits(house, user) for user in (ANNA, BOB, CAROL, DAN, OTTO)}
    assert waiting == {ANNA: [], BOB: ["CHG-1"], CAROL: ["CHG-1"], DAN: [], OTTO: []}
    assert isinstance(await house.review_glass(BOB), Change)
    assert await waits(house, CAROL) == []


async def test_the_request_of_ones_other_account_does_not_wait() -> None:
    house = House(company(entra_oids={ANNA: "0da0", BOB: "0da0"}))
    await house.pending()
    assert (await waits(house, BOB), await waits(house, CAROL)) == ([], ["CHG-1"])
