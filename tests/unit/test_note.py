"""Signed notes and checkpoints: what is written, what is accepted, what is refused."""

from base64 import b64encode
from dataclasses import replace

import pytest

from bot.domain.errors import NoteError
from bot.domain.note import Checkpoint, Signer, Verifier, open_note, parse_note

TEXT = "one line\nanother line\n"
ROOT = bytes(range(32))
ROOT64 = b64encode(ROOT).decode()


def made(name: str = "example.test/log") -> Signer:
    """Return a fresh signer."""
    return Signer.parse(Signer.generate(name)[0])


def with_line(note: str, line: str) -> str:
    """Return the note with one more signature line."""
    return f"{note}{line}\n"


def test_a_generated_key_signs_and_its_verifier_key_opens() -> None:
    skey, vkey = Signer.generate("example.test/log")
    signer = Signer.parse(skey)
    opened = open_note(signer.sign(TEXT), [Verifier.parse(vkey)])
    assert opened.text == TEXT
    assert [each.name for each in opened.verified] == ["example.test/log"]
    assert (signer.vkey, Verifier.parse(vkey).vkey) == (vkey, vkey)


def test_a_signing_key_never_shows_in_its_repr_or_in_an_error() -> None:
    skey, _ = Signer.generate("example.test/log")
    secret = skey.rsplit("+", 1)[1]
    assert secret not in repr(Signer.parse(skey))
    assert "seed" not in repr(Signer.parse(skey))
    with pytest.raises(NoteError) as refused:
        Signer.parse(skey[:-1])
    assert secret[:10] not in str(refused.value)


def test_a_changed_text_is_refused() -> None:
    signer = made()
    with pytest.raises(NoteError, match="invalid signature"):
        open_note(signer.sign(TEXT).replace("another", "one other"), [signer.verifier])


def test_another_key_of_the_same_name_does_not_open_a_note() -> None:
    with pytest.raises(NoteError, match="not signed by a known key"):
        open_note(made().sign(TEXT), [made().verifier])


def test_a_second_signature_by_a_known_key_must_also_be_right() -> None:
    signer = made()
    wrong = b64encode(signer.key_id + bytes(64)).decode()
    with pytest.raises(NoteError, match="invalid signature"):
        open_note(with_line(signer.sign(TEXT), f"— {signer.name} {wrong}"), [signer.verifier])


def test_a_hundred_signatures_are_read_and_one_more_is_too_many() -> None:
    signer = made()
    note = signer.sign(TEXT)
    line = note.split("\n\n")[1]
    assert len(parse_note(note + line * 99)[1]) == 100
    with pytest.raises(NoteError, match="100"):
        parse_note(note + line * 100)


@pytest.mark.parametrize(
    "line",
    [
        "— example.test/log",
        "— bad+name AAAAAAAA",
        "— a AAAA",
        "— a !!!!",
        "- a AAAAAAAA",
        "",
        "— a AAAAAAB=",
        "— a\u00a0b AAAAAAAA",
        "—  AAAAAAAA",
    ],
)
def test_a_malformed_signature_line_spoils_the_note(line: str) -> None:
    signer = made()
    with pytest.raises(NoteError):
        open_note(with_line(signer.sign(TEXT), line), [signer.verifier])


@pytest.mark.parametrize("text", ["no newline", "", "tab\there\n", "cr\r\n", "\x00\n", "\ud800\n"])
def test_a_text_that_no_note_may_hold_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        made().sign(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak", "nbsp\u00a0here"])
def test_a_key_needs_a_plain_name(name: str) -> None:
    with pytest.raises(NoteError):
        Signer.generate(name)


def test_keys_that_libraries_disagree_on_are_refused() -> None:
    sound = made().verifier
    for y in (0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 1):
        with pytest.raises(NoteError, match="sound"):
            Verifier.parse(relabelled(sound, y.to_bytes(32, "little")))


def relabelled(verifier: Verifier, public: bytes) -> str:
    """Return a verifier key with a right key id over other key bytes."""
    from bot.domain.public_key import key_id

    return replace(verifier, public=public, key_id=key_id(verifier.name, 1, public)).vkey


def test_a_checkpoint_survives_its_text() -> None:
    for checkpoint in (
        Checkpoint("example.test/log", 0, ROOT),
        Checkpoint("example.test/log", 2**63, ROOT, ("an extension", "another")),
    ):
        assert Checkpoint.parse(checkpoint.text()) == checkpoint


@pytest.mark.parametrize(
    "text",
    [
        f"log\n01\n{ROOT64}\n",
        f"log\n+1\n{ROOT64}\n",
        f"log\n 1\n{ROOT64}\n",
        f"log\n١\n{ROOT64}\n",
        f"log\n1_0\n{ROOT64}\n",
        f"log\n1\n{ROOT64[:-1]}\n",
        f"log\n1\n{ROOT64}\n\n",
        f"log\n1\n{ROOT64}\n\nx\n",
        f"\n1\n{ROOT64}\n",
        f"log\n{2**64}\n{ROOT64}\n",
        f"log\n1\n{ROOT64}",
        "log\n1\n",
        f"log\n\n{ROOT64}\n",
        f"log\n1\n{ROOT64[:-2]}9=\n",
        f"log\r\n1\n{ROOT64}\n",
        "log\n1\nYmFuYW5hcw==\n",
    ],
)
def test_a_checkpoint_written_any_other_way_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


def test_a_checkpoint_that_cannot_be_read_back_is_not_written() -> None:
    for bad in (Checkpoint("", 1, ROOT), Checkpoint("two\nlines", 1, ROOT), Checkpoint("log", 1, b"short")):
        with pytest.raises(NoteError):
            bad.text()
