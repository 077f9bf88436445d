"""Logs as the program writes them, caught in memory."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TextIO

import structlog

from handlers.logs import configure_logs


@contextmanager
def logged_in(stream: TextIO) -> Iterator[None]:
    """Log to a stream as `countersign serve` logs to its output, and as before at the end."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs(stream)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


@contextmanager
def logged_to(path: Path) -> Iterator[None]:
    """Log to the end of a file."""
    with path.open("a", encoding="utf-8") as stream, logged_in(stream):
        yield


@contextmanager
def captured() -> Iterator[StringIO]:
    """Give the stream that every log line goes to."""
    stream = StringIO()
    with logged_in(stream):
        yield stream
