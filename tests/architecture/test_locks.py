"""The locks hold every dependency with hashes, and fit what pyproject.toml asks for."""

import re
import tomllib
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.house import ROOT

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(.*(?:\n    .*)*)", re.MULTILINE)


def project() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(lock: str) -> dict[str, str]:
    """Name -> version of a lock."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {canonicalize_name(pin[1]): pin[2] for pin in PIN.finditer(text)}


def asked(group: str) -> list[Requirement]:
    """The requirements of a dependency group, with those of the groups it includes."""
    wanted: list[Requirement] = []
    for entry in project()["dependency-groups"][group]:
        wanted += [Requirement(entry)] if isinstance(entry, str) else asked(entry["include-group"])
    return wanted


def unmet(wanted: list[Requirement], locked: dict[str, str]) -> list[str]:
    """The requirements that the lock does not meet: run `make lock`."""
    versions = {str(need): locked.get(canonicalize_name(need.name)) for need in wanted}
    return [
        str(need)
        for need in wanted
        if (version := versions[str(need)]) is None or not need.specifier.contains(version)
    ]


def test_the_locks_meet_what_the_project_asks_for() -> None:
    runtime = [Requirement(line) for line in project()["project"]["dependencies"]]
    assert unmet(runtime, pins("requirements.lock")) == []
    assert unmet(runtime + asked("dev"), pins("requirements-dev.lock")) == []
    assert unmet(asked("build"), pins("requirements-build.lock")) == []
    assert unmet(asked("mutants"), pins("requirements-mutants.lock")) == []


def test_the_same_library_has_the_same_version_in_every_lock() -> None:
    everything = pins("requirements-dev.lock")
    for lock in ("requirements.lock", "requirements-build.lock"):
        assert pins(lock).items() <= everything.items()
    beside = pins(
        "requirements-mutants.lock"
    )  # has a tool of its own, installed with the others into one place
    assert {name: everything[name] for name in beside if name in everything} == {
        name: version for name, version in beside.items() if name in everything
    }


@pytest.mark.parametrize(
    "lock",
    ["requirements.lock", "requirements-dev.lock", "requirements-build.lock", "requirements-mutants.lock"],
)
def test_every_pin_has_a_hash_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    blocks = list(PIN.finditer(text))
    assert len(blocks) > 5
    assert [pin[1] for pin in blocks if "--hash=sha256:" not in pin[3]] == []
    assert "://" not in text


def test_a_dependency_missing_in_the_lock_or_too_old_there_is_seen() -> None:
    wanted = [Requirement("typer>=0.29"), Requirement("aiohttp[speedups]>=3"), Requirement("PyYAML>=6")]
    assert unmet(wanted, {"typer": "0.28", "pyyaml": "6.0"}) == ["typer>=0.29", "aiohttp[speedups]>=3"]
