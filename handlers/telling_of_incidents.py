"""Making visible what happens in an incident: each job renders the rows as they are now."""

from bot.domain.incident import incident_number
from handlers.dependencies import Dependencies
from handlers.telling_of_snapshots import tell_of_snapshot


async def tell_of_incident(key: str, deps: Dependencies) -> None:
    """Do what a job `deliver:INC-3:…` asks."""
    match key.split(":")[1:]:
        case [incident, "snapshot", n]:
            await tell_of_snapshot(incident_number(incident), int(n), deps)
