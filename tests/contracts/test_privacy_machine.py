"""Random appends, erasures, restarts and ways to keep texts: no false alarm, and what is erased is gone."""

import asyncio
import shutil
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.errors import NotFoundError
from bot.domain.trail_range import TrailRange
from bot.ports.trail import TrailQuery
from storage.audit_reader import AuditReader, reading
from storage.audit_search import TrailRows
from storage.audit_slice import TrailSlices
from storage.audit_verify import verify_log
from storage.erasing import erase_person, erase_text
from storage.privacy import Privacy
from tests.contracts.audit_house import House, open_house
from tests.contracts.privacy_house import KEYS, by, bytes_of, keeper, under, vault

HAPPENED: Counter[str] = Counter()
WRITE = st.tuples(st.just("write"), st.integers(0, 2), st.integers(1, 4))
KEEP = st.tuples(st.just("keep"), st.integers(0, 3), st.integers(0, 1))
ERASE = st.tuples(st.sampled_from(["erase person", "erase text"]), st.integers(0, 2), st.integers(0, 50))
RESTART = st.tuples(st.just("restart"), st.just(0), st.just(0))
ACTS = st.lists(st.one_of(WRITE, WRITE, KEEP, ERASE, RESTART), min_size=6, max_size=14)


class Writing:
    """People writing in a house that changes its mind about how it keeps what they write."""

    def __init__(self, plain: House, folder: Path) -> None:
        """Begin in clear."""
        self.plain, self.folder = plain, folder
        self.privacy = Privacy(vault=vault(folder))
        self.words: dict[int, tuple[str, str]] = {}
        self.gone: list[str] = []
        self.backups: list[tuple[Path, set[str]]] = []
        self.next = 0

    @property
    def house(self) -> House:
        """Return the house as it keeps texts now."""
        return under(self.plain, self.privacy)

    async def write(self, person: int, times: int) -> None:
        """Let a person write; an id says whether it was ever written in clear."""
        for _ in range(times):
            self.next += 1
            who = f"U0{'HIDDEN' if self.privacy.commits_people else 'CLEAR'}{person}"
            words = f"the words number {self.next:05} of somebody"
            (receipt,) = await self.house.append(by(who, words=words))
            self.words[receipt.seq] = (who, words)

    async def keep(self, how: int, wrapping: int) -> None:
        """Commit to ids or not, seal or not, under one key or another."""
        keys = [KEYS[wrapping], KEYS[1 - wrapping]]
        self.privacy = Privacy(bool(how & 1), bool(how & 2), vault(self.folder, *keys))

    async def restart(self, *_: int) -> None:
        """Forget everything that is not in the database."""
        self.plain.ledger = self.plain.another_ledger()

    async def erase_person(self, person: int, _: int) -> None:
        """Erase a person who was never named in clear, or one who was."""
        for who in (f"U0HIDDEN{person}", f"U0CLEAR{person}"):
            theirs = {seq: words for seq, (name, words) in self.words.items() if name == who}
            backup = await self.backed_up()
            try:
                await erase_person(keeper(self.house), who, "asked")
            except NotFoundError:
                assert not theirs
                continue
            if not texts_in(backup, self.plain.vkey, Privacy()) & {*theirs.values()}:
                self.backups.append((backup, {*theirs.values()}))
            self.gone += [*theirs.values(), *([who] if "HIDDEN" in who else [])]
            self.words = {seq: each for seq, each in self.words.items() if seq not in theirs}

    async def erase_text(self, _: int, at: int) -> None:
        """Erase one text."""
        if self.words:
            seq = sorted(self.words)[at % len(self.words)]
            await erase_text(keeper(self.house), seq, "reason", "asked")
            self.gone.append(self.words.pop(seq)[1])

    async def backed_up(self) -> Path:
        """Copy the database as it is."""
        await self.plain.run("SELECT 1")
        await self.plain.engine.dispose()
        copy = self.folder / f"copy{len(list(self.folder.glob('copy*')))}.db"
        shutil.copy(self.plain.url.removeprefix("sqlite:///"), copy)
        return copy

    async def check(self) -> None:
        """Verify, read every text that was not erased, and look for those that were."""
        report = verify_log(self.plain.url, [self.plain.vkey], deep=True, privacy=self.privacy)
        assert (report.findings, report.sealed, report.withheld) == ((), 0, report.erased)
        assert verify_log(self.plain.url, [self.plain.vkey], deep=True).findings == ()
        async with self.house.engine.begin() as connection:
            proved = await self.house.ledger.verified_entries(connection, "CHG-1") if self.next else []
            read = {each.seq: each.disclosed().get("reason") for each in proved}
            assert {seq: words for seq, words in read.items() if words} == {
                seq: words for seq, (_, words) in self.words.items()
            }
            for who in {name for name, _ in self.words.values()}:
                page = await TrailRows(connection).search_trail(TrailQuery(actor=who, limit=500))
                theirs = {seq for seq, (name, _) in self.words.items() if name == who}
                assert theirs <= {each.seq for each in page.entries}
        kept = bytes_of(self.plain.url)
        assert [each for each in self.gone if each.encode() in kept and each not in str(self.words)] == []
        for backup, erased in self.backups:
            assert not texts_in(backup, self.plain.vkey, self.privacy) & erased
            HAPPENED["backup"] += 1


def texts_in(database: Path, vkey: str, privacy: Privacy) -> set[str]:
    """Return every text that can be read in a database, whose trail holds."""
    url = f"sqlite:///{database}"
    assert verify_log(url, [vkey], deep=True, privacy=privacy).findings == ()
    with reading(url, privacy) as connection:
        trail = TrailSlices(AuditReader(connection))
        parts = trail.slices(TrailRange(), None)
        return {
            text for part in parts for each in trail.entries(part, texts=True) for text in each.texts.values()
        }


async def lived(acts: list[tuple[str, int, int]]) -> None:
    """Live through some acts, and look at the trail after each."""
    with TemporaryDirectory(prefix="countersign-privacy-") as name:
        folder = Path(name)
        (folder / "db").mkdir()
        async with open_house(f"sqlite:///{folder / 'db' / 'trail.db'}") as plain:
            writing = Writing(plain, folder)
            does = {
                "write": writing.write,
                "keep": writing.keep,
                "restart": writing.restart,
                "erase person": writing.erase_person,
                "erase text": writing.erase_text,
            }
            for act, one, other in acts:
                await does[act](one, other)
                HAPPENED[act] += 1
                await writing.check()


def test_however_texts_are_kept_nothing_is_taken_for_tampering_and_nothing_erased_is_left() -> None:
    HAPPENED.clear()

    @settings(
        max_examples=12,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(acts=ACTS)
    def live(acts: list[tuple[str, int, int]]) -> None:
        asyncio.run(lived([("write", 0, 2), *acts]))

    live()
    wanted = ("write", "keep", "erase person", "erase text", "restart", "backup")
    assert [each for each in wanted if not HAPPENED[each]] == []
