"""Fine-tuning jobs of an account, read from the data plane with the reader's identity."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from bot.azure import parse, parse_training
from bot.azure.endpoints import DATA_PLANE_HOST, Endpoints, is_loopback
from bot.azure.errors import AzureRefusedError
from bot.azure.fetch import Fetch, as_is
from bot.azure.reader import API_VERSION, account_path
from bot.domain.deployment import Account, DeploymentRef
from bot.domain.errors import NotFoundError
from bot.domain.inventory import TrainingJob
from bot.domain.json import Json

Raw = Mapping[str, Json]
JOBS_KEPT = timedelta(seconds=60)
ENDED_KEPT = timedelta(hours=12)
PAGE = "100"
MOST_PAGES = 20
MOST_SEARCHED = 20
ENDED = frozenset({"succeeded", "failed", "cancelled"})
_NO_TIME = datetime.min.replace(tzinfo=UTC)
_CHECKPOINT = re.compile(r":ckpt-step-\d+$")


class DataPlaneTraining:
    """Reads of fine-tuning jobs; implements `bot.ports.inventory.TrainingReader`."""

    def __init__(self, data: Fetch, arm: Fetch, endpoints: Endpoints) -> None:
        self._data = data
        self._arm = arm
        self._url = endpoints.data_url.rstrip("/")

    async def job_of(self, ref: DeploymentRef, model: str) -> TrainingJob:
        """Return the job whose result, or one of whose checkpoints, is this model, with its checkpoints."""
        known = await self.jobs(ref.account)
        for job in known:
            if job.result_model and job.result_model in (model, _CHECKPOINT.sub("", model)):
                return await self._with_checkpoints(ref.account, job)
        made = [job for job in known if job.status == "succeeded"][:MOST_SEARCHED]
        if model.startswith("ftchkpt-"):
            for job in await asyncio.gather(*(self._with_checkpoints(ref.account, each) for each in made)):
                if any(model in (each.id, each.model) for each in job.checkpoints):
                    return job
        raise NotFoundError(
            f"No training job of {ref.account.name} made the model that {ref.deployment} serves.",
            advice="It is a base model, or was trained in another account.",
        )

    async def jobs(self, account: Account) -> Sequence[TrainingJob]:
        """Return every job of the account, newest first, without checkpoints."""
        what = f"the training jobs of {account.name}"
        found = await self._list(account, "/fine_tuning/jobs", what, JOBS_KEPT)
        jobs = parse.parsed(lambda: [parse_training.job(raw) for raw in found], what)
        return sorted(jobs, key=lambda job: (job.created_at or _NO_TIME, job.id), reverse=True)

    async def _with_checkpoints(self, account: Account, job: TrainingJob) -> TrainingJob:
        what = f"the checkpoints of a training job of {account.name}"
        keep = ENDED_KEPT if job.status in ENDED else JOBS_KEPT
        found = await self._list(account, f"/fine_tuning/jobs/{job.id}/checkpoints", what, keep)
        read = parse.parsed(lambda: [parse_training.checkpoint(raw) for raw in found], what)
        return replace(job, checkpoints=tuple(sorted(read, key=lambda each: (each.step, each.id))))

    async def _list(self, account: Account, path: str, what: str, keep: timedelta) -> list[Raw]:
        origin, prefix = await self._place(account)
        data, after = self._data.at(origin), ""
        found: list[Raw] = []
        for _ in range(MOST_PAGES):
            query = {"limit": PAGE, "after": after} if after else {"limit": PAGE}
            body = await data.one(prefix + path, query, as_is, what=what, keep=keep)
            page = parse.items(body, "data")
            found.extend(page)
            if body.get("has_more") is not True or not page:
                return found
            after = parse.parsed(partial(parse_training.identifier, page[-1]), what)
        raise AzureRefusedError(f"Azure's pages of {what} do not end.")

    async def _place(self, account: Account) -> tuple[str, str]:
        """Return the origin of the account's data plane and what its paths begin with."""
        if self._url:
            local = f"/dataplane/{account.account}" if is_loopback(self._url) else ""
            return self._url, f"{local}/openai/v1"
        path, query, what = (
            account_path(account),
            {"api-version": API_VERSION},
            f"the endpoint of {account.name}",
        )
        read = partial(endpoint_of, account)
        return await self._arm.one(path, query, read, what=what, keep=JOBS_KEPT), "/openai/v1"


def endpoint_of(account: Account, raw: Raw) -> str:
    """Return the origin of an account's own data plane.

    Raises:
        AzureRefusedError: its endpoint is no Azure OpenAI host, or another account's.
    """
    properties = parse.at(raw, "properties")
    endpoint = properties.get("endpoint")
    host = (
        urlsplit(endpoint).hostname if isinstance(endpoint, str) and endpoint.startswith("https://") else None
    )
    names = {account.account.lower(), parse.word(properties, "customSubDomainName").lower()}
    if host is None or not DATA_PLANE_HOST.fullmatch(host) or host.partition(".")[0] not in names:
        raise AzureRefusedError(
            f"The account {account.name} has no endpoint of its own that the token may go to.",
            advice="Give the account a custom subdomain, or set COUNTERSIGN_OPENAI_URL.",
        )
    return f"https://{host}"
