"""What an evidence section and a change kind look like, one file each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Protocol

from bot.domain.change import Impact, Tier
from bot.domain.deployment import (
    AvailableModel,
    ContentFilter,
    Deployment,
    DeploymentRef,
    SkuBounds,
    Usage,
)
from bot.domain.errors import NotFoundError
from bot.domain.evidence import Fact
from bot.domain.json import Json
from bot.domain.meter import Meter
from bot.domain.operation import Plan
from bot.ports.azure import AzureReader, MetricsReader
from bot.ports.inventory import (
    DeclaredReader,
    InventoryReader,
    JournalReader,
    LogsReader,
    NothingSent,
    OperatorReader,
    TrainingReader,
    UnknownOperator,
)


@dataclass(frozen=True)
class Readers:
    """What an evidence section may look at."""

    azure: AzureReader
    metrics: MetricsReader
    inventory: InventoryReader
    training: TrainingReader
    logs: LogsReader
    declared: DeclaredReader
    meter: Meter = field(default_factory=Meter)
    again: Callable[[Meter], "Readers"] | None = None
    operator: OperatorReader = field(default_factory=UnknownOperator)
    glance: Callable[[], "Readers"] | None = None
    journal: JournalReader = field(default_factory=NothingSent)

    def metered(self) -> "Readers":
        """Return the same readers with a meter of their own, for one look."""
        meter = Meter()
        if self.again is None:
            return replace(self, meter=meter)
        return replace(self.again(meter), declared=self.declared, journal=self.journal)

    def glancing(self) -> "Readers":
        """Return readers that may show a deployment as it was seconds ago: to be looked at, not to be acted on."""
        if self.glance is None:
            return self
        return replace(self.glance(), declared=self.declared, journal=self.journal)


class Section(Protocol):
    """One read-only question about a deployment. `key` is stable, `title` is what people see."""

    key: ClassVar[str]
    title: ClassVar[str]

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return what was seen; raise a CountersignError when it could not be looked at."""
        ...


@dataclass(frozen=True)
class Field:
    """One input of a request form that belongs to a kind: block id, label, hint, and the value that is live now.

    With `options` it is a select menu of these words; `required` false lets it stay empty; `is_multiline` takes
    one value a line.
    """

    block: str
    label: str
    hint: str
    initial: str = ""
    is_number: bool = False
    options: tuple[str, ...] = ()
    required: bool = True
    is_multiline: bool = False


@dataclass(frozen=True)
class Offer:
    """What a request form can offer: the live deployment and what Azure could run; empty before it was read."""

    live: Deployment | None = None
    name: str = ""
    models: Sequence[AvailableModel] = ()
    skus: Sequence[SkuBounds] = ()
    filters: Sequence[str] = ()


@dataclass(frozen=True)
class Site:
    """Where a change is planned: the target's deployment as it is now (None: there is none) and the revision.

    `in_place`: policy lets a model or an SKU be replaced under the same name.
    """

    ref: DeploymentRef
    live: Deployment | None
    revision: int = 1
    in_place: bool = False

    @property
    def existing(self) -> Deployment:
        """Return the live deployment; raise NotFoundError when there is none."""
        if self.live is None:
            raise NotFoundError(
                f"There is no deployment called {self.ref.deployment}.",
                advice="Create it with a change of kind `deploy`, or choose another target.",
            )
        return self.live


@dataclass(frozen=True)
class PlanFacts:
    """What a kind's own pre-checks may look at, as Azure showed it in one moment.

    `siblings` are the other deployments of the account; `filters` the content filters of both sides by name;
    `requests` the calls the deployment answered in the last hour, None when nobody counted.
    """

    site: Site
    skus: Sequence[SkuBounds]
    quota: Sequence[Usage]
    models: Sequence[AvailableModel]
    siblings: Sequence[Deployment] = ()
    filters: Mapping[str, ContentFilter] = field(default_factory=dict)
    requests: int | None = None
    now: datetime | None = None


class ChangeKind(Protocol):
    """One kind of change. It returns operations as data; it never performs them.

    `no_way_back` says why this kind has no rollback; it is empty for a kind that has one.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    no_way_back: ClassVar[str]

    def fields(self, offer: Offer) -> tuple[Field, ...]:
        """Return the form's fields of this kind, pre-filled from the live deployment."""
        ...

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return what the fields ask for; raise InvalidInputError naming the field."""
        ...

    def plan(self, site: Site, asked: Mapping[str, Json]) -> Plan:
        """Return the calls forward and back; raise InvalidInputError when there is nothing to change."""
        ...

    def tier(self, plan: Plan, facts: PlanFacts) -> Tier:
        """Return the tier this plan has in production."""
        ...

    def impact(self, plan: Plan, facts: PlanFacts) -> frozenset[Impact]:
        """Return what the plan touches."""
        ...

    def summary(self, plan: Plan) -> str:
        """Return the plan as one phrase: `capacity 120 → 150`."""
        ...

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return the kind's own red pre-checks, each with its fix in words; empty when all are green."""
        ...

    def notes(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return what people should know before they decide, one sentence each."""
        ...
