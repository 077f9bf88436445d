"""`countersign demo` as a process: it starts, says where things are, and leaves nothing behind."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from handlers.cli.demo_command import program_here

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from handlers.cli.main import main; main()", "demo"]


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *words], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        yield busy.getsockname()[1]


def banner_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    seen = ""
    while "Ctrl-C" not in seen:
        line = process.stdout.readline()
        assert line, seen
        seen += line
    return seen


def closed(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) != 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_says_where_things_are_and_ends_cleanly(how: signal.Signals, tmp_path: Path) -> None:
    with start("--port", "0", "--keep", str(tmp_path)) as process:
        banner = banner_of(process)
        page = re.findall(r"Open +(http://\S+)", banner)[0]
        body = json.dumps({"user": "U0ALICE", "channel": "C0OPS", "text": "/cs help"}).encode()
        request = Request(f"{page}/ui/say", body, {"Content-Type": "application/json"})
        with urlopen(request, timeout=10) as answer:
            assert json.load(answer)["ok"]
        process.send_signal(how)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert closed(page)
    assert str(tmp_path / "countersign.db") in banner
    lines = (tmp_path / "countersign.log").read_text().splitlines()
    assert {json.loads(line)["event"] for line in lines} >= {"serve.ready"}
    assert (tmp_path / "sandbox.log").read_text() == ""
    vkey = re.findall(r"--vkey '([^']+)'", banner)[0]
    words = ["audit", "verify", "--database", f"sqlite:///{tmp_path / 'countersign.db'}", "--vkey", vkey]
    assert subprocess.run([*COMMAND[:-1], *words], cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_a_port_that_is_taken_is_said_at_once(taken: int, tmp_path: Path) -> None:
    with start("--port", str(taken), "--keep", str(tmp_path)) as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert f"Port {taken} is taken." in said
    assert "--port 0" in said
    assert "Traceback" not in said


def test_a_folder_of_an_earlier_demo_is_not_used_again(tmp_path: Path) -> None:
    (tmp_path / "countersign.db").touch()
    with start("--keep", str(tmp_path)) as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "earlier demo" in said


def test_the_demo_ends_when_its_simulators_die(tmp_path: Path) -> None:
    with start("--port", "0", "--keep", str(tmp_path)) as process:
        banner_of(process)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if not children.exists():
            process.terminate()
            pytest.skip("this system does not tell a process's children")
        for child in children.read_text().split():
            os.kill(int(child), signal.SIGKILL)
        started = time.monotonic()
        assert process.wait(30) == 2
        assert time.monotonic() - started < 25
        assert process.stderr is not None
        assert "The simulators stopped." in process.stderr.read()


def test_the_banner_calls_the_program_by_a_name_that_works_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    beside = tmp_path / ".venv" / "bin" / "countersign"
    beside.touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(beside.with_name("python")))
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    assert program_here() == ".venv/bin/countersign"
    monkeypatch.setenv("PATH", str(beside.parent))
    assert program_here() == "countersign"
