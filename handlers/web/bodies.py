"""Reading what somebody sends: no more than a door takes, and not for longer than it waits."""

import asyncio

from aiohttp import web

from handlers.web.door import MOST_BYTES, Refuse

DEADLINE_SECONDS = 2.5


async def bounded(request: web.Request) -> bytes | Refuse:
    """Return the body, however it is sent; it must be small, whole and not too slow."""
    if (request.content_length or 0) > MOST_BYTES:
        return Refuse(413, "too large")
    body = bytearray()
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            async for chunk in request.content.iter_chunked(16 * 1024):
                body += chunk
                if len(body) > MOST_BYTES:
                    return Refuse(413, "too large")
    except TimeoutError:
        return Refuse(408, "too slow")
    except (web.RequestPayloadError, OSError):
        return Refuse(400, "broken off")
    return bytes(body)
