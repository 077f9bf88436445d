"""Text with secrets masked, before it is stored, shown or logged: of people, and, more strictly, of Azure."""

import re
from collections import Counter

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("token", re.compile(r"\bxox[a-z]-[A-Za-z0-9-]{8,}|\bxapp-[A-Za-z0-9-]{8,}")),
    ("token", re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*")),
    ("connection string", re.compile(r"(?i)\b(?:AccountKey|SharedAccessKey|InstrumentationKey)=[^;\s]{8,}")),
    ("SAS", re.compile(r"(?i)\bsig=[A-Za-z0-9%/+=]{16,}")),
    ("key", re.compile(r"(?i)\b(?:api[-_ ]?key|secret|password)\b\s*[:=]\s*\S{6,}")),
    ("key", re.compile(r"\b(?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{84}\b")),
    # not the name of a fine-tuned model, of a job or of a checkpoint, which a person may well write
    ("key", re.compile(r"(?<!\.ft-)(?<!\bftjob-)(?<!\bftchkpt-)\b[0-9a-f]{32}\b")),
)
_E_MAIL = re.compile(r"[A-Za-z0-9._%+#-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# What a machine's text may not carry to people either; the first class that fits names the value.
_MACHINE: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("connection string", re.compile(r"(?i)\b(?:DefaultEndpointsProtocol|Endpoint|Server)=[^;\s]+;\S*")),
    *_PATTERNS[:-1],
    ("key", re.compile(r"\b(?=[A-Za-z0-9]*[0-9])(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])[A-Za-z0-9]{40,}")),
    ("key", re.compile(r"(?<![\w.-])[0-9a-f]{32}(?![\w-])")),  # not in an id, such as a job's
    ("token", re.compile(r"(?i)\bbearer\s+[A-Za-z0-9._~+/=-]{8,}")),
    ("SAS", re.compile(r"(?i)[?&](?:sv|se|sp|sr|sig)=[^\s&]+(?:&[^\s&]+)*")),
    ("UPN", re.compile(r"[A-Za-z0-9._%+-]+(?:#EXT#)?@[A-Za-z0-9-]+\.onmicrosoft\.com")),
    ("e-mail", _E_MAIL),
    ("endpoint", re.compile(r"(?i)\b(?:https?|wss?|tcp|sb|abfss?)://[^\s\"'<>]+")),
    (
        "endpoint",
        re.compile(r"(?i)\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:azure|windows|microsoft)\.(?:com|net)\b"),
    ),
    ("IP", re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?:/\d{1,2})?(?![\w.-])")),
    (
        "IP",
        re.compile(
            r"(?i)(?<![\w:.-])(?!\d{1,2}:\d{2}:\d{2}(?![\w:]))(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?:%\w+)?(?:/\d{1,3})?(?![\w:])"
        ),
    ),
    (
        "file name",
        re.compile(
            r"(?i)(?<![\w/\\])[\w-]+(?:\.[\w-]+)*\.(?:jsonl?|csv|tsv|txt|parquet|pdf|docx?|xlsx?|pem|key|pfx|zip)\b"
        ),
    ),
    ("path", re.compile(r"(?<![\w/:])(?:[A-Za-z]:\\|\\\\|~?/)[\w.()-]+(?:[/\\][\w.()-]+)+")),
)

REDACTED = "[redacted: "


def redact(text: str) -> str:
    """Return the text with keys, tokens, SAS signatures and connection strings replaced by `[redacted: …]`."""
    for label, pattern in _PATTERNS:
        text = pattern.sub(f"{REDACTED}{label}]", text)
    return text


def scrub(text: str) -> tuple[str, Counter[str]]:
    """Return a machine's text with every value of every class replaced, and how many there were by class."""
    found: Counter[str] = Counter()
    for label, pattern in _MACHINE:
        text, count = pattern.subn(f"{REDACTED}{label}]", text)
        if count:
            found[label] += count
    return text, found


def clean(text: str) -> str:
    """Return human text as it may be stored: redacted, without control characters, ends trimmed."""
    printable = "".join(char for char in text if char in "\n\t" or char.isprintable())
    return redact(printable).strip()
