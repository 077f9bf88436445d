#!/usr/bin/env python3
"""Check a proof of a Countersign audit trail: a proof pack of one change, or a .tlog-proof of one entry.

Exit codes: 0 it holds, 1 it does not hold, 2 nobody can say (no such file, none of a proof, no key).
"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path

from bot.domain.errors import NoteError
from bot.domain.proof_file import check_proof
from bot.domain.proof_words import Verdict
from bot.domain.public_key import PublicKey


def main(given: list[str] | None = None) -> int:
    """Read the arguments, check the file, print what it proves and what not, and return the exit code."""
    line = ArgumentParser(prog="verify_pack.py", description=__doc__)
    line.add_argument("file", type=Path, help="the proof pack or the .tlog-proof")
    line.add_argument(
        "--vkey", action="append", required=True, help="a public key you trust; repeat for more"
    )
    line.add_argument("--json", action="store_true", help="print one JSON object")
    asked = line.parse_args(given)
    try:
        verdict = check_proof(asked.file.read_bytes(), [PublicKey.parse(each) for each in asked.vkey])
    except OSError as error:
        verdict = Verdict(exit=2, code="U1", message=f"{asked.file} cannot be read: {error.strerror}.")
    except NoteError as error:
        verdict = Verdict(exit=2, code="U2", message=f"A --vkey is no public key: {error}.")
    said = json.dumps(verdict.as_json()) if asked.json else "\n".join(verdict.lines())
    sys.stdout.buffer.write(said.encode() + b"\n")
    return verdict.exit


if __name__ == "__main__":
    sys.exit(main())
