"""What is typed wrongly is answered with what to type, before anybody looks at anything."""

from collections.abc import Mapping

import pytest

from bot.domain.errors import CountersignError
from bot.ports.slack import Block, Message
from handlers.commands.registry import COMMANDS, run_command
from handlers.dependencies import Dependencies
from handlers.shapes import SHARED, Asked
from tests.fakes.channels import Rooms
from tests.fakes.house import ANNA, House


class Silent:
    """A messenger of a door that must not speak: it has no voice at all."""

    async def open_view(self, trigger_id: str, view: Block) -> str:
        """Refuse to open anything."""
        raise AssertionError(f"nothing was to be opened: {trigger_id} {view}")


async def typed(house: House, text: str) -> Message | None:
    """Return what a command answers to Anna."""

    async def unasked() -> None:
        raise AssertionError("the trail was not to be checked")

    deps = Dependencies(house.desk, Silent(), house.readers, unasked, channels=Rooms())  # type: ignore[arg-type]
    return await run_command(text, Asked(house.caller(ANNA), "C0OPS", "trigger"), deps)


REFUSALS: Mapping[str, tuple[str, str]] = {
    "change frob": ("There is no `change frob`.", "Known: "),
    "help nope": ("There is no help on 'nope'.", "Known: "),
    "status triage-pro": ("There is no target called 'triage-pro'.", "Did you mean triage-prod?"),
    "cost": ("Which target?", "`cost triage-prod`"),
    "admin": ("What of the policy?", "`admin policy CHG-n"),
    "change reject CHG-1 I changed my mind": (
        "No words after the id: the form asks for the reason.",
        "`change reject CHG-1` alone",
    ),
    "change reject": ("Which change?", "CHG-12"),
    "audit proof": ("The proof of which change?", "`audit proof CHG-1`"),
    "audit proof CHG-99": ("There is no CHG-99.", "`change list`"),
    "audit proof CHG-1 --with": ("There is no option --with here.", "--withhold"),
    "audit export CHG-1": ("`audit export` cannot read 'CHG-1'.", "[--change CHG-n]"),
    "audit export --format xml": ("There is no format 'xml'.", "jsonl"),
    "audit export --format tiles": ("There is no format 'tiles'.", "cloudevents"),
    "audit export --last 9": ("The ends of the range are times here, not numbers.", "`7d`"),
    "audit export --last 30d --to 1d": ("`--last` goes up to now.", "--from and --to"),
    "audit export --from yesterday": ("'yesterday' is not a time.", "`7d`"),
    "audit export --from 1d --to 7d": ("The range ends before it begins.", "the earlier end first"),
    "audit export --change CHG-99": ("There is no CHG-99.", "`change list`"),
    "audit export --chnage CHG-1": ("There is no option --chnage here.", "--change"),
    "quota nope": ("There is no account or region called 'nope'.", "westeurope"),
    "metrics triage-prod --last 1h --last 6h": ("--last is given twice.", "Give it once."),
    "metrics --catalogue triage-prod": ("The catalogue is the same for every target.", "alone"),
    "evidence triage-prod --change CHG-99": ("There is no CHG-99.", "`change list`"),
    "metrics triage-prod --vs CHG-99": ("There is no CHG-99.", "`change list`"),
}


@pytest.mark.parametrize("text", REFUSALS)
async def test_what_is_typed_wrongly_is_answered_with_what_to_type(text: str) -> None:
    house = House()
    with pytest.raises(CountersignError) as refused:
        await typed(house, text)
    happened, advice = REFUSALS[text]
    assert str(refused.value) == happened
    assert advice in refused.value.advice
    assert house.jobs == set(), "nobody looks on behalf of what cannot be answered"


@pytest.mark.parametrize("name", ["*triage-prod*", "`triage-prod`", "classifier-ft"])
async def test_a_name_is_found_as_chat_and_azure_write_it(name: str) -> None:
    house = House()
    assert await typed(house, f"status {name}") is not None
    assert len(house.jobs) == 1


@pytest.mark.parametrize(
    "command", [each for each in COMMANDS if SHARED in each.more], ids=lambda each: each.name
)
async def test_help_says_share_of_what_takes_it(command: object) -> None:
    name = command.name  # type: ignore[attr-defined]
    said = await typed(House(), f"help {name}")
    assert said is not None
    assert "1 command." in said.text
    assert "`--share` answers in the channel" in str(said.blocks).replace("\\", "")


async def test_help_of_metrics_says_units_and_limits() -> None:
    said = await typed(House(), "help metrics")
    assert said is not None
    assert all(words in str(said.blocks) for words in ("Units: ", "93 days", "`6h`"))


@pytest.mark.parametrize("verb", ["change", "freeze", "audit", "status"])
async def test_help_after_a_verb_is_the_help_of_that_verb(verb: str) -> None:
    assert await typed(House(), f"{verb} help") == await typed(House(), f"help {verb}")


async def test_a_bare_verb_reads_and_changes_nothing() -> None:
    for verb in ("change", "freeze"):
        assert await typed(House(), verb) == await typed(House(), f"{verb} list")
    with pytest.raises(AssertionError, match="the trail was not to be checked"):
        await typed(House(), "audit")
