"""What an answer of Azure holds that goes no further: counted by class, never kept."""

import re
from collections import Counter

from bot.domain.json import Json
from bot.domain.redaction import scrub

_DEEPEST = 40
# Names of fields whose whole value is of a class, whatever it looks like.
_FIELDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("key", re.compile(r"(?i)(?:access|account|api|primary|secondary|shared)?key[12s]?|.*secret|password")),
    ("token", re.compile(r"(?i).*(?:access|refresh|migration|id)token|wandb|jwt")),
    ("SAS", re.compile(r"(?i).*sas(?:url|uri|token)?|sig(?:nature)?")),
    ("connection string", re.compile(r"(?i).*connectionstring")),
    ("UPN", re.compile(r"(?i).*(?:upn|principalname)|.*/claims/(?:name|surname|givenname)")),
    ("IP", re.compile(r"(?i).*ip(?:address)?|callerip\w*|iprules")),
    ("endpoint", re.compile(r"(?i)endpoints?|.*(?:uri|url|fqdns?|hostname)")),
    ("file name", re.compile(r"(?i)file_?name")),
    (
        "prompt or completion",
        re.compile(
            r"(?i)prompts?|completions?|messages?|grader|content|(?:input|output|system)_?text|details?"
        ),
    ),
)
_SIGN = re.compile(
    r"[@\\=]|//|^[~/]|\w/\w+/|\d\.\d+\.\d|[0-9a-f]*:[0-9a-f]*:[0-9a-f]|eyJ|xox|xapp|[0-9A-Za-z]{32}"
    r"|\.(?:azure|windows|microsoft|json|csv|tsv|txt|parquet|pdf|doc|xls|pem|key|pfx|zip)"
    r"|[Bb]earer |(?:[Kk]ey|ecret|assword)\W"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?(?:Z|\+00:00)")
_COLLECTIONS = frozenset({"endpoints", "ipRules", "grader", "messages"})  # their name tells, not that within
_NOT_FIELDS = frozenset({"key", "keys"})  # ARM's rate limits call their name "key"


def withheld(body: Json) -> Counter[str]:
    """Return how many values of each class an answer holds."""
    found: Counter[str] = Counter()
    labels: dict[str, str] = {}
    for (name, text), times in Counter(_texts(body)).items():
        if name not in labels:
            labels[name] = _label(name)
        if labels[name] and text:
            found[labels[name]] += times
        elif _could_hold(text):
            found.update({each: count * times for each, count in scrub(text)[1].items()})
    return found


def _label(name: str) -> str:
    """Return the class of every value in a field of this name, empty when its value decides."""
    if name in _NOT_FIELDS:
        return ""
    return next((each for each, pattern in _FIELDS if pattern.fullmatch(name)), "")


def _could_hold(text: str) -> bool:
    """Return whether a text has a sign that a value of some class would have: a cheap look before the thorough."""
    if len(text) <= 6 or text.startswith("/subscriptions/") or _TIME.fullmatch(text):
        return False
    return _SIGN.search(text) is not None


def _texts(body: Json) -> list[tuple[str, str]]:
    """Return every text of an answer with the name of its field."""
    found: list[tuple[str, str]] = []
    _collect(body, "", 0, found)
    return found


def _collect(value: Json, name: str, depth: int, found: list[tuple[str, str]]) -> None:
    """Add the texts of a value."""
    if isinstance(value, str):
        found.append((name, value))
    elif depth > _DEEPEST:
        return
    elif isinstance(value, dict):
        kept = name if name in _COLLECTIONS else ""
        for key, each in value.items():
            _collect(each, kept or key, depth + 1, found)
    elif isinstance(value, list):
        for each in value:
            _collect(each, name, depth + 1, found)
