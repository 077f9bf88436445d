"""The verifier as one file: made from the modules, run by a Python that has nothing but itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.domain.merkle import inclusion_proof
from bot.domain.note import Signer
from bot.domain.tlog_proof import TlogProof
from tests.unit.pressing import Press, lived

ROOT = Path(__file__).resolve().parents[2]
VERIFIER = ROOT / "bot" / "verify_pack.py"


def run(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run the file without site-packages, environment or working directory on the path."""
    command = ["-c", code] if code else [str(VERIFIER), *arguments]
    return subprocess.run(
        [sys.executable, "-S", "-I", *command], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def press() -> Press:
    """Give a log in which CHG-1 lived."""
    return lived()


@pytest.fixture
def pack(press: Press, tmp_path: Path) -> Path:
    """Give the file of its pack."""
    path = tmp_path / "pack.json"
    path.write_text(json.dumps(press.pack()))
    return path


def test_the_file_is_what_the_modules_make_it() -> None:
    made = subprocess.run([sys.executable, ROOT / "scripts" / "verifier.py", "--check"], check=False)
    assert made.returncode == 0, "run `make verifier`"


def test_a_pack_that_holds_exits_0_and_says_what_is_proved_and_what_not(press: Press, pack: Path) -> None:
    made = run(str(pack), "--vkey", press.key.vkey)
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith("The proof holds: CHG-1 ended with change.closed.\n")
    assert "It proves:" in made.stdout
    assert "It does NOT prove:" in made.stdout


def test_json_is_one_object(press: Press, pack: Path) -> None:
    found = json.loads(run(str(pack), "--vkey", press.key.vkey, "--json").stdout)
    assert (found["ok"], found["change"], found["findings"]) == (True, "CHG-1", [])
    assert found["not_proved"]
    bad = run(str(pack), "--vkey", lived().key.vkey, "--json")
    assert (bad.returncode, json.loads(bad.stdout)["findings"][0]["code"]) == (1, "P2")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--vkey", "log.example.test+00000000+AA=="), "U2"),
        (("--vkey", Signer.generate("log.example.test")[1][:-4]), "U2"),
        ((), "required"),
    ],
)
def test_without_a_key_nobody_can_say(pack: Path, arguments: tuple[str, ...], words: str) -> None:
    made = run(str(pack), *arguments)
    assert made.returncode == 2
    assert words in made.stdout + made.stderr


def test_a_file_that_is_not_there_is_no_verdict(press: Press, tmp_path: Path) -> None:
    made = run(str(tmp_path / "none.json"), "--vkey", press.key.vkey)
    assert made.returncode == 2
    assert "cannot be read" in made.stdout
    assert "Traceback" not in made.stderr


def test_bytes_that_are_no_text_are_refused(press: Press, tmp_path: Path) -> None:
    path = tmp_path / "pack.json"
    path.write_bytes(b"\xff\xfe{}")
    assert run(str(path), "--vkey", press.key.vkey).returncode == 1


def test_one_entry_is_proved_by_its_tlog_proof(press: Press, tmp_path: Path) -> None:
    path = tmp_path / "x.tlog-proof"
    body, hashes = press.bodies[6].encode(), tuple(inclusion_proof(6, press.leaves))
    path.write_text(TlogProof(6, hashes, press.note(), body).text())
    held = run(str(path), "--vkey", press.key.vkey)
    assert held.returncode == 0
    assert "Entry 6 is in" in held.stdout
    path.write_text(TlogProof(6, hashes, press.note(), body + b" ").text())
    assert run(str(path), "--vkey", press.key.vkey).returncode == 1
    path.write_text(TlogProof(6, hashes, press.note()).text())
    assert run(str(path), "--vkey", press.key.vkey).returncode == 2
    path.write_text(TlogProof(6, hashes, lived().note(), body).text())
    assert run(str(path), "--vkey", press.key.vkey).returncode == 1


def test_nothing_is_imported_that_python_does_not_bring(press: Press, pack: Path) -> None:
    code = f"""
import runpy, sys
sys.argv = ["verify_pack.py", {str(pack)!r}, "--vkey", {press.key.vkey!r}]
try:
    runpy.run_path({str(VERIFIER)!r}, run_name="__main__")
except SystemExit as ended:
    status = ended.code
roots = {{name.split(".")[0] for name in sys.modules}} - {{"__main__"}}
print(status, sorted(roots - sys.stdlib_module_names), sorted(each for each in sys.path if "site-packages" in each))
"""
    made = run(code=code)
    assert made.stdout.splitlines()[-1] == "0 [] []", made.stderr
