"""manifest.yml is what Slack accepts, and asks for exactly the scopes that what we use needs."""

import ast
import json
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from handlers.cli.manifest import as_yaml, manifest_for
from tests.architecture.house import ROOT, modules

# Every Web API method the house calls. The code is compared with it below.
METHODS = {
    "apps.connections.open",
    "auth.test",
    "bookmarks.add",
    "bookmarks.list",
    "chat.getPermalink",
    "chat.postEphemeral",
    "chat.postMessage",
    "chat.update",
    "conversations.create",
    "conversations.history",
    "conversations.info",
    "conversations.invite",
    "conversations.join",
    "conversations.open",
    "conversations.replies",
    "files.completeUploadExternal",
    "files.getUploadURLExternal",
    "pins.add",
    "usergroups.users.list",
    "users.info",
    "views.open",
    "views.publish",
    "views.update",
}
# Scopes that no method and no event asks for: a slash command does, and the address of a file (`url_private`).
BY_FEATURE = {"commands", "files:read"}
# Of these every one is needed: public channels, private ones and direct messages have scopes of their own.
EACH = {
    "conversations.create": {"channels:manage", "groups:write"},
    "conversations.history": {"channels:history", "groups:history"},
    "conversations.info": {"channels:read", "groups:read"},
    "conversations.invite": {"channels:manage", "groups:write"},
    "conversations.open": {"im:write"},
    "conversations.replies": {"channels:history", "groups:history"},
}
# What the published reference leaves out, by Slack's own pages.
UNREFERENCED = {"conversations.setTopic": ["channels:manage", "groups:write"]}
UNREFERENCED_EVENTS = {
    f"{kind}_{what}": [f"{kind}s:read"] for kind in ("channel", "group") for what in ("archive", "unarchive")
}


def spec(relative: str) -> Path:
    """A file or folder of Slack's published data, or a visible skip where it is not at hand."""
    base = os.environ.get("COUNTERSIGN_SPEC_DATA")
    path = (Path(base) if base else ROOT.parent / "shared" / "data") / "slack" / relative
    if not path.exists():
        pytest.skip(f"Slack's published data is not here: {relative} (set COUNTERSIGN_SPEC_DATA)")
    return path


@cache
def manifest() -> Any:
    return yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))


def granted() -> set[str]:
    return set(manifest()["oauth_config"]["scopes"]["bot"])


def subscribed() -> list[str]:
    return list(manifest()["settings"]["event_subscriptions"]["bot_events"])


def needs() -> dict[str, list[str]]:
    """What we use -> the scopes of which one is needed, by Slack's reference; left out where none is."""
    folder = spec("slack-api-ref/methods")
    events = json.loads(spec("slack-api-ref/events.json").read_text())
    of_events = {event["name"]: event.get("scopes", []) for event in events} | UNREFERENCED_EVENTS
    methods = {
        method: json.loads((folder / f"{method}.json").read_text())["scope"].get("bot", [])
        for method in METHODS
    }
    # The reference writes one scope with a dot ("app_mentions.read").
    asked = {event: [scope.replace(".", ":") for scope in of_events[event]] for event in subscribed()}
    return {name: scopes for name, scopes in (methods | asked | UNREFERENCED).items() if scopes}


def missing(needed: Mapping[str, list[str]], held: set[str]) -> list[str]:
    """Name what could not be used with these scopes."""
    return sorted(
        name for name, scopes in needed.items() if not held & set(scopes) or not EACH.get(name, set()) <= held
    )


def superfluous(needed: Mapping[str, list[str]], held: set[str]) -> list[str]:
    """Name the scopes that nothing needs."""
    return sorted(held - BY_FEATURE - {scope for scopes in needed.values() for scope in scopes})


def called_methods(names: Iterable[str]) -> set[str]:
    """The Web API methods among the attribute names and strings of the code (`chat_postMessage`)."""
    known = {path.stem for path in spec("slack-api-ref/methods").glob("*.json")} | set(UNREFERENCED)
    by_word = {method.replace(".", "_"): method for method in known} | {method: method for method in known}
    return {by_word[name] for name in names if name in by_word}


def words_of_the_code() -> set[str]:
    words: set[str] = set()
    for module in modules("bot/slack", "handlers"):
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute):
                words.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
    return words


def test_the_manifest_is_valid_by_slacks_own_schema() -> None:
    schema = json.loads(spec("manifest.schema.2.0.0.json").read_text())
    jsonschema.validate(manifest(), schema)


def test_the_schema_refuses_a_manifest_with_an_unknown_word() -> None:
    schema = json.loads(spec("manifest.schema.2.0.0.json").read_text())
    broken = manifest() | {"features": manifest()["features"] | {"slash_command": []}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)


def test_what_we_use_has_its_scope() -> None:
    assert missing(needs(), granted()) == []


@pytest.mark.threat(27)
@pytest.mark.asvs("13.2.2")
def test_no_scope_is_asked_for_that_nothing_needs() -> None:
    assert superfluous(needs(), granted()) == []


@pytest.mark.parametrize(
    "scope",
    [
        "app_mentions:read",
        "bookmarks:read",
        "bookmarks:write",
        "channels:history",
        "channels:join",
        "channels:manage",
        "channels:read",
        "chat:write",
        "files:write",
        "groups:history",
        "groups:read",
        "groups:write",
        "im:write",
        "pins:write",
        "reactions:read",
        "usergroups:read",
        "users:read",
    ],
)
def test_the_lint_sees_a_scope_taken_away(scope: str) -> None:
    assert missing(needs(), granted() - {scope}) != []


def test_the_lint_sees_a_scope_too_many() -> None:
    assert superfluous(needs(), granted() | {"canvases:write"}) == ["canvases:write"]


def test_the_code_calls_no_method_that_is_not_declared_here() -> None:
    assert called_methods(words_of_the_code()) - METHODS == set(UNREFERENCED)


def test_a_call_of_another_method_is_seen() -> None:
    assert called_methods(["chat_delete", "users.list", "commit"]) == {"chat.delete", "users.list"}


def test_both_commands_are_there_and_escape_names() -> None:
    commands = {command["command"]: command for command in manifest()["features"]["slash_commands"]}
    assert set(commands) == {"/countersign", "/cs"}
    assert all(command["should_escape"] for command in commands.values())
    assert all(len(command["usage_hint"]) <= 1000 for command in commands.values())


def test_socket_mode_is_the_default_and_needs_no_address() -> None:
    settings = manifest()["settings"]
    assert settings["socket_mode_enabled"] is True
    assert settings["interactivity"] == {"is_enabled": True}
    assert "http" not in json.dumps(settings)


def test_the_printed_manifest_and_the_file_say_the_same() -> None:
    assert yaml.safe_load(as_yaml(manifest_for("socket"))) == manifest()


def test_the_http_manifest_is_valid_too_and_every_door_has_the_address() -> None:
    printed = manifest_for("http", "https://bot.example.com/")
    jsonschema.validate(printed, json.loads(spec("manifest.schema.2.0.0.json").read_text()))
    doors = [printed["settings"]["interactivity"], printed["settings"]["event_subscriptions"]]
    addresses = {door["request_url"] for door in doors}
    addresses |= {command["url"] for command in printed["features"]["slash_commands"]}
    assert addresses == {"https://bot.example.com/slack/events"}
    assert printed["settings"]["socket_mode_enabled"] is False
