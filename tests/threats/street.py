"""A house of the use cases on a real database, with as many accounts as there are changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.change import Change, Choice
from bot.domain.configuration import Configuration, Group
from bot.domain.deployment import DeploymentRef, Target
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.usecases import steer_change
from bot.usecases.check_change import Green, check_change
from bot.usecases.decide_change import Decision, Outcome, decide_change
from bot.usecases.execute_change import execute_change
from bot.usecases.steer_change import Done
from tests.fakes.azure_reads import PLACE
from tests.fakes.azure_world import World, Writer, seen
from tests.fakes.clock import FakeClock
from tests.fakes.directory import FakeDirectory
from tests.fakes.house import ANNA, OTTO, House, company


@dataclass
class Street:
    """One Azure, one directory and one clock for everybody; each person brings an archive of their own."""

    accounts: int
    approvers: tuple[str, ...]
    clock: FakeClock = field(default_factory=FakeClock)
    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        """Put a deployment into every account."""
        self.writer = Writer(self.world)
        self.directory = FakeDirectory({})
        for target in self.targets:
            self.world.others[target.ref.key] = seen(target.ref, 120)

    @property
    def targets(self) -> tuple[Target, ...]:
        """Return a target for each account."""
        places = [replace(PLACE, name=f"p{each}", account=f"aoai-{each}") for each in range(self.accounts)]
        return tuple(
            Target(f"t{n}", DeploymentRef(place, "ft"), OTTO, "C0OPS") for n, place in enumerate(places)
        )

    @property
    def configuration(self) -> Configuration:
        """Return the policy: one approval by any of the approvers."""
        groups = {
            "approvers": Group("approvers", frozenset(self.approvers)),
            "security": Group("security", frozenset({"U0SEC"})),
        }
        accounts = tuple(target.ref.account for target in self.targets)
        return company(accounts=accounts, targets=self.targets, groups=groups)

    def house(self, archive: Any) -> House:
        """Return a house on this archive."""
        built = House(
            configuration=self.configuration,
            archive=archive,
            clock=self.clock,
            world=self.world,
            directory=self.directory,
        )
        built.writer = self.writer
        return built


async def pending(house: House, alias: str) -> Change:
    """Return a change of a target that waits for approval, as its requester and the pre-checks leave it."""
    draft = await house.ask(ANNA, target=alias)
    assert isinstance(draft, Change), draft
    people = await house.people(ANNA, OTTO)
    caller, desk = house.caller(ANNA), house.desk
    green = await check_change(draft, caller=caller, people=people, readers=house.readers, desk=desk)
    assert isinstance(green, Green), green
    return green.change


async def decide(
    house: House,
    change: Change,
    by: str,
    choice: Choice = Choice.APPROVE,
    people: Mapping[str, Standing] | None = None,
) -> Outcome:
    """Decide a change as its card shows it."""
    card = Decision(change.number, change.revision, change.plan_digest[:12], choice, "because")
    people = people or await house.people(by, ANNA)
    async with house.archive.transaction() as tx:
        return await decide_change(
            card,
            caller=house.caller(by),
            tx=tx,
            configuration=house.configuration,
            directory=people,
            now=house.clock.now(),
        )


async def ask_to_apply(house: House, number: int, by: str, people: Mapping[str, Standing]) -> Done | Refused:
    """Ask for a change to be applied."""
    async with house.archive.transaction() as tx:
        return await steer_change.ask_to_apply(
            number, caller=house.caller(by), people=people, tx=tx, desk=house.desk
        )


async def apply(house: House, number: int) -> None:
    """Run the executor's job of a change."""
    await execute_change(number, executor=house.executor, desk=house.executor_desk, cause=house.cause)
