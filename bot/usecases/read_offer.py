"""Read what a request form can offer: the live deployment, and the models, SKUs and filters Azure has for it."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from bot.domain.deployment import Deployment, DeploymentRef
from bot.domain.errors import CountersignError, NotFoundError
from bot.ports.azure import AzureReader
from bot.ports.registry import Offer

Found = TypeVar("Found")


async def read_offer(ref: DeploymentRef, azure: AzureReader) -> Offer:
    """Return what a form about this deployment can offer; a list that cannot be read is empty, and typed instead.

    Raises:
        AzureUnavailableError: the deployment itself could not be looked at.
    """
    live, skus, models, filters = await asyncio.gather(
        _live(ref, azure),
        _or_nothing(azure.skus(ref)),
        _or_nothing(azure.models(ref.account)),
        _or_nothing(azure.content_filters(ref.account)),
    )
    return Offer(live, ref.deployment, models, skus, filters)


async def _live(ref: DeploymentRef, azure: AzureReader) -> Deployment | None:
    try:
        return await azure.deployment(ref)
    except NotFoundError:
        return None


async def _or_nothing(reading: Awaitable[Sequence[Found]]) -> Sequence[Found]:
    try:
        return await reading
    except CountersignError:
        return ()
