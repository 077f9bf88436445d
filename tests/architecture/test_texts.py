"""No file of the project names a package registry, a path of somebody's machine, or holds a secret."""

import re

import pytest

from tests.architecture.house import text_files

REGISTRY = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.(npmjs|yarnpkg)|proxy\.golang|index[-]url|\bmcr\.microsoft|\bghcr\.io"
    r"|source = \{ registry|\"resolved\": *\"http",
)
MACHINE = re.compile(r"(^|[^A-Za-z0-9_.])/(work|farm|Users|root|tmp/plan)/", re.MULTILINE)
# A live token is longer than what a pretended one says about itself.
SECRET = re.compile(
    r"xox[abp]-[0-9]{8,}-|xapp-1-A[A-Z0-9]{8,}-|-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]{40,}"
)


def found(text: str) -> list[str]:
    """Each place in the text that must not be there."""
    return [hit.group(0) for words in (REGISTRY, MACHINE, SECRET) for hit in words.finditer(text)]


def test_no_file_names_a_registry_a_machine_or_a_secret() -> None:
    assert {path: hits for path, text in text_files() if (hits := found(text))} == {}


@pytest.mark.parametrize(
    "parts",
    [
        ("https://py", "pi.org/simple"),
        ("--extra-index", "-url x"),
        ('"resolved": ', '"https://host/x.tgz"'),
        ("see /wo", "rk/main/x"),
        ("/ro", "ot/x"),
        ("xoxb", "-12345678901-x"),
    ],
)
def test_such_a_place_is_seen(parts: tuple[str, str]) -> None:
    assert found("".join(parts)) != []


def test_ordinary_words_are_left_alone() -> None:
    assert found("/app/work/x homework/ /healthz xoxb-sandbox-1 .venv/bin/python") == []


def test_the_files_are_really_read() -> None:
    paths = {path for path, _text in text_files()}
    assert {"pyproject.toml", "Makefile", "bot/__init__.py", "tests/architecture/test_texts.py"} <= paths
