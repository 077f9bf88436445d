"""`subteam_members_changed`: a user group changed, so it is read afresh."""

from handlers.dependencies import Dependencies
from handlers.shapes import Happening, SlackEvent


async def _run(_: Happening, deps: Dependencies) -> None:
    async with deps.desk.archive.transaction() as tx:
        await tx.enqueue("directory", "directory:")


SUBTEAM = SlackEvent("subteam_members_changed", _run)
