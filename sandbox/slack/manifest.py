"""What the app asked for when it was installed: scopes, events, commands, shortcuts."""

import re
from dataclasses import dataclass
from pathlib import Path

DEFAULT_SCOPES = (
    "app_mentions:read",
    "bookmarks:read",
    "bookmarks:write",
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "groups:write",
    "im:write",
    "pins:write",
    "reactions:read",
    "usergroups:read",
    "users:read",
)
DEFAULT_EVENTS = ("app_home_opened", "app_mention", "subteam_members_changed")


@dataclass(frozen=True)
class SlashCommand:
    """A command the app registered."""

    command: str
    usage_hint: str = ""
    should_escape: bool = True


@dataclass(frozen=True)
class Shortcut:
    """A shortcut the app registered: `global`, or on a `message`."""

    callback_id: str
    name: str
    type: str = "global"


DEFAULT_COMMANDS = (
    SlashCommand("/cs", "help | status | change request | approvals"),
    SlashCommand("/countersign", "help | status | change request | approvals"),
)


@dataclass(frozen=True)
class Manifest:
    """The part of the app's manifest that Slack enforces."""

    scopes: tuple[str, ...] = DEFAULT_SCOPES
    events: tuple[str, ...] = DEFAULT_EVENTS
    commands: tuple[SlashCommand, ...] = DEFAULT_COMMANDS
    shortcuts: tuple[Shortcut, ...] = ()


def _list_under(text: str, *keys: str) -> tuple[str, ...]:
    lines = text.splitlines()
    depth = -1
    wanted = list(keys)
    found: list[str] = []
    for line in lines:
        content = line.split(" #")[0].rstrip()
        indent = len(content) - len(content.lstrip())
        if wanted and content.strip() == f"{wanted[0]}:" and indent > depth:
            depth = indent
            wanted.pop(0)
        elif not wanted and content.strip():
            entry = re.fullmatch(r"\s*- [\"']?([\w.:]+)[\"']?", content)
            if entry is None:
                break
            found.append(entry.group(1))
    return tuple(found)


def _commands(text: str) -> tuple[SlashCommand, ...]:
    found = []
    for part in re.split(r"^\s*- (?=command:)", text, flags=re.MULTILINE)[1:]:
        name = re.match(r"command:\s*[\"']?(/[\w-]+)", part)
        hint = re.search(r"^\s*usage_hint:\s*(.+)$", part, re.MULTILINE)
        escape = re.search(r"^\s*should_escape:\s*true", part, re.MULTILINE)
        if name:
            words = hint.group(1).strip().strip("\"'") if hint else ""
            found.append(SlashCommand(name.group(1), words, escape is not None))
    return tuple(found)


def _shortcuts(text: str) -> tuple[Shortcut, ...]:
    found = []
    for part in re.split(r"^\s*- (?=name:)", text, flags=re.MULTILINE)[1:]:
        name = re.match(r"name:\s*[\"']?(.+?)[\"']?\s*$", part, re.MULTILINE)
        callback_id = re.search(r"^\s*callback_id:\s*[\"']?([\w.]+)", part, re.MULTILINE)
        kind = re.search(r"^\s*type:\s*[\"']?(global|message)", part, re.MULTILINE)
        if name and callback_id and kind:
            found.append(Shortcut(callback_id.group(1), name.group(1), kind.group(1)))
    return tuple(found)


def read_manifest(path: Path) -> Manifest:
    """The manifest at this path; the defaults where there is none or a part is missing."""
    if not path.is_file():
        return Manifest()
    text = path.read_text(encoding="utf-8")
    return Manifest(
        scopes=_list_under(text, "scopes", "bot") or DEFAULT_SCOPES,
        events=_list_under(text, "bot_events") or DEFAULT_EVENTS,
        commands=_commands(text) or DEFAULT_COMMANDS,
        shortcuts=_shortcuts(text),
    )
