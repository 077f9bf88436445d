"""A trail in a real database with its desk, and every kind of anchor on a real file or server of the loopback."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from sqlite3 import connect

from bot.anchors.file import FileAnchor
from bot.anchors.witness import WitnessAnchor
from bot.azure.blob import BlobAnchor
from bot.azure.credentials import AsyncSandboxCredential
from bot.domain.anchoring import AnchorPlace, AnchorPolicy
from bot.domain.errors import AnchorContradictsError
from bot.domain.freeze_events import FreezeLifted
from bot.ports.anchors import Anchor, Cosigner, Seen
from bot.ports.archive import Cause
from bot.slack.anchor import SlackAnchor
from bot.usecases.anchor_trail import AnchorOutcome, anchor_trail, our_log
from bot.usecases.desk import Desk
from sandbox.azure.blob import Storage
from sandbox.azure.server import STORAGE, azure_app, serving
from sandbox.clock import SandboxClock
from sandbox.slack.workspace import Workspace
from storage.audit_anchors import Witnessed, with_anchors
from storage.audit_findings import VerifyReport
from storage.audit_verify import verify_log
from storage.open import open_archive
from tests.contracts.fixtures_storage import ANNA, CAUSE, ORIGIN, Archives, opened_archives
from tests.fakes.house import company
from tests.fakes.slack_server import simulated
from tests.fakes.witness import Witness, witnessing

KINDS = ("file", "slack", "azure_blob", "witness")
CHANNEL = "C0AUDIT"
BLOB = "/blob/contosoaudit/anchors/trail"


@dataclass
class Places:
    """What the anchors stand on."""

    file: Path
    slack: Workspace | None = None
    storage: Storage | None = None
    witness: Witness | None = None


@dataclass
class AnchorHouse:
    """A trail and one anchor of it."""

    archives: Archives
    anchor: Anchor
    places: Places
    cause: Cause = field(default_factory=lambda: CAUSE)
    cosigners: tuple[Cosigner, ...] = ()

    @property
    def desk(self) -> Desk:
        """Return a desk on whose configuration the anchor stands."""
        policy = AnchorPolicy((AnchorPlace(self.anchor.kind, "there"),))
        return Desk(company(anchors=policy), self.archives.opened.archive, self.archives.clock, None)

    async def entry(self, times: int = 1) -> None:
        """Write entries, a minute apart."""
        for _ in range(times):
            self.archives.clock.forward(minutes=1)
            async with self.archives.opened.archive.transaction() as tx:
                event = FreezeLifted(freeze="FRZ-1", end="2026", reason="calm")
                await tx.record(event, by=ANNA, cause=self.cause)

    async def publish(self) -> AnchorOutcome:
        """Run the job."""
        return await anchor_trail(self.anchor, desk=self.desk, cause=self.cause, cosigners=self.cosigners)

    async def anchored(self, times: int = 1) -> int:
        """Write entries and anchor them; return the size."""
        await self.entry(times)
        outcome = await self.publish()
        assert outcome.error is None, outcome.error
        return outcome.size

    async def newest(self) -> Witnessed:
        """Ask the anchor, as `audit verify` does."""
        async with self.archives.opened.archive.reading() as look:
            head = await look.trail_head()
            (state,) = await look.anchor_states((self.anchor.kind,))
        assert head is not None
        log = our_log(head, state, self.archives.opened.archive, self.archives.clock.now())
        seen: Seen | None = await self.anchor.newest(log)
        return Witnessed(self.anchor.kind, log.origin, seen, log.anchored)

    def verified(self, *witnessed: Witnessed, url: str = "") -> VerifyReport:
        """Hold the trail against what anchors said."""
        source, vkeys = url or self.archives.url, [self.archives.signer.vkey]
        return with_anchors(verify_log(source, vkeys), source, vkeys, witnessed)

    async def held(self) -> VerifyReport:
        """Ask the anchor and hold the trail against it."""
        return self.verified(await self.newest())

    async def ask(self) -> VerifyReport:
        """Ask the anchor and hold the trail against it, whatever it proves."""
        async with self.archives.opened.archive.reading() as look:
            head = await look.trail_head()
        assert head is not None
        try:
            return await self.held()
        except AnchorContradictsError as error:
            said = Witnessed(self.anchor.kind, head.origin, finding=error.code, why=str(error))
            return self.verified(said)

    async def backup(self, path: Path) -> Path:
        """Copy the database as it is now, as a backup does."""
        source, copy = connect(self.archives.url.removeprefix("sqlite:///")), connect(path)
        source.backup(copy)
        source.close()
        copy.close()
        return path

    @asynccontextmanager
    async def on(self, database: Path) -> AsyncIterator["AnchorHouse"]:
        """Give the same anchor with another database in place of the trail's own."""
        url, own = f"sqlite:///{database}", self.archives
        opened = await open_archive(url, own.signer, ORIGIN, clock=own.clock, build="copy", lock=False)
        try:
            yield replace(self, archives=replace(own, url=url, opened=opened))
        finally:
            await opened.close()

    async def tags(self) -> Sequence[str]:
        """Return the types of the trail, oldest first."""
        sql = f"SELECT type FROM {self.archives.audit}audit_entry ORDER BY seq"
        return [row[0] for row in await self.archives.rows(sql)]


def codes(report: VerifyReport) -> set[str]:
    """Return the codes found."""
    return {each.code for each in report.findings}


@asynccontextmanager
async def anchor_house(kind: str, url: str, folder: Path) -> AsyncIterator[AnchorHouse]:
    """Give a trail and an anchor of this kind, connected to something real."""
    async with AsyncExitStack() as stack:
        archives = await stack.enter_async_context(opened_archives(url))
        places = Places(folder / "anchors.jsonl")
        anchor: Anchor
        if kind == "file":
            anchor = FileAnchor(places.file)
        elif kind == "slack":
            peer, places.slack = await stack.enter_async_context(simulated())
            anchor = SlackAnchor(peer.client, peer.messenger, CHANNEL)
        elif kind == "azure_blob":
            app = azure_app(SandboxClock())
            places.storage = app[STORAGE]
            address = await stack.enter_async_context(serving(app))
            anchor = BlobAnchor(f"{address}{BLOB}", AsyncSandboxCredential("reader"))
            stack.push_async_callback(anchor.close)
        else:
            places.witness = await stack.enter_async_context(witnessing())
            places.witness.trust(archives.signer.vkey)
            anchor = WitnessAnchor(places.witness.url, places.witness.vkey)
        archives.clock.forward(minutes=1)
        yield AnchorHouse(archives, anchor, places)
