"""`POST /alerts`: what Azure Monitor sends. Who sends it is proven first, and it is kept before it is answered."""

import hmac
from functools import partial

import structlog
from aiohttp import web

from bot.azure.parse_alert import read_alert
from bot.domain.entry import new_ulid
from bot.domain.errors import CountersignError, InvalidInputError
from bot.ports.archive import Cause
from bot.usecases.receive_alert import Received, receive_alert
from handlers.house import House
from handlers.web.bodies import bounded
from handlers.web.door import UNSIGNED, Refuse
from handlers.web.entra import EntraKeys, Expected, examine_token
from handlers.web.metrics import Metrics

LOG = structlog.get_logger("alerts")
SECRET_HEADER = "X-Countersign-Alert-Secret"  # its name, not the secret  # noqa: S105
_LATER = {"Retry-After": "5"}


class AlertDoor:
    """Lets in who is Azure Monitor, reads one alert, and keeps it before it says so."""

    def __init__(self, house: House, metrics: Metrics) -> None:
        settings = house.settings
        self._house = house
        self._count = metrics.alerts
        self._secret = settings.alert_secret.get_secret_value().encode() if settings.is_sandbox else b""
        self._expected = Expected(
            settings.alert_authority.rstrip("/"),
            settings.alert_tenant,
            settings.alert_audience,
            settings.alert_senders,
        )
        self._keys = EntraKeys(self._expected.authority, self._expected.tenant, house.clock)

    async def receive(self, request: web.Request) -> web.Response:
        """Answer one notification: 202 kept, 200 known, 400 not an alert, 401 not let in, 503 try again."""
        try:
            refused = await self._examine(request)
            body = refused or await bounded(request)
            if isinstance(body, Refuse):
                return self._refuse(body)
            return self._answer(await self._keep(body))
        except InvalidInputError as error:
            self._count.labels("malformed").inc()
            LOG.warning("alerts.malformed", why=str(error))
            return web.json_response({"error": str(error), "next_step": error.advice}, status=400)
        except CountersignError as error:
            self._count.labels("failed").inc()
            LOG.warning("alerts.failed", error=type(error).__name__, why=str(error))
            return web.Response(status=503, headers=_LATER)

    async def _examine(self, request: web.Request) -> Refuse | None:
        """Return why the sender is not let in: by the sandbox's secret where there is one, else by its token."""
        if self._secret:
            said = request.headers.get(SECRET_HEADER, "").encode()
            return None if hmac.compare_digest(said, self._secret) else Refuse(UNSIGNED, "another secret")
        return await examine_token(
            request.headers.get("Authorization", ""),
            expected=self._expected,
            keys=self._keys.key,
            now=self._house.clock.now(),
        )

    def _refuse(self, refused: Refuse) -> web.Response:
        self._count.labels("unauthenticated" if refused.status == UNSIGNED else "malformed").inc()
        LOG.warning("alerts.refused", status=refused.status, why=refused.why)
        return web.Response(status=refused.status)

    async def _keep(self, body: bytes) -> Received:
        alert, house = read_alert(body), self._house
        cause = Cause("alerts", new_ulid(house.clock.now()))
        receive = partial(receive_alert, configuration=house.configuration, clock=house.clock, cause=cause)
        async with house.archive.archive.transaction() as tx:
            received = await receive(alert, tx=tx)
        LOG.info("alerts.kept", outcome=received.outcome, incident=received.incident, ref=cause.ref)
        return received

    def _answer(self, received: Received) -> web.Response:
        self._count.labels(received.outcome).inc()
        said: dict[str, str] = {"outcome": received.outcome}
        if received.incident:
            said["incident"] = f"INC-{received.incident}"
        return web.json_response(said, status=200 if received.outcome == "known" else 202)
