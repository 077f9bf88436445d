"""`python -m bench.azure_both FOLDER`: the simulated Azure in clear and over TLS, in a process of its own."""

import asyncio
import sys
from pathlib import Path

from bench.children import tell, until_input_closes
from sandbox.azure.server import azure_app
from sandbox.clock import SandboxClock
from tests.peers.azure_cli import make_authority, serving_both


async def _serve(folder: Path) -> None:
    authority, context = make_authority(folder)
    async with serving_both(azure_app(SandboxClock()), context) as (clear, covered):
        tell(clear=clear, covered=covered, authority=str(authority))
        await until_input_closes()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
