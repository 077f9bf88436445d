"""`python -m tests.journeys.nursery`: has everything imported once, and forks a `countersign serve` for each line.

A line is JSON: `environment` and `log`; the answer is the process id. What is forked is the real command line; only
the second that Python needs to import it is saved, so that many kills fit into a minute.
"""

import json
import os
import signal
import sys
from importlib import import_module
from typing import Any

from handlers.cli.main import main


def fork(order: dict[str, Any]) -> int:
    """Start `countersign serve` as a process of its own and return its id."""
    child = os.fork()
    if child:
        return child
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for wanted, given in ((0, nothing), (1, log), (2, log)):
        os.dup2(given, wanted)
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["countersign", "serve"]
    main()


def run() -> None:
    """Fork for each line until the input closes."""
    import_module("handlers.cli.serve_command")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        print(fork(json.loads(line)), flush=True)


if __name__ == "__main__":
    run()
