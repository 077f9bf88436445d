"""The plot of the incident: evidence that arrives by itself, and a channel that cannot hurt production."""

from sandbox.story import incident_end, incident_start
from sandbox.story.plot import Story
from sandbox.story.stage import MissedError, Stage


async def play(stage: Stage) -> None:
    """Play every scene; a scene that misses something ends the story."""
    try:
        await _start(stage)
        await _end(stage)
    except MissedError:
        return


async def _start(stage: Stage) -> None:
    tells = "Somebody takes capacity away by hand. Azure Monitor notices, and the app declares an incident."
    with stage.scene(1, "Nobody asked, and tickets wait", tells):
        room = await incident_start.alert(stage)
    tells = "The first snapshot names the fault, what it changed, and the write that nobody approved."
    with stage.scene(2, "Evidence arrives by itself", tells):
        await incident_start.evidence(stage, room)
    with stage.scene(3, "Somebody leads", "Lead, severity and notes, with one line each in the timeline."):
        await incident_start.people(stage, room)
    tells = "While the incident is open, only an emergency runs on its target, and its lead must consent."
    with stage.scene(4, "The channel cannot hurt production", tells):
        await incident_start.refusal(stage)


async def _end(stage: Stage) -> None:
    tells = "An emergency change, linked both ways: one approval, the lead's consent, one call."
    with stage.scene(5, "The repair", tells):
        change = await incident_end.repair(stage)
    with stage.scene(6, "Did it help?", "A snapshot by the clock, and one when the repair was applied."):
        await incident_end.relief(stage, change)
    with stage.scene(
        7, "Resolved", "What is still open is said; the timeline is posted; the story is a file."
    ):
        await incident_end.resolution(stage, change)
    with stage.scene(8, "The trail proves itself", "Everything above is an entry that anybody may verify."):
        await incident_end.proof(stage)


INCIDENT = Story(
    "Countersign: an incident on triage-prod",
    "Alice is an ML engineer, Bob and Carol run the platform, Dan is of security, Olivia owns the service. "
    "Slack and Azure are simulated, the app is real. Times are UTC.",
    play,
)
