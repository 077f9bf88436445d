"""The command line: exit codes 0 holds, 1 does not hold, 2 cannot say; failures in words, never a traceback."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
import yaml

import storage.audit_verify
from bot.domain.note import Signer, Verifier
from handlers.cli.demo_company import ORIGIN, company_toml
from handlers.cli.main import main
from handlers.cli.manifest import as_yaml, manifest_for
from handlers.settings import Settings
from handlers.version import VERSION
from tests.fakes.logs import captured

VKEY = Signer.generate(ORIGIN)[1]
ROOT = Path(__file__).parents[2]
HEAVY = (
    "sqlalchemy",
    "slack_bolt",
    "slack_sdk",
    "azure",
    "aiohttp",
    "pydantic",
    "cryptography",
    "alembic",
    "structlog",
)


@dataclass(frozen=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `countersign words…` in an empty folder, with nothing configured."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["countersign", *words])
        with captured(), pytest.raises(SystemExit) as ended:
            main()
        sys.stdout.flush()
        printed = capfd.readouterr()
        return Said(int(ended.value.code or 0), printed.out, printed.err)

    return command


@pytest.fixture
def vkey(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Make a migrated database with its key, and return the public key."""
    skey, vkey = Signer.generate(ORIGIN)
    monkeypatch.setenv("COUNTERSIGN_SIGNING_KEY", skey)
    (tmp_path / "countersign.toml").write_text(company_toml())
    assert run("migrate").code == 0
    return vkey


def test_help_lists_the_commands_and_needs_nothing_heavy(run: Run) -> None:
    said = run("--help")
    assert said.code == 0
    for command in ("serve", "demo", "migrate", "manifest", "version", "audit"):
        assert f"\n  {command} " in said.out
    probe = f"import sys, handlers.cli.main; print([name for name in {HEAVY} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("words", [["nonsense"], ["serve", "--rol", "all"], ["audit", "verify", "--nope"]])
def test_words_that_are_no_command_end_with_2(run: Run, words: list[str]) -> None:
    said = run(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err


def test_the_version_comes_with_the_public_key_where_there_is_one(run: Run, vkey: str) -> None:
    assert run("version").out == f"countersign {VERSION}\nvkey {vkey}\n"
    assert json.loads(run("version", "--json").out) == {"version": VERSION, "vkeys": [vkey]}


def test_the_version_needs_no_configuration(run: Run) -> None:
    assert run("version") == Said(0, f"countersign {VERSION}\n", "")


def test_verifying_a_database_that_is_not_there_says_so_and_creates_nothing(run: Run, tmp_path: Path) -> None:
    _, vkey = Signer.generate(ORIGIN)
    said = run("audit", "verify", "--vkey", vkey)
    assert said.code == 2
    assert "There is no database" in said.err
    assert "next:" in said.err
    assert list(tmp_path.iterdir()) == []


def test_verifying_without_a_key_to_trust_cannot_say(run: Run) -> None:
    said = run("audit", "verify")
    assert said.code == 2
    assert "--vkey" in said.err


def test_verifying_what_is_no_database_cannot_say(run: Run, tmp_path: Path) -> None:
    (tmp_path / "countersign.db").write_bytes(b"no database at all" * 100)
    said = run("audit", "verify", "--vkey", Signer.generate(ORIGIN)[1])
    assert (said.code, said.out) == (2, "")
    assert "Traceback" not in said.err


def test_an_untouched_trail_holds(run: Run, vkey: str) -> None:
    said = run("audit", "verify")
    assert said.code == 0
    assert "The audit trail holds." in said.out
    assert vkey in said.out
    assert "none was asked" in said.out, "what a trail that holds by itself does not show"
    assert "earlier" not in said.out
    report = json.loads(run("audit", "verify", "--json", "--deep").out)
    assert set(report) == {"ok", "size", "root", "checkpoint", "findings"}
    assert (report["ok"], report["findings"]) == (True, [])
    assert report["size"] >= 2


def test_a_trail_that_was_changed_does_not_hold(run: Run, vkey: str, tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "countersign.db")
    for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
        database.execute(f"DROP TRIGGER {name}")
    database.execute("UPDATE audit_entry SET body = replace(body, 'migrate', 'nobody!') WHERE seq = 1")
    database.commit()
    database.close()
    said = run("audit", "verify")
    assert said.code == 1
    assert "does NOT hold" in said.out
    assert "C1 at 1" in said.out
    assert "none was asked" not in said.out
    report = run("audit", "verify", "--json", "--vkey", vkey)
    assert report.code == 1
    assert "C1" in {finding["code"] for finding in json.loads(report.out)["findings"]}


def test_a_trail_signed_by_another_key_does_not_hold(run: Run, vkey: str) -> None:
    assert run("audit", "verify", "--vkey", Signer.generate(ORIGIN)[1]).code == 1


def test_export_prints_the_canonical_bodies_in_order(run: Run, vkey: str, tmp_path: Path) -> None:
    lines = run("audit", "export", "--format", "jsonl").out.splitlines()
    database = sqlite3.connect(tmp_path / "countersign.db")
    leaves = [row[0] for row in database.execute("SELECT leaf_hash FROM audit_entry ORDER BY seq")]
    database.close()
    assert [sha256(b"\x00" + line.encode()).digest() for line in lines] == leaves[:-1]  # the last is its own
    assert [json.loads(line)["seq"] for line in lines] == list(range(len(lines)))


def test_export_knows_one_format_and_needs_a_trail(run: Run, tmp_path: Path) -> None:
    assert run("audit", "export", "--format", "xml").code == 2
    assert run("audit", "export").code == 2
    assert list(tmp_path.iterdir()) == []


def test_keygen_prints_a_key_and_its_public_half(run: Run) -> None:
    skey, vkey = run("audit", "keygen", "--origin", "example.com/audit").out.split()
    assert Signer.parse(skey).vkey == vkey
    assert Verifier.parse(vkey).name == "example.com/audit"


def test_keygen_writes_a_private_file_and_never_over_another(run: Run, tmp_path: Path) -> None:
    words = ("audit", "keygen", "--origin", "example.com/audit", "--out", "signing.key")
    said = run(*words)
    path = tmp_path / "signing.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert Signer.parse(path.read_text().strip()).vkey == said.out.strip()
    before = path.read_text()
    again = run(*words)
    assert (again.code, again.out, path.read_text()) == (2, "", before)


def test_keygen_refuses_a_name_that_cannot_be_one(run: Run) -> None:
    said = run("audit", "keygen", "--origin", "two words+plus")
    assert said.code == 2
    assert said.err.startswith("countersign: ")


def test_the_manifest_at_the_root_is_the_one_for_socket_mode() -> None:
    written = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    assert written == manifest_for("socket")


@pytest.mark.parametrize("transport", ["socket", "http"])
def test_the_manifest_is_printed_as_yaml_and_as_json(run: Run, transport: str) -> None:
    printed = run("manifest", "--transport", transport)
    assert printed.code == 0
    assert yaml.safe_load(printed.out) == json.loads(run("manifest", "--transport", transport, "--json").out)
    assert yaml.safe_load(as_yaml(manifest_for(transport))) == manifest_for(transport)


def test_the_manifest_for_http_names_one_address_everywhere(run: Run) -> None:
    words = ("manifest", "--transport", "http", "--url", "https://bot.example/", "--json")
    found = json.loads(run(*words).out)
    address = "https://bot.example/slack/events"
    assert {command["url"] for command in found["features"]["slash_commands"]} == {address}
    assert found["settings"]["interactivity"]["request_url"] == address
    assert found["settings"]["event_subscriptions"]["request_url"] == address
    assert found["settings"]["socket_mode_enabled"] is False


def test_a_transport_that_does_not_exist_gets_a_hint(run: Run) -> None:
    said = run("manifest", "--transport", "sockets")
    assert said.code == 2
    assert "socket" in said.err


def test_serving_with_nothing_configured_names_what_is_missing(run: Run) -> None:
    said = run("serve")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("countersign: SLACK_BOT_TOKEN")
    assert "  next: " in said.err


def test_serving_a_role_that_does_not_exist_gets_a_hint(run: Run) -> None:
    said = run("serve", "--role", "executer")
    assert said.code == 2
    assert "executor" in said.err


def test_a_migration_twice_changes_nothing(run: Run, vkey: str) -> None:
    size = json.loads(run("audit", "verify", "--json").out)["size"]
    assert run("migrate").code == 0
    assert json.loads(run("audit", "verify", "--json").out)["size"] == size


def test_what_nobody_expected_is_one_sentence_with_a_reference_and_a_log_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("with xoxb-1234-5678-secret inside")

    monkeypatch.setattr(storage.audit_verify, "verify_log", broken)
    said = run("audit", "verify", "--vkey", Signer.generate(ORIGIN)[1])
    log, sentence = said.err.splitlines()
    line = json.loads(log)
    assert said.code == 2
    assert sentence.endswith(f"ref {line['ref']}")
    assert line["error"].startswith("RuntimeError")
    assert any("test_cli.py" in frame for frame in line["where"])
    assert "5678" not in said.err


def test_the_version_is_an_option_too(run: Run) -> None:
    assert run("--version") == run("version")


@pytest.mark.parametrize("port", ["99999", "-1"])
def test_a_port_that_does_not_exist_is_said_so(run: Run, port: str) -> None:
    said = run("demo", "--port", port)
    assert (said.code, said.out) == (2, "")
    assert f"There is no port {port}." in said.err
    assert "  next: Name one from 1 to 65535" in said.err


@pytest.mark.parametrize(
    ("words", "happened"),
    [
        (["verify", "--vkey", "garbage"], "countersign: --vkey 'garbage' is no public key: "),
        (["keygen", "--origin", ""], "countersign: '' cannot be the name of an audit trail."),
        (
            ["verify", "--vkey", VKEY, "--database", "mysql://x"],
            "countersign: An audit trail is never kept in",
        ),
        (["export", "--database", "mysql://x"], "countersign: An audit trail is never kept in"),
    ],
)
def test_what_cannot_be_read_is_said_with_the_next_step(run: Run, words: list[str], happened: str) -> None:
    said = run("audit", *words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(happened)
    assert "\n  next: " in said.err
    assert "Error" not in said.err


def test_the_key_of_another_trail_is_named_as_a_possible_reason(run: Run, vkey: str) -> None:
    said = run("audit", "verify", "--vkey", VKEY)
    assert (said.code, said.err) == (1, "")
    assert "  why:  No key given here signed what is stored" in said.out
    assert "  next: Compare the key with the line `vkey …`" in said.out
    assert "  next: " not in run("audit", "verify", "--vkey", vkey).out
