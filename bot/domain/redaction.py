"""Human text with secrets masked, before it is stored, shown or logged."""

import re

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("token", re.compile(r"\bxox[a-z]-[A-Za-z0-9-]{8,}|\bxapp-[A-Za-z0-9-]{8,}")),
    ("token", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*")),
    ("connection string", re.compile(r"(?i)\b(?:AccountKey|SharedAccessKey|InstrumentationKey)=[^;\s]{8,}")),
    ("SAS", re.compile(r"(?i)\bsig=[A-Za-z0-9%/+=]{16,}")),
    ("key", re.compile(r"(?i)\b(?:api[-_ ]?key|secret|password)\b\s*[:=]\s*\S{6,}")),
    ("key", re.compile(r"\b(?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{84}\b")),
    ("key", re.compile(r"\b[0-9a-f]{32}\b")),
)


def redact(text: str) -> str:
    """Return the text with keys, tokens, SAS signatures and connection strings replaced by `[redacted: …]`."""
    for label, pattern in _PATTERNS:
        text = pattern.sub(f"[redacted: {label}]", text)
    return text


def clean(text: str) -> str:
    """Return human text as it may be stored: redacted, without control characters, ends trimmed."""
    printable = "".join(char for char in text if char in "\n\t" or char.isprintable())
    return redact(printable).strip()
