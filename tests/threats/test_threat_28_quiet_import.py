"""Threat 28: a package that does something on import would be seen: no socket, no process, no file written."""

import subprocess
import sys

import pytest

from tests.architecture.house import ROOT

WATCH = """
import pkgutil, sys, importlib
import _socket, socket, asyncio

LOUD = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto",
        "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.putenv")

def is_harmless(event, args):
    if event == "socket.bind":
        return args[1] == ("::1", 0)  # urllib3 asks the kernel in this way whether it has IPv6
    return event == "subprocess.Popen" and args[0] in ("uname", "file")  # the standard library's platform

def watch(event, args):
    if is_harmless(event, args):
        return
    if event in LOUD or (event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")):
        raise SystemExit(f"an import did {event} {args[:2]}")

sys.addaudithook(watch)
count = 0
for room in ("bot", "handlers", "storage", "sandbox"):
    package = importlib.import_module(room)
    for found in pkgutil.walk_packages(package.__path__, f"{room}."):
        if ".migrations." not in found.name and not found.name.endswith("__main__"):
            importlib.import_module(found.name)
            count += 1
print(count)
"""
LOUDER = WATCH.replace("count = 0", "socket.create_connection(('127.0.0.1', 9))")


def run(program: str) -> subprocess.CompletedProcess[str]:
    """Run a program in an interpreter of its own, which writes no byte code."""
    words = [sys.executable, "-B", "-c", program]
    return subprocess.run(words, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


@pytest.mark.threat(28)
@pytest.mark.asvs("15.2.4")
def test_no_module_and_no_dependency_speaks_starts_or_writes_when_it_is_imported() -> None:
    done = run(WATCH)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 250


def test_an_import_that_speaks_is_seen() -> None:
    done = run(LOUDER)
    assert "an import did socket." in done.stderr
