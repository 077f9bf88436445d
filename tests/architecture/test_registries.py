"""Each file of a registry folder is listed, and each door says what it is."""

import ast
import re
from importlib import import_module

import pytest
import yaml

from tests.architecture.house import ROOT, Module, imports_of, modules

REGISTRIES = (
    "bot.changes.kinds",
    "bot.evidence.sections",
    "handlers.actions.registry",
    "handlers.commands.registry",
    "handlers.events.registry",
    "handlers.jobs.registry",
    "handlers.shortcuts.registry",
    "handlers.views.registry",
)


def unlisted(folder: tuple[Module, ...], registry: str) -> set[str]:
    """The files beside a registry of which nothing stands in one of its tuples."""
    files = {file.name: file for file in folder if not file.path.endswith("__init__.py")}
    if not files:
        return set()
    origin = {name.rpartition(".")[2]: name.rpartition(".")[0] for name, _line in imports_of(files[registry])}
    listed = {origin[word] for word in _words_in_tuples(files[registry]) if word in origin}
    return set(files) - {registry} - listed


def _words_in_tuples(registry: Module) -> set[str]:
    tuples = [
        node.value
        for node in registry.tree.body
        if isinstance(node, ast.AnnAssign)
        and node.value
        and ast.unparse(node.annotation).startswith("tuple[")
    ]
    return {name.id for value in tuples for name in ast.walk(value) if isinstance(name, ast.Name)}


@pytest.mark.parametrize("registry", REGISTRIES)
def test_every_file_of_a_registry_folder_is_listed(registry: str) -> None:
    assert unlisted(modules(registry.rpartition(".")[0].replace(".", "/")), registry) == set()


def test_a_file_that_is_not_listed_is_seen() -> None:
    text = (
        "from bot.changes.scale import Scale\n"
        "from bot.changes.retag import Retag\n"
        "KINDS: tuple[ChangeKind, ...] = (Scale(),)\n"
    )
    others = [
        Module(f"bot.changes.{name}", f"bot/changes/{name}.py", "") for name in ("scale", "retag", "drop")
    ]
    folder = (Module("bot.changes.kinds", "bot/changes/kinds.py", text), *others)
    assert unlisted(folder, "bot.changes.kinds") == {"bot.changes.retag", "bot.changes.drop"}


def test_every_command_has_a_usage_and_a_help() -> None:
    commands = import_module("handlers.commands.registry").COMMANDS
    assert [command.name for command in commands if not (command.usage and command.help)] == []
    assert len({command.name for command in commands}) == len(commands)


def test_the_manifest_subscribes_to_exactly_the_events_there_are_doors_for() -> None:
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    doors = {event.type for event in import_module("handlers.events.registry").SLACK_EVENTS}
    subscribed = set(manifest["settings"]["event_subscriptions"]["bot_events"])
    assert doors | {"app_mention"} == subscribed


def test_the_manifest_offers_exactly_the_shortcuts_there_are_doors_for() -> None:
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    shortcuts = import_module("handlers.shortcuts.registry").SHORTCUTS
    offered = manifest["features"]["shortcuts"]
    told = {(each["callback_id"], each["name"], each["type"]) for each in offered}
    assert told == {(each.callback_id, each.name, each.on) for each in shortcuts}
    assert all(len(each["name"]) <= 24 for each in offered)


def test_every_click_modal_and_shortcut_there_is_a_door_for_is_let_in() -> None:
    text = (ROOT / "handlers/slack_app.py").read_text(encoding="utf-8")
    patterns = {
        kind: re.search(rf'app\.{kind}\(re\.compile\(r"(.*?)"\)\)', text)
        for kind in ("action", "view", "shortcut")
    }
    doors = {
        "action": [each.action_id for each in import_module("handlers.actions.registry").ACTIONS],
        "view": [each.callback_id for each in import_module("handlers.views.registry").VIEWS],
        "shortcut": [each.callback_id for each in import_module("handlers.shortcuts.registry").SHORTCUTS],
    }
    for kind, pattern in patterns.items():
        assert pattern is not None
        assert [name for name in doors[kind] if not re.match(pattern[1], name)] == []


def test_the_page_hints_exactly_the_verbs_there_are() -> None:
    text = (ROOT / "sandbox/slack/page/commands.js").read_text(encoding="utf-8")
    lines = text[text.index("const LINES") : text.index("];")]
    hinted = {words.split()[0] for words in re.findall(r'\["([a-z ]+)", "', lines)}
    commands = {command.name for command in import_module("handlers.commands.registry").COMMANDS}
    assert hinted == commands
