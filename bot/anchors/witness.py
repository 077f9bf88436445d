"""`witness`: a C2SP tlog-witness, which remembers the last size it saw of a log and cosigns only what follows it."""

import re
from base64 import b64encode
from collections.abc import Sequence

import aiohttp

from bot.domain.errors import AnchorContradictsError, AnchorUnavailableError, NoteError
from bot.domain.note import Verifier, open_note
from bot.ports.anchors import OurLog, Published, Seen

SIZE_TYPE = "text/x.tlog.size"
_SECONDS = 10.0
_MOST_BYTES = 64 * 1024
_TRIES = 3  # another copy of this program may submit at the same time
_SIZE = re.compile(r"(0|[1-9][0-9]{0,19})\n")
_ADVICE = "Ask the witness's operator; the trail itself is not harmed."
_WORDS = {
    400: "it says that the request is malformed",
    403: "it does not know the key that signs this trail; its operator must add it",
    404: "it does not know this trail's origin, or the address is wrong; its operator must add it",
    413: "it says that the request is too large",
    429: "it asks to slow down",
}


class WitnessAnchor:
    """One witness by its submission prefix and public key. There is no way to read it but to submit."""

    kind = "witness"

    def __init__(self, address: str, vkey: str) -> None:
        self._url = f"{address.rstrip('/')}/add-checkpoint"
        self._verifier = Verifier.parse(vkey)

    async def publish(self, log: OurLog) -> Published:
        """Have the newest checkpoint cosigned; the cosignature is verified before it is believed."""
        line = await self._cosigned(log)
        return Published(f"{self._url}#{log.size}", ((self._verifier.name, line),))

    async def newest(self, log: OurLog) -> Seen | None:
        """Submit the newest checkpoint: cosigned, it holds everything that the witness ever saw of this log."""
        if not log.note:
            return None
        try:
            await self._cosigned(log)
        except AnchorContradictsError as error:
            if error.size > log.size:
                return Seen(error.size)
            raise
        return Seen(log.size, log.note)

    async def _cosigned(self, log: OurLog) -> str:
        """Return the cosignature line, starting from the size that the witness names."""
        old = log.anchored
        for _ in range(_TRIES):
            status, kind, body = await self._submit(log, old)
            if status == 200:
                return self._believed(log.note, body)
            if status == 409 and kind == SIZE_TYPE and _SIZE.fullmatch(body):
                known = int(body)
                if known > log.size:
                    words = f"the witness has seen {known} entries, and the trail has {log.size}"
                    raise _contradicts(words, "A2", known)
                if known != old:
                    old = known
                    continue
            if status in (409, 422):
                raise _contradicts(
                    f"what the witness saw at size {old} does not lead to this trail", "A3", old
                )
            raise _refused(status)
        raise AnchorUnavailableError("The witness was asked by several at once.", advice="It is tried again.")

    async def _submit(self, log: OurLog, old: int) -> tuple[int, str, str]:
        proof: Sequence[bytes] = await log.prove(old) if 0 < old < log.size else ()
        lines = [f"old {old}", *(b64encode(each).decode() for each in proof)]
        body = "".join(f"{line}\n" for line in lines) + "\n" + log.note
        try:
            deadline = aiohttp.ClientTimeout(total=_SECONDS)
            async with (
                aiohttp.ClientSession(timeout=deadline) as session,
                session.post(self._url, data=body.encode(), allow_redirects=False) as answer,
            ):
                text = (await answer.content.read(_MOST_BYTES)).decode(errors="replace")
                return answer.status, answer.content_type, text
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AnchorUnavailableError("The witness did not answer.", advice=_ADVICE) from error

    def _believed(self, note: str, lines: str) -> str:
        """Return the line that the configured key signed over exactly this checkpoint."""
        try:
            opened = open_note(note + lines, [self._verifier])
        except NoteError as error:
            raise AnchorUnavailableError(
                f"The witness's cosignature does not verify: {error}.",
                advice="Check [anchors.witness] vkey against the one its operator publishes.",
            ) from None
        return opened.verified[0].line


def _contradicts(words: str, code: str, size: int) -> AnchorContradictsError:
    advice = "Stop all changes; keep the database as it is; see docs/anchors.md."
    return AnchorContradictsError(words, code=code, size=size, advice=advice)


def _refused(status: int) -> AnchorUnavailableError:
    why = _WORDS.get(status, "it answered something that no witness answers")
    return AnchorUnavailableError(f"The witness refused the checkpoint ({status}): {why}.", advice=_ADVICE)
