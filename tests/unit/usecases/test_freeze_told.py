"""A freeze of the chat is announced in the channels of the targets that it freezes, and so is its end."""

from tests.fakes.house import House, company


async def test_each_channel_of_a_frozen_target_is_told_once_and_again_when_it_is_lifted() -> None:
    house = House(company(freeze_groups=("security",)))
    channels = {target.channel for target in house.desk.configuration.targets}
    await house.freeze()
    assert house.jobs == {f"deliver:freeze:1:added:{channel}" for channel in channels}
    house.forget_jobs()
    await house.lift()
    assert house.jobs == {f"deliver:freeze:1:lifted:{channel}" for channel in channels}
    house.forget_jobs()
    await house.lift()
    assert house.jobs == set(), "who lifts it a second time is refused, and nobody is told"


async def test_a_channel_without_a_frozen_target_is_not_told() -> None:
    house = House(company(freeze_groups=("security",)))
    await house.freeze(1, 0, "nothing-of-ours")
    assert house.jobs == set()
