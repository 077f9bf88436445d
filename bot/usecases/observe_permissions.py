"""What the two identities may do: the executor's is written down for the pre-checks, both are judged at the start."""

from collections.abc import Sequence

from bot.domain.deployment import Account
from bot.domain.errors import CountersignError, InvalidInputError
from bot.domain.operation import Plan
from bot.domain.permission import GOOD_FOR, LIST_KEYS, WRITES, Permissions, missing_for, missing_words
from bot.ports.archive import Look
from bot.ports.azure import PermissionsReader
from bot.usecases.desk import Desk

UNSEEN = (
    "What the executor may do on {account} has not been observed in the last hour; it is checked at apply."
)


async def observe_permissions(account: Account, *, reader: PermissionsReader, desk: Desk) -> None:
    """Write down what the executor is allowed on an account now."""
    seen = Permissions(account.name, await reader.allowed(account), desk.clock.now())
    async with desk.archive.transaction() as tx:
        await tx.observe_permissions(seen)


async def permission_problem(plan: Plan, account: Account, *, look: Look, desk: Desk) -> tuple[str, str]:
    """Return what the executor was last seen to lack for a plan, and what could not be said; both may be empty."""
    seen = await look.permissions(account.name)
    if not plan.forward:
        return "", ""
    if seen is None or desk.clock.now() - seen.observed_at > GOOD_FOR:
        return "", UNSEEN.format(account=account.name)
    missing = missing_for(plan, seen.allowed)
    return (missing_words(missing, account.name) if missing else ""), ""


async def lacks_now(plan: Plan, account: Account, reader: PermissionsReader) -> str:
    """Return what the executor lacks for a plan at this moment, empty when nothing, or when Azure will not say.

    Raises:
        AzureUnavailableError: Azure did not answer; ask again.
    """
    if not plan.forward:
        return ""
    try:
        missing = missing_for(plan, await reader.allowed(account))
    except CountersignError as error:
        if error.retryable:
            raise
        return ""
    return missing_words(missing, account.name) if missing else ""


async def refuse_wrong_hands(
    role: str, accounts: Sequence[Account], *, reader: PermissionsReader
) -> tuple[str, ...]:
    """Refuse a reader that can write and an executor that can list keys; return which accounts would not say.

    Raises:
        InvalidInputError: an identity may do what it must not; the message names the action and the fix.
    """
    unknown: list[str] = []
    wrong = frozenset((*WRITES, LIST_KEYS)) if role == "reader" else frozenset({LIST_KEYS})
    for account in accounts:
        try:
            found = sorted(wrong & await reader.allowed(account))
        except CountersignError as error:
            unknown.append(f"{account.name}: {error}")
            continue
        if found:
            raise InvalidInputError(
                f"The {role}'s identity may do what it must not on {account.name}: {', '.join(found)}.",
                advice=f"Take its other roles away and assign only that of deploy/roles/{role}.json; "
                "docs/azure-roles.md says how.",
            )
    return tuple(unknown)
