"""`python -m sandbox.story STORY --slack URL --azure URL`: play a story and check what everybody sees."""

import argparse
import asyncio
import os
import sys
import time

import aiohttp

from sandbox.story.incident_plot import INCIDENT
from sandbox.story.plot import CHANGE, Story
from sandbox.story.stage import Stage
from sandbox.story.transcript import Transcript
from sandbox.story.world import Azure, Slack, is_loopback

DEADLINE = 60.0
STORIES: dict[str, Story] = {"change": CHANGE, "incident": INCIDENT}


async def tell(story: Story, slack_url: str, azure_url: str, *, colours: bool) -> int:
    """Play the story; 0 when every check held."""
    began = time.monotonic()
    async with aiohttp.ClientSession(slack_url) as at_slack, aiohttp.ClientSession(azure_url) as at_azure:
        slack = Slack(at_slack)
        transcript = Transcript(await slack.names(), colours=colours)
        stage = Stage(slack, Azure(at_azure), transcript)
        transcript.title(story.title, story.about)
        try:
            async with asyncio.timeout(DEADLINE):
                await story.play(stage)
        except TimeoutError:
            stage.missed += 1
            transcript.failed("The story took too long", f"an end within {DEADLINE:g} s", "none")
        took = time.monotonic() - began
    if stage.missed:
        transcript.end(f"{stage.missed} of {stage.held + stage.missed} checks did not hold.", good=False)
        return 1
    transcript.end(f"All {stage.held} checks held, in {took:.0f} s.", good=True)
    return 0


def main() -> int:
    """Read the command line and tell the story."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.story", description=__doc__)
    parser.add_argument("story", choices=sorted(STORIES), help="which story")
    parser.add_argument("--slack", required=True, help="where the simulated Slack is")
    parser.add_argument("--azure", required=True, help="where the simulated Azure is")
    asked = parser.parse_args()
    if not (is_loopback(asked.slack) and is_loopback(asked.azure)):
        parser.error("the story is played on this machine only: http://127.0.0.1:…")
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    try:
        return asyncio.run(tell(STORIES[asked.story], asked.slack, asked.azure, colours=colours))
    except aiohttp.ClientError as error:
        print(f"The sandbox did not answer: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
