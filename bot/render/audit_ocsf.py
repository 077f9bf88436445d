"""Entries of the audit trail as OCSF events of the class API Activity, for a SIEM."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from bot.domain.json import canonical
from bot.ports.trail import FoundEntry
from bot.render.audit_rows import read_body, told_body

# Source: schema.ocsf.io/1.6.0/classes/api_activity. From 1.7.0 on metadata.uid means something else.
OCSF_VERSION = "1.6.0"
CATEGORY, CLASS = 6, 6003
CREATE, READ, UPDATE, DELETE, OTHER = 1, 2, 3, 4, 99
NAMES = {CREATE: "Create", READ: "Read", UPDATE: "Update", DELETE: "Delete"}
_SUCCESS, _FAILURE = 1, 2
_INFORMATIONAL, _MEDIUM = 1, 3
_ACTIVITIES = {
    "log.opened": CREATE,
    "change.requested": CREATE,
    "freeze.added": CREATE,
    "baseline.recorded": CREATE,
    "evidence.snapshot": CREATE,
    "evidence.read": READ,
    "export.performed": READ,
    "proofpack.issued": READ,
    "verify.passed": READ,
    "verify.failed": READ,
    "privacy.erased": DELETE,
    "retention.pruned": DELETE,
}
_UPDATES = ("change.", "rollback.")
_FAILED = ("refused", "denied", "failed", "unknown", "skew")
_PLACED = frozenset({"actor", "subject", "id", "type", "ts", "seq"})


def render_ocsf(entries: Iterable[FoundEntry]) -> Iterator[bytes]:
    """Give each entry as an OCSF event, one a line; `raw_data` is the body whose hash is the leaf."""
    for entry in entries:
        yield canonical(ocsf_event(entry)) + b"\n"


def ocsf_event(entry: FoundEntry) -> dict[str, Any]:
    """Return an entry as an OCSF event."""
    body = read_body(entry)
    kind, req = str(body.get("type", "")), _mapping(body.get("req"))
    activity = _ACTIVITIES.get(kind, UPDATE if kind.startswith(_UPDATES) else OTHER)
    failed = kind.endswith(_FAILED)
    return {
        "activity_id": activity,
        "activity_name": NAMES.get(activity, kind),
        "category_uid": CATEGORY,
        "category_name": "Application Activity",
        "class_uid": CLASS,
        "class_name": "API Activity",
        "type_uid": CLASS * 100 + activity,
        "time": _milliseconds(body.get("ts")),
        "severity_id": _MEDIUM if failed else _INFORMATIONAL,
        "status_id": _FAILURE if failed else _SUCCESS,
        "metadata": _metadata(entry, body, kind),
        "actor": _actor(_mapping(told_body(entry).get("actor"))),
        "api": {"operation": kind, "service": {"name": "countersign"}},
        "src_endpoint": {"name": str(req.get("source") or "countersign")},
        "resources": _resources(_mapping(body.get("subject"))),
        "raw_data": entry.body,
        "unmapped": {
            **{name: each for name, each in body.items() if name not in _PLACED},
            "subject": body.get("subject", {}),
            "leaf_hash": entry.leaf_hash,
            "shard": entry.shard,
        },
    }


def _metadata(entry: FoundEntry, body: Mapping[str, Any], kind: str) -> dict[str, Any]:
    version = str(_mapping(body.get("bot")).get("version", ""))
    return {
        "version": OCSF_VERSION,
        "product": {"name": "Countersign", "vendor_name": "Countersign", "version": version},
        "uid": str(body.get("id", "")),
        "sequence": entry.seq,
        "event_code": kind,
        "log_name": str(body.get("log", "")),
        "original_time": str(body.get("ts", "")),
    }


def _actor(actor: Mapping[str, Any]) -> dict[str, Any]:
    uid = str(actor.get("id", ""))
    if actor.get("kind") != "slack_user":
        return {"app_name": f"countersign {uid}".strip()}
    user = {"uid": uid, "type_id": 1, "uid_alt": str(actor.get("entra_oid", ""))}
    return {"user": {name: each for name, each in user.items() if each}}


def _resources(subject: Mapping[str, Any]) -> list[dict[str, str]]:
    named = (("change", "Change request"), ("resource", "Azure resource"))
    return [{"uid": str(subject[key]), "type": words} for key, words in named if subject.get(key)]


def _milliseconds(text: object) -> int:
    try:
        return int(datetime.fromisoformat(str(text)).timestamp() * 1000)
    except ValueError:
        return 0


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
