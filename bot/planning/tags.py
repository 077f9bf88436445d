"""Tags, typed as lines `name=value`: how they are read, and the set they make of the tags of now."""

from collections.abc import Mapping

from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import CHANGE_TAG
from bot.domain.redaction import scrub

BLOCK = "tags"
MOST, LONGEST_NAME, LONGEST_VALUE = 49, 512, 256
_FORBIDDEN = '<>%&\\?/"'


def read_tags(text: str) -> dict[str, str]:
    """Return the tags that were typed, by name; an empty value removes.

    Raises:
        InvalidInputError: a line is no `name=value`, is ours, is too long, or looks like a secret.
    """
    found: dict[str, str] = {}
    for line in filter(None, (each.strip() for each in text.splitlines())):
        name, equals, value = (part.strip() for part in line.partition("="))
        _check(line, name, equals, value)
        if name.lower() in {known.lower() for known in found}:
            raise _wrong(f"The tag {name} stands there twice. Write it once.")
        found[name] = value
    if not found:
        raise _wrong("Write at least one line, such as owner=support-ai.")
    return found


def tag_lines(tags: Mapping[str, str]) -> str:
    """Return tags as the lines that `read_tags` reads, sorted."""
    return "\n".join(f"{name}={tags[name]}" for name in sorted(tags))


def merged(live: Mapping[str, Json], typed: Mapping[str, str]) -> dict[str, Json]:
    """Return the whole set after: names are compared without case, as Azure does, and keep their spelling.

    Raises:
        InvalidInputError: they are more than Azure keeps, our own included.
    """
    tags = dict(live)
    for name, value in typed.items():
        known = next((each for each in tags if each.lower() == name.lower()), name)
        if value:
            tags[known] = value
        else:
            tags.pop(known, None)
    if len(tags) > MOST:
        raise _wrong(
            f"Azure keeps {MOST + 1} tags, one of them ours: these would be {len(tags)}. Remove some."
        )
    return tags


def _check(line: str, name: str, equals: str, value: str) -> None:
    if not equals or not name:
        raise _wrong(f"{line[:80]!r} is no tag. Write lines such as owner=support-ai; owner= removes.")
    if name.lower() == CHANGE_TAG:
        raise _wrong(f"{CHANGE_TAG} is written by Countersign itself. Leave it out.")
    if any(char in _FORBIDDEN or not char.isprintable() for char in name) or len(name) > LONGEST_NAME:
        raise _wrong(
            f"{name[:80]!r} is no name of a tag: no {' '.join(_FORBIDDEN)}, {LONGEST_NAME} characters."
        )
    if len(value) > LONGEST_VALUE or not value.isprintable():
        raise _wrong(
            f"The value of {name[:80]} has more than {LONGEST_VALUE} characters, or control characters."
        )
    if classes := (scrub(name)[1] or scrub(value)[1] or scrub(line)[1]):
        raise _wrong(
            f"{name[:40] if not scrub(name)[1] else 'A tag'} looks like a secret ({', '.join(classes)}). "
            "Tags are no place for it."
        )


def _wrong(words: str) -> InvalidInputError:
    return InvalidInputError(words, field=BLOCK)
