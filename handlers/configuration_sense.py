"""What `countersign.toml` must not say though each key is well formed: it can never work, or is silently ignored."""

from collections import Counter
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from bot.domain.command_line import did_you_mean
from bot.domain.errors import InvalidInputError
from handlers.configuration_parts import FilePart, FreezePart


def once(names: Iterable[str], what: str) -> None:
    """Raise InvalidInputError for the first name that two rows have, in whatever letters."""
    spelt = list(names)
    for name, times in Counter(name.lower() for name in spelt).items():
        if times > 1:
            first = next(each for each in spelt if each.lower() == name)
            raise InvalidInputError(f"There are two {what}s called {first!r}.", advice="Rename one of them.")


def refuse_nonsense(file: FilePart) -> None:
    """Raise InvalidInputError for the first thing that can never work or would silently do something else."""
    once((part.name for part in file.accounts), "account")
    once((part.alias for part in file.targets), "target")
    once(file.groups, "group")
    once((part.name for part in file.freeze), "freeze")
    once((part.name for part in file.policy_rule), "policy_rule")
    _data_keys(file)
    _one_resource_each(file)
    _one_deployment_each(file)
    _ruled(file)


def _data_keys(file: FilePart) -> None:
    if file.privacy.shred_backups and not file.privacy.keys:
        raise InvalidInputError(
            "[privacy] shred_backups has no folder for people's data keys.",
            advice='Write keys = "/mnt/…", a folder that is in no backup of the database.',
        )


def _one_resource_each(file: FilePart) -> None:
    seen: dict[tuple[str, ...], str] = {}
    for part in file.accounts:
        resource = tuple(each.lower() for each in (part.subscription, part.resource_group, part.account))
        if resource in seen:
            raise InvalidInputError(
                f"The accounts {seen[resource]!r} and {part.name!r} are one Azure resource.",
                advice="Keep the row with the right environment.",
            )
        seen[resource] = part.name


def _one_deployment_each(file: FilePart) -> None:
    seen: dict[tuple[str, str], str] = {}
    for part in file.targets:
        deployment = (part.account.lower(), part.deployment.lower())
        if deployment in seen:
            raise InvalidInputError(
                f"The targets {seen[deployment]!r} and {part.alias!r} are one deployment, "
                "and only the first would be heard.",
                advice="Keep the row with the right owner and channel.",
            )
        seen[deployment] = part.alias


def _ruled(file: FilePart) -> None:
    """An account that a target is in needs an environment the policy speaks of, if only to deny everything."""
    used = {part.account for part in file.targets}
    for part in file.accounts:
        if part.name in used and part.environment not in file.policy:
            guess = did_you_mean(part.environment, file.policy) if file.policy else ""
            own = f"Or write [policy.{part.environment}], empty if nothing shall ever be changed there."
            raise InvalidInputError(
                f"account {part.name} is in the environment {part.environment!r}, and no [policy.…] is about it: "
                "every change of its targets would be denied.",
                advice=f"{guess} {own}".strip(),
            )


def refuse_idle(part: FreezePart, aliases: Sequence[str]) -> None:
    """Raise InvalidInputError for a freeze that never holds, or not for what it names; its times have zones."""
    where = f"freeze {part.name}"
    if part.end <= part.start:
        raise InvalidInputError(
            f"{where} ends before it begins, so it never holds.",
            advice="Exchange from and to, or mend the year.",
        )
    for pattern in part.targets:
        if pattern != "*" and not any(fnmatchcase(alias, pattern) for alias in aliases):
            raise InvalidInputError(
                f"{where} is for {pattern!r}, and no target is called so.",
                advice=did_you_mean(pattern, aliases),
            )
