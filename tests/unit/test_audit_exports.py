"""Exports of the audit trail, each read back by something that did not write it."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from bot.domain.entry import new_ulid
from bot.domain.errors import InvalidInputError, LedgerBrokenError
from bot.domain.json import canonical
from bot.domain.tlog_tiles import bundle_files, tile_files
from bot.domain.trail_range import TrailRange, read_range
from bot.ports.trail import FoundEntry
from bot.render.audit_ocsf import OCSF_VERSION, render_ocsf
from bot.render.audit_rows import render_cloudevents, render_csv, render_jsonl

NOW = datetime(2026, 11, 24, 9, 41, tzinfo=UTC)
LOG = "countersign.example.test/audit/2026"
ARM = "/subscriptions/s/deployments/triage"


def entries(*bodies: Mapping[str, Any]) -> list[FoundEntry]:
    """Return entries with these bodies, linked as the trail links them."""
    made: list[FoundEntry] = []
    for seq, body in enumerate(bodies):
        text = canonical(
            {
                "v": 1,
                "log": LOG,
                "seq": seq,
                "prev": made[-1].leaf_hash if made else "0" * 64,
                "id": new_ulid(NOW),
                "type": "change.approved",
                "ts": "2026-11-24T09:41:00.123456Z",
                "actor": {"kind": "slack_user", "id": "U0BOB", "entra_oid": "8f14"},
                "subject": {"change": "CHG-1", "n": seq, "prev": "0" * 64, "resource": ARM},
                "data": {"quorum": 1},
                "evidence": [],
                "req": {"source": "slack", "ref": "R"},
                "bot": {"version": "1.0.0"},
                **body,
            }
        )
        made.append(FoundEntry(0, seq, text.decode(), sha256(b"\x00" + text).hexdigest()))
    return made


TWO = ({}, {"type": "evidence.read", "subject": {}, "data": {"alias": "=cmd|' /C calc'!A0, \"x\"\nü"}})


def test_a_slice_of_jsonl_proves_itself_by_its_links() -> None:
    lines = b"".join(render_jsonl(entries(*TWO, {}))).splitlines()
    leaves = [sha256(b"\x00" + line).hexdigest() for line in lines]
    assert [json.loads(line)["prev"] for line in lines[1:]] == leaves[:-1]


def test_csv_is_read_back_whole_and_no_cell_is_a_formula() -> None:
    hostile = {"actor": {"kind": "system", "id": "@SUM(1)"}, "subject": {"resource": "=1+1", "change": "-1"}}
    found = entries(*TWO, hostile, {"type": "+x.y", "actor": {"kind": "\tz", "id": "\rq"}})
    text = b"".join(render_csv(found)).decode()
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert [row["body"] for row in rows] == [each.body for each in found]
    assert [row["leaf_hash"] for row in rows] == [each.leaf_hash for each in found]
    assert (rows[0]["change"], rows[0]["change_n"], rows[0]["actor_id"]) == ("CHG-1", "0", "U0BOB")
    assert (rows[2]["actor_id"], rows[2]["resource"], rows[2]["change"]) == ("'@SUM(1)", "'=1+1", "'-1")
    assert (rows[3]["type"], rows[3]["actor_kind"], rows[3]["actor_id"]) == ("'+x.y", "'\tz", "'\rq")
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())
    assert text.count("\r\n") == 1 + len(found)


def test_a_cloud_event_has_what_the_specification_demands_and_the_body_byte_for_byte() -> None:
    found = entries(*TWO)
    lines = b"".join(render_cloudevents(found)).splitlines()
    events = [json.loads(line) for line in lines]
    for event, entry, line in zip(events, found, lines, strict=True):
        assert {"specversion": "1.0", "source": f"//{LOG}"}.items() <= event.items()
        assert (event["auditseq"], event["auditleafhash"]) == (entry.seq, entry.leaf_hash)
        assert all(name.isalnum() and name.islower() and len(name) <= 20 for name in event)
        assert datetime.fromisoformat(event["time"]).tzinfo is not None
        assert event["data"] == json.loads(entry.body)
        assert f'"data":{entry.body}'.encode() in line
    assert (events[0]["type"], events[0]["subject"]) == ("com.countersign.change.approved", "CHG-1")
    assert "subject" not in events[1]


# Source: ocsf-schema 1.6.0, base event, application, api_activity: what is required, and the objects' constraints.
REQUIRED = (
    "activity_id",
    "actor",
    "api",
    "category_uid",
    "class_uid",
    "metadata",
    "severity_id",
    "src_endpoint",
)


@pytest.mark.parametrize(
    ("kind", "activity", "status"),
    [
        ("change.requested", 1, 1),
        ("evidence.read", 2, 1),
        ("change.approved", 3, 1),
        ("privacy.erased", 4, 1),
        ("change.refused", 3, 2),
        ("clock.skew", 99, 2),
        ("log.sealed", 99, 1),
    ],
)
def test_an_ocsf_event_is_an_api_activity_with_everything_required(
    kind: str, activity: int, status: int
) -> None:
    (entry,) = entries({"type": kind})
    event = json.loads(b"".join(render_ocsf([entry])))
    assert not [name for name in (*REQUIRED, "time", "type_uid") if name not in event]
    assert (event["class_uid"], event["category_uid"], event["activity_id"]) == (6003, 6, activity)
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert event["activity_name"] == (kind if activity == 99 else event["activity_name"])
    assert (event["status_id"], event["metadata"]["version"]) == (status, OCSF_VERSION)
    assert event["time"] == 1795513260123
    assert {"name", "vendor_name"} <= event["metadata"]["product"].keys()
    assert (event["metadata"]["sequence"], event["metadata"]["uid"]) == (0, json.loads(entry.body)["id"])
    assert event["actor"]["user"]["uid"] == "U0BOB"
    assert event["api"]["operation"] == kind
    assert [each["uid"] for each in event["resources"]] == ["CHG-1", ARM]
    assert sha256(b"\x00" + event["raw_data"].encode()).hexdigest() == event["unmapped"]["leaf_hash"]
    assert event["unmapped"]["prev"] == "0" * 64


def test_a_body_that_nobody_can_read_is_an_error_in_words_and_still_leaves_as_jsonl() -> None:
    broken = FoundEntry(0, 7, '{"actor":"\udcff', "00" * 32)
    for render in (render_csv, render_cloudevents, render_ocsf):
        with pytest.raises(LedgerBrokenError, match="Entry 7"):
            list(render([broken]))
    assert b"".join(render_jsonl([broken])) == b'{"actor":"\xff\n'


def read_tree(files: Mapping[str, bytes], size: int) -> list[bytes]:
    """Return the leaf hashes of a tiles folder by its entry bundles, each tile compared with the one below."""
    leaves: list[bytes] = []
    for bundle in range(-(-size // 256)):
        raw = files[place("entries", bundle, min(256, size - bundle * 256))]
        while raw:
            length = raw[0] << 8 | raw[1]
            leaves.append(sha256(b"\x00" + raw[2 : 2 + length]).digest())
            raw = raw[2 + length :]
    level, below = 0, leaves
    while below:
        tiles = [below[at : at + 256] for at in range(0, len(below), 256)]
        for index, tile in enumerate(tiles):
            assert files[place(level, index, len(tile))] == b"".join(tile)
        level, below = level + 1, [root_of(tile) for tile in tiles if len(tile) == 256]
    return leaves


def place(level: int | str, index: int, width: int) -> str:
    """Return a tile's path, by arithmetic."""
    path = f"{index % 1000:03d}"
    while index >= 1000:
        index //= 1000
        path = f"x{index % 1000:03d}/{path}"
    return f"tile/{level}/{path}" + ("" if width == 256 else f".p/{width}")


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes as RFC 6962 defines it."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + root_of(leaves[:half]) + root_of(leaves[half:])).digest()


@pytest.mark.parametrize("size", [1, 255, 256, 257, 512, 65_536, 66_000, 256_001])
def test_tiles_are_read_back_to_the_same_leaves(size: int) -> None:
    bodies = [b"entry %d" % number for number in range(size)]
    leaves = [sha256(b"\x00" + body).digest() for body in bodies]
    files = dict([*tile_files(leaves), *bundle_files(bodies)])
    assert read_tree(files, size) == leaves
    levels = [level for level in range(4) if size >> 8 * level]
    expected = sum(-(-(size >> 8 * level) // 256) for level in levels) + -(-size // 256)
    assert len(files) == expected


def test_the_path_of_a_tile_is_the_one_of_the_specification() -> None:
    leaves = [b"\x00" * 32] * 256
    assert dict(tile_files(leaves)).keys() == {"tile/0/000", "tile/1/000.p/1"}
    assert place(0, 1_234_067, 256) == "tile/0/x001/x234/067"


def test_a_range_is_of_numbers_or_of_times_with_both_ends_in_it() -> None:
    assert read_range("", "", now=NOW) == TrailRange()
    assert read_range("3", "7", now=NOW) == TrailRange(low=3, high=7)
    quarter = read_range("2026-07-01", "2026-09-30", now=NOW)
    assert quarter.since == datetime(2026, 7, 1, tzinfo=UTC)
    assert quarter.until == datetime(2026, 9, 30, 23, 59, 59, 999999, tzinfo=UTC)
    assert read_range("7d", "", now=NOW).since == datetime(2026, 11, 17, 9, 41, tzinfo=UTC)
    assert read_range("2026-10-01T12:00+02:00", "", now=NOW).since == datetime(2026, 10, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end"), [("3", "2026-10-01"), ("7", "3"), ("2026-10-02", "2026-10-01"), ("soon", "")]
)
def test_a_range_that_means_nothing_is_refused_with_the_way_to_write_it(start: str, end: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_range(start, end, now=NOW)
    assert refused.value.advice
