"""Checks of an account: what passes, and what is a warning with why and how to mend it."""

from dataclasses import replace

import pytest

from bot.domain.inventory import AccountPosture, DiagnosticSetting
from bot.domain.posture import OWNER_TAGS, account_checks, logging_check, verdict
from bot.domain.states import provisioning_words
from tests.fakes.azure_inventory import posture

KEPT = replace(posture(), tags=dict.fromkeys(OWNER_TAGS, "x"))


def _check(account: AccountPosture, name: str) -> str:
    return next(each.words for each in account_checks(account) if each.name == name)


def test_a_well_kept_account_passes_every_check() -> None:
    checks = account_checks(KEPT)
    assert verdict(checks) == "7 of 7 checks pass"
    assert [each.words for each in checks if not each.words.startswith("pass: ")] == []


@pytest.mark.parametrize(
    ("public", "default", "said"),
    [
        ("Disabled", "Allow", "pass: Disabled"),
        ("SecuredByPerimeter", "", "pass: SecuredByPerimeter"),
        ("Enabled", "Deny", "pass: Enabled, denied but for 2 rules"),
        ("Enabled", "Allow", "warning: Enabled."),
        ("", "", "warning: not said, which is Enabled by default."),
    ],
)
def test_the_public_network_passes_when_it_is_off_or_denied_by_default(
    public: str, default: str, said: str
) -> None:
    account = replace(KEPT, public_network=public, network_default=default)
    assert _check(account, "Public network").startswith(said)


@pytest.mark.parametrize(
    ("change", "name", "said"),
    [
        ({"local_auth": None}, "Key access", "warning: not said, which is on by default. Why: "),
        ({"private_endpoints": {"Pending": 2}}, "Private endpoints", "warning: 2 Pending. Why: "),
        ({"private_endpoints": {"Approved": 1, "Pending": 2}}, "Private endpoints", "pass: 1 Approved, 2"),
        ({"endpoint_kind": "endpoint of the region"}, "Endpoint", "warning: endpoint of the region. Why: "),
        ({"identity": "None"}, "Managed identity", "warning: none. Why: "),
        ({"tags": {"Owner": "x", "WORKLOAD": "y"}}, "Tags", "warning: missing cost-center, environment. "),
    ],
)
def test_each_check_says_what_it_saw(change: dict[str, object], name: str, said: str) -> None:
    assert _check(replace(KEPT, **change), name).startswith(said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("categories", "is_pass"),
    [(("RequestResponse",), True), (("allLogs",), True), (("Audit", "Trace"), False), ((), False)],
)
def test_logging_passes_only_when_requests_are_among_what_is_logged(
    categories: tuple[str, ...], is_pass: bool
) -> None:
    check = logging_check([DiagnosticSetting("to-logs", categories, ("Log Analytics",))])
    assert check.words.startswith("pass: to-logs: " if is_pass else "warning: to-logs: ")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("Succeeded", "in place (Azure: Succeeded)"),
        ("Failed", "its last operation failed (Azure: Failed)"),
        ("Resolving", "in a state we have no words for (Azure: Resolving)"),
        ("", "not said"),
    ],
)
def test_a_provisioning_state_is_in_words_with_azures_beside_it(state: str, said: str) -> None:
    assert provisioning_words(state) == said
