"""What the pages tell people to type exists, and what people type is what CI runs."""

import os
import re

import pytest

from tests.architecture.house import ROOT

PAGES = ("README.md", "CONTRIBUTING.md", "docs/runbook.md")
TARGET = re.compile(r"^([a-z]+):", re.MULTILINE)


def text_of(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def targets_named_in(text: str) -> set[str]:
    """Every `make x` in code of a page."""
    code = re.findall(r"`[^`\n]+`|^(?:    |\$ |make ).*$|^```.*?^```", text, re.MULTILINE | re.DOTALL)
    return {target for piece in code for target in re.findall(r"\bmake ([a-z]+)\b", piece)}


@pytest.mark.parametrize("page", [page for page in PAGES if (ROOT / page).exists()])
def test_every_make_target_a_page_names_exists(page: str) -> None:
    assert targets_named_in(text_of(page)) - set(TARGET.findall(text_of("Makefile"))) == set()


def test_a_target_that_does_not_exist_is_seen() -> None:
    assert targets_named_in("run `make tea`, then\n```\nmake coffee\n```\nand make sense") == {
        "tea",
        "coffee",
    }


def test_make_check_runs_the_same_test_command_as_people_do() -> None:
    rules = text_of("Makefile")
    assert re.search(r"^check:.*\n\t@\$\(MAKE\) --no-print-directory test COVERAGE=1$", rules, re.MULTILINE)
    assert re.search(
        r"^test: venv .*\n\t@COVERAGE=\$\(COVERAGE\) scripts/test \$\(ARGS\)$", rules, re.MULTILINE
    )


def test_every_test_is_in_one_step_and_what_failed_must_pass_alone() -> None:
    script = text_of("scripts/test")
    steps = re.findall(r'^step .*-m ("[a-z ]+"|alone) ', script, re.MULTILINE)
    assert steps == ['"not unmeasured and not alone"', '"unmeasured and not alone"', "alone"]
    assert re.search(r"--last-failed --last-failed-no-failures none .* \|\| exit 1$", script, re.MULTILINE)


def test_ci_runs_make_check_and_nothing_of_its_own() -> None:
    assert re.findall(r"^make .*$", text_of(".ci/run"), re.MULTILINE) == ["make check </dev/null"]


@pytest.mark.parametrize("script", [".ci/run", "scripts/bootstrap", "scripts/test"])
def test_a_script_can_be_started(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


def test_every_target_has_a_line_of_help() -> None:
    rules = text_of("Makefile")
    silent = [
        name for name in TARGET.findall(rules) if not re.search(rf"^{name}:.* ## \S", rules, re.MULTILINE)
    ]
    assert silent == ["venv"]


def test_no_test_folder_is_left_out_but_the_peers() -> None:
    options = text_of("pyproject.toml")
    assert 'testpaths = ["tests"]' in options
    assert re.findall(r"^norecursedirs = (.*?) #", options, re.MULTILINE) == ['["peers", ".*"]']
    assert "--deselect" not in options
    assert "--ignore" not in options
