"""The plot of the change: thirteen scenes, in order."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sandbox.story import first_act, second_act
from sandbox.story.stage import MissedError, Stage

Scene = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Story:
    """A story: its first lines, and what plays it."""

    title: str
    about: str
    play: Scene


SECOND_ACT: tuple[tuple[str, str, Scene], ...] = (
    (
        "Carol rejects one",
        "A second wish is pending; a third on the same deployment has to wait, and a no needs a reason.",
        second_act.rejection,
    ),
    (
        "Somebody was faster, in the portal",
        "A change is approved for the state it was planned on. When that state moves, nothing is sent.",
        second_act.drift,
    ),
    (
        "Applied, and rolled back",
        "The way back is part of what was approved, so it needs one click and no second approval.",
        second_act.rollback,
    ),
    ("Alice withdraws one", "A requester may take a request back until it runs.", second_act.withdrawal),
    (
        "Too much for the region",
        "Checks run before anyone is asked. What cannot work never reaches an approver.",
        second_act.too_much,
    ),
    ("Asked with a mention", "Whoever does not like slash commands mentions the app.", second_act.mention),
    (
        "The trail proves itself",
        "Every decision, refusal and write above is an entry of the audit trail, which anybody may verify.",
        second_act.proof,
    ),
)


async def play(stage: Stage) -> None:
    """Play every scene; a scene that misses something ends the story."""
    try:
        await _first_act(stage)
        for number, (title, tells, scene) in enumerate(SECOND_ACT, start=7):
            with stage.scene(number, title, tells):
                await scene(stage)
    except MissedError:
        return


async def _first_act(stage: Stage) -> None:
    with stage.scene(
        1, "Alice looks before she asks", "Read-only evidence, each fact with the command behind it."
    ):
        capacity = await stage.azure.capacity()
        if capacity != 120 or await stage.azure.writes():
            raise MissedError("a sandbox that was just started, with capacity 120", f"capacity {capacity}")
        await first_act.evidence(stage)
    with stage.scene(2, "Alice asks for a change", "Every fact an approver needs, before anyone is asked."):
        card = await first_act.request(stage)
    with stage.scene(3, "Alice presses Approve herself", "A button that is visible is not a right."):
        await first_act.own_request(stage, card)
    with stage.scene(4, "Bob decides, Carol is late", "Two clicks for a decision, none of them blind."):
        approved = await first_act.decision(stage, card)
    tells = "Everything is checked again at the last moment; then one call, and the result is read back."
    with stage.scene(5, "Alice applies it", tells):
        running = await first_act.execution(stage, approved)
    with stage.scene(6, "Half an hour later", "The signal Alice named is compared, before and after."):
        await first_act.validation(stage, running)


CHANGE = Story(
    "Countersign: a day in #ml-ops",
    "Alice is an ML engineer, Bob and Carol run the platform, Olivia owns the service triage-prod. "
    "Slack and Azure are simulated, the app is real. Times are UTC.",
    play,
)
