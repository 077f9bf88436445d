"""Logs: one JSON object per line, with a reference, and never a body, a secret or a stranger's text."""

import logging
import re
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.types import EventDict, Processor, WrappedLogger

_QUIET = ("slack_bolt", "slack_sdk", "aiohttp", "azure", "asyncio", "procrastinate", "alembic", "urllib3")
_SECRET = re.compile(
    r"xox[a-z]-\S+|xapp-\S+|PRIVATE\+KEY\S+|Bearer \S+|wss?://\S+|https?://hooks\.slack\.com/\S+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)
_MOST_TEXT = 500
_MOST_FRAMES = 12


def configure_logs(stream: TextIO) -> None:
    """Send every log line of this process, ours and the libraries', to a stream as JSON."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _errors,
            _scrubbed,
            structlog.processors.JSONRenderer(default=lambda value: type(value).__name__),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.addFilter(_is_wanted)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


def _is_wanted(record: logging.LogRecord) -> bool:
    """Leave out what libraries say below a warning, and Bolt's remark on how it was given its token.

    A stranger's bytes that are no HTTP are one line, not the server's traceback.
    """
    error = record.exc_info[1] if record.exc_info else None
    if record.name == "aiohttp.server" and type(error).__module__.startswith("aiohttp."):
        record.msg, record.args, record.exc_info = "http.malformed", (), None
        vars(record).update(levelno=logging.WARNING, levelname="WARNING")
    if record.name.partition(".")[0] not in _QUIET:
        return True
    return record.levelno >= logging.WARNING and "will be ignored" not in str(record.msg)


def _errors(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Say which error it was and where, in one line; an error's text is kept short and scrubbed."""
    found = line.pop("exc_info", None)
    found = sys.exc_info() if found is True else found
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line["error"] = f"{type(error).__name__}: {error}"
        line["where"] = _where(error.__traceback__)
    return line


def _where(trace: TracebackType | None) -> list[str]:
    frames: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-_MOST_FRAMES:]


def _scrubbed(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    return {name: _clean(value) for name, value in line.items()}


def _clean(value: Any) -> Any:
    return _SECRET.sub("[redacted]", value)[:_MOST_TEXT] if isinstance(value, str) else value
