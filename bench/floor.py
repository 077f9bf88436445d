"""`python -m bench.floor`: bare aiohttp that answers given bytes (`/`) or passes a request on (`/relay`)."""

import asyncio
import os

from aiohttp import ClientSession, web

from bench.children import tell, until_input_closes

HOST = "127.0.0.1"


class Floor:
    """Answers what it was told to answer, and does nothing else."""

    def __init__(self, session: ClientSession) -> None:
        self._session = session
        self._body = b"{}"
        self._media = "application/json"

    async def learn(self, request: web.Request) -> web.Response:
        """Take the bytes to answer from now on."""
        self._body, self._media = await request.read(), request.content_type
        return web.Response()

    async def answer(self, request: web.Request) -> web.Response:
        """Read the request and answer the bytes."""
        await request.read()
        return web.Response(body=self._body, content_type=self._media)

    async def relay(self, request: web.Request) -> web.Response:
        """Pass the request on to another process and its answer back: one more hop."""
        async with self._session.post(request.query["to"], data=await request.read()) as answer:
            return web.Response(body=await answer.read())


async def _serve() -> None:
    async with ClientSession() as session:
        floor = Floor(session)
        app = web.Application()
        app.add_routes(
            [web.post("/", floor.answer), web.put("/", floor.learn), web.post("/relay", floor.relay)]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        tell(pid=str(os.getpid()), url=f"http://{HOST}:{runner.addresses[0][1]}")
        await until_input_closes()
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve())
