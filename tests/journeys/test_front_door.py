"""The front door with the whole house behind it: both transports, both databases."""

from tests.journeys.conftest import House


async def test_help_is_answered_to_the_person_who_asks_and_to_nobody_else(house: House) -> None:
    assert (await house.people.say("U0ALICE", "/cs help"))["ok"]
    answer = await house.people.message("U0ALICE", "change request")
    assert answer["ephemeral_to"] == "U0ALICE"
    assert [item for item in await house.people.messages("U0BOB") if item["app"]] == []
