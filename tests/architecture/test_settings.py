"""Every setting that handlers/settings.py reads stands in the README's table of settings, and no other."""

import ast
import re

from tests.architecture.house import ROOT, Module, as_module

SETTINGS = ROOT / "handlers" / "settings.py"
NAME = re.compile(r"\b(?:COUNTERSIGN|SLACK)_[A-Z][A-Z_]+\b")
ROW = re.compile(r"^\|\s*`((?:COUNTERSIGN|SLACK)_[A-Z_]+)`", re.MULTILINE)


def settings_read(module: Module) -> set[str]:
    """The variables a settings module reads: written out, or a field's name behind its class's env_prefix."""
    names: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and NAME.fullmatch(node.value):
            names.add(node.value)
        elif isinstance(node, ast.ClassDef) and (prefix := _prefix(node)):
            names |= {f"{prefix}{field}".upper() for field in _plain_fields(node)}
    return names


def _prefix(node: ast.ClassDef) -> str:
    for call in ast.walk(node):
        if (
            isinstance(call, ast.keyword)
            and call.arg == "env_prefix"
            and isinstance(call.value, ast.Constant)
        ):
            return str(call.value.value)
    return ""


def _plain_fields(node: ast.ClassDef) -> list[str]:
    fields = [
        item for item in node.body if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
    ]
    return [ast.unparse(field.target) for field in fields if "alias" not in ast.unparse(field)]


def documented() -> set[str]:
    """The variables with a row of their own in a table of the README."""
    return set(ROW.findall((ROOT / "README.md").read_text(encoding="utf-8")))


def test_the_settings_and_the_readme_name_the_same_variables() -> None:
    read = settings_read(as_module(SETTINGS)) if SETTINGS.exists() else set()
    assert read - documented() == set(), "read by handlers/settings.py, but not in the README's table"
    assert documented() - read == set(), "in the README's table, but read by nothing"


def test_a_settings_module_reads_at_least_what_the_design_names() -> None:
    if SETTINGS.exists():
        wanted = {
            "SLACK_BOT_TOKEN",
            "COUNTERSIGN_CONFIG",
            "COUNTERSIGN_DATABASE_URL",
            "COUNTERSIGN_SIGNING_KEY",
        }
        assert wanted <= settings_read(as_module(SETTINGS))


def test_both_ways_of_naming_a_setting_are_read() -> None:
    text = (
        "class S(BaseSettings):\n"
        "    model_config = SettingsConfigDict(env_prefix='COUNTERSIGN_')\n"
        "    http_port: int = 3000\n"
        "    token: str = Field(alias='SLACK_BOT_TOKEN')\n"
    )
    module = Module("handlers.settings", "handlers/settings.py", text)
    assert settings_read(module) == {"COUNTERSIGN_HTTP_PORT", "SLACK_BOT_TOKEN"}
