"""What an evidence section and a change kind look like, one file each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Protocol

from bot.domain.change import Impact, Tier
from bot.domain.deployment import AvailableModel, Deployment, DeploymentRef, SkuBounds, Usage
from bot.domain.evidence import Fact
from bot.domain.json import Json
from bot.domain.meter import Meter
from bot.domain.operation import Plan
from bot.ports.azure import AzureReader, MetricsReader
from bot.ports.inventory import (
    DeclaredReader,
    InventoryReader,
    LogsReader,
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

    def metered(self) -> "Readers":
        """Return the same readers with a meter of their own, for one look."""
        meter = Meter()
        if self.again is None:
            return replace(self, meter=meter)
        return replace(self.again(meter), declared=self.declared)

    def glancing(self) -> "Readers":
        """Return readers that may show a deployment as it was seconds ago: to be looked at, not to be acted on."""
        return self if self.glance is None else replace(self.glance(), declared=self.declared)


class Section(Protocol):
    """One read-only question about a deployment. `key` is stable, `title` is what people see."""

    key: ClassVar[str]
    title: ClassVar[str]

    async def look(self, readers: Readers, ref: DeploymentRef, now: datetime) -> tuple[Fact, ...]:
        """Return what was seen; raise a CountersignError when it could not be looked at."""
        ...


@dataclass(frozen=True)
class Field:
    """One input of a request form that belongs to a kind: block id, label, hint, and the value that is live now."""

    block: str
    label: str
    hint: str
    initial: str = ""
    is_number: bool = True


@dataclass(frozen=True)
class PlanFacts:
    """What a kind's own pre-checks may look at."""

    live: Deployment
    skus: Sequence[SkuBounds]
    quota: Sequence[Usage]
    models: Sequence[AvailableModel]


class ChangeKind(Protocol):
    """One kind of change. It returns operations as data; it never performs them."""

    name: ClassVar[str]
    title: ClassVar[str]

    def fields(self, live: Deployment | None) -> tuple[Field, ...]:
        """Return the form's fields of this kind, pre-filled from the live deployment."""
        ...

    def read(self, values: Mapping[str, str]) -> Mapping[str, Json]:
        """Return what the fields ask for; raise InvalidInputError naming the field."""
        ...

    def plan(self, live: Deployment, asked: Mapping[str, Json]) -> Plan:
        """Return the calls forward and back; raise InvalidInputError when there is nothing to change."""
        ...

    def tier(self, plan: Plan) -> Tier:
        """Return the tier this plan has in production."""
        ...

    def impact(self, plan: Plan) -> frozenset[Impact]:
        """Return what the plan touches."""
        ...

    def summary(self, plan: Plan) -> str:
        """Return the plan as one phrase: `capacity 120 → 150`."""
        ...

    def check(self, plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
        """Return the kind's own red pre-checks, each with its fix in words; empty when all are green."""
        ...
