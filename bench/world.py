"""`python -m bench.world FOLDER`: the pretended world with the real app on SQLite, in a process of its own."""

import asyncio
import os
import sys
from pathlib import Path

from bench.children import tell, until_input_closes
from handlers.cli.demo import Plan, demo_world
from handlers.logs import configure_logs


async def _serve(folder: Path) -> None:
    with (folder / "countersign.log").open("a", encoding="utf-8") as log:
        configure_logs(log)
        async with demo_world(Plan(folder, rate_limits="off")) as world:
            secret = world.settings.slack_signing_secret.get_secret_value()
            tell(pid=str(os.getpid()), slack=world.slack, azure=world.azure, app=world.app, secret=secret)
            await until_input_closes()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
