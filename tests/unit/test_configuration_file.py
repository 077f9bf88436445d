"""`countersign.toml`: everything it can say is read, and every mistake is refused with its place and a fix."""

import re
import tomllib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bot.domain.change import Impact, Tier
from bot.domain.configuration import Configuration
from bot.domain.errors import InvalidInputError
from handlers.cli.demo_company import company_toml
from handlers.configuration_file import configuration_of, read_configuration
from handlers.configuration_parts import EnvironmentPart, FilePart
from sandbox.azure.logs import WORKSPACE_ID

DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"


def example() -> str:
    """The whole example of docs/configuration.md."""
    (found,) = re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def read(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "countersign.toml"
    path.write_text(text, encoding="utf-8")
    return read_configuration(path)


def test_the_example_of_the_page_is_read_whole(tmp_path: Path) -> None:
    found = read(tmp_path, example())
    assert (found.team_id, found.audit_channel) == ("T0CONTOSO", "C0AUDIT")
    target = found.target("triage-prod")
    assert (target.owner, target.channel, target.monthly_budget_usd) == ("U0OWNER", "C0OPS", Decimal(4000))
    assert target.ref.account.environment == "production"
    rule = found.rule("production", Tier.HIGH)
    assert rule is not None
    assert (rule.quorum, rule.groups, rule.distinct_groups) == (2, ("approvers", "security"), True)
    assert (rule.request_expires, rule.approval_expires) == (timedelta(hours=24), timedelta(hours=4))
    assert found.groups["approvers"].users == {"U0BOB", "U0CAROL"}
    assert found.entra_oids["U0BOB"].startswith("8f14e45f")
    assert found.timing.validation_window == timedelta(minutes=30)
    (freeze,) = found.freezes
    assert freeze.covers("triage-prod", datetime(2026, 12, 24, tzinfo=UTC))
    assert not freeze.covers("triage-prod", datetime(2026, 12, 1, tzinfo=UTC))


def test_the_page_names_every_key_and_no_other() -> None:
    rows = set(re.findall(r"^\| `([a-z_]+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    keys = {
        key for part in FilePart.model_json_schema()["$defs"].values() for key in part.get("properties", {})
    }
    assert rows == keys - set(Tier)
    assert set(Tier) < set(EnvironmentPart.model_fields)


def test_the_example_uses_every_table() -> None:
    assert set(tomllib.loads(example())) == set(FilePart.model_fields)


def test_the_pretended_company_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, company_toml())
    assert [target.alias for target in found.targets] == [
        "triage-prod", "extract-prod", "email-prod", "triage-test", "router-test", "summary-test",
    ]  # fmt: skip
    assert {(environment, tier) for environment, tier in found.rules} == {
        (environment, tier) for environment in ("production", "test") for tier in Tier
    }


def test_the_pretended_company_reads_the_logs_of_production_where_the_simulated_azure_keeps_them(
    tmp_path: Path,
) -> None:
    found = read(tmp_path, company_toml())
    assert {each.name: each.log_workspace for each in found.accounts} == {
        "prod-weu": WORKSPACE_ID,
        "test-swc": "",
    }
    assert found.target("triage-prod").dependents == ("support desk", "night triage batch")


def test_what_has_no_rule_is_denied(tmp_path: Path) -> None:
    found = read(tmp_path, example())
    assert found.rule("production", Tier.CRITICAL) is None
    assert found.rule("nowhere", Tier.NORMAL) is None


_TARGET_AGAIN = """[[targets]]
alias = "ALIAS"
account = "prod-weu"
deployment = "DEPLOYMENT"
owner = "U0OWNER"
channel = "C0OPS"

[[people]]"""
_ACCOUNT_AGAIN = """[[accounts]]
name = "NAME"
environment = "production"
subscription = "00000000-0000-0000-0000-000000000001"
resource_group = "rg-ai-prod"
account = "ACCOUNT"
location = "westeurope"

[[targets]]"""


def _target(alias: str, deployment: str) -> str:
    return _TARGET_AGAIN.replace("ALIAS", alias).replace("DEPLOYMENT", deployment)


def _account(name: str, account: str) -> str:
    return _ACCOUNT_AGAIN.replace("NAME", name).replace("ACCOUNT", account)


MISTAKES = [
    ("team_id =", "team =", "workspace.team", "team_id"),
    ('team_id = "T0CONTOSO"', 'team_id = "contoso"', "workspace.team_id", ""),
    ("[workspace]", "[workspaces]", "workspace", ""),
    ("[[targets]]", "[[target]]", "target", "targets"),
    ('owner = "U0OWNER"', 'ownr = "U0OWNER"', "ownr", "owner"),
    ('owner = "U0OWNER"', 'owner = "Olivia"', "targets.0.owner", ""),
    ('channel = "C0OPS"', 'channel = "#ml-ops"', "targets.0.channel", ""),
    ('account = "prod-weu"', 'account = "prod-we"', "prod-we", "prod-weu"),
    ("[policy.production.high]", "[policy.production.hihg]", "hihg", "high"),
    ("quorum = 2", "quorum = -1", "quorum", ""),
    ("distinct_groups = true", "distinct_group = true", "distinct_group", "distinct_groups"),
    ('groups = ["approvers"]', 'groups = ["aprovers"]', "aprovers", "approvers"),
    ('approval_expires = "4h"', 'approval_expires = "4 hours"', "4 hours", ""),
    ('validation_window = "30m"', 'validation_window = "soon"', "soon", ""),
    ("2026-12-18T18:00:00+01:00", "2026-12-18T18:00:00", "year-end", "zone"),
    ("monthly_budget_usd = ", 'monthly_budget_usd = "lots" #', "monthly_budget_usd", ""),
    ("[workspace]", "[workspace", "not TOML", ""),
    ("[[policy_rule]]", "[[policy_rules]]", "policy_rules", "policy_rule"),
    ('must = "equals"', 'must = "is"', "policy_rule.0.must", ""),
    ('must = "equals"', 'must = "one_of"', "one_of takes a list", "value ="),
    ('must = "equals"', 'must = "at_least"', "needs a number", "120"),
    ('field = "', 'field = "x', "has no field", "upgrade_option"),
    ("runbook = {", "runbook = { capcity = 1,", "capcity", "capacity"),
    ("quorum = 1", "qourum = 1", "policy.production.normal.qourum", "quorum"),
    ("in_place = false", "inplace = true", "policy.production.inplace", "in_place"),
    ('security_groups = ["security"]', 'security_groups = ["secruity"]', "secruity", "security"),
    ('security_groups = ["security"]', "security_groups = []", "security_groups", ""),
    ('may_request = ["approvers"]', 'may_request = ["aprovers"]', "aprovers", "approvers"),
    ('may_apply = ["approvers"]', 'may_apply = ["requestor"]', "requestor", "requester"),
    ('kind = "scale"', 'kind = "scael"', "scael", "scale"),
    (
        'environment = "production"\ntargets = ["triage',
        'environment = "prod"\ntargets = ["triage',
        "'prod'",
        "production",
    ),
    ('groups = ["approvers"]\nmax', 'groups = ["leads"]\nmax', "'leads'", "approvers"),
    ('groups = ["approvers"]\nmax', "groups = []\nmax", "templates.0.groups", ""),
    ("max_capacity = 200\nmax_rise_percent = 20", "", "has no bound", "max_rise_percent"),
    ("max_rise_percent = 20", "max_rise_percents = 20", "max_rise_percents", "max_rise_percent"),
    ("max_rise_percent = 20", "max_rise_percent = -1", "max_rise_percent", ""),
    ('to = "U0ERIN"', 'to = "U0DAN"', "both are one person", "somebody else"),
    ('to = "U0ERIN"', 'to = "Erin"', "delegation.0.to", ""),
    ('from = "U0DAN"', 'form = "U0DAN"', "delegation.0.form", "from"),
    ("2027-01-08T18:00:00+01:00", "2027-01-08T18:00:00", "without a zone", "zone"),
    ('groups = ["security"]\nuntil', 'groups = ["sec"]\nuntil', "'sec'", "security"),
    ('raise_to = "critical"', 'raise_to = "emergency"', "raise_to", ""),
    ('raise_to = "critical"', "", "either raise or lower", "raise_to"),
    ('raise_to = "critical"', 'raise_to = "critical"\nlower_to = "normal"', "either raise or lower", ""),
    ('impact = ["security"]', 'impact = ["secret"]', "tier_rule.0.impact", ""),
    ('impact = ["security"]', 'kinds = ["scael"]', "scael", "scale"),
    ('environments = ["production"]', 'environments = ["prod"]', "'prod'", "production"),
    ('reason = "A wrong answer there is a legal matter."', 'reason = ""', "tier_rule.0.reason", ""),
    (
        "[[tier_rule]]",
        '[[templates]]\nname = "small step up"\nkind = "scale"\nenvironment = "production"\n'
        'groups = ["security"]\nmax_capacity = 1\n[[tier_rule]]',
        "two templates called",
        "Rename",
    ),
    ('"production"\nsubscription', '"prodution"\nsubscription', "'prodution'", "Did you mean production?"),
    ('may_apply = ["approvers"]', "may_apply = []", "policy.production.high.may_apply is empty", "at least one"),
    ("[[people]]", _target("triage-prod", "other"), "two targets called 'triage-prod'", "Rename"),
    ("[[people]]", _target("Triage-Prod", "other"), "two targets called 'triage-prod'", "Rename"),
    ("[[people]]", _target("other", "support-triage-ft"), "one deployment", "the right owner"),
    ("[[targets]]", _account("prod-weu", "other"), "two accounts called 'prod-weu'", "Rename"),
    ("[[targets]]", _account("other", "aoai-contoso-weu"), "one Azure resource", "the right environment"),
    ('to = "2027-01-04', 'to = "2026-01-04', "freeze year-end ends before it begins", "Exchange"),
    ('["*"]\noverride', '["*", "triaje-*"]\noverride', "no target is called so", "triage-prod"),
    ('["*"]\noverride', "[]\noverride", "freeze.0.targets (year-end) is empty", "at least one"),
    ('override = ["security"]', 'override = ["secruity"]', "freeze year-end: override", "security"),
    ("[[policy_rule]]", '[[freeze]]\nname = "year-end"\nfrom = 2026-01-01T00:00:00Z\n'
     "to = 2026-01-02T00:00:00Z\n[[policy_rule]]", "two freezes called", "Rename"),
    ("distinct_groups = true", 'break_glass = "yes"', 'break_glass is "yes"; it must be true or false', ""),
    ("quorum = 2", 'quorum = "2"', 'quorum is "2"; it must be a whole number', ""),
    ("quorum = 2", "quorum = true", "quorum is true; it must be a whole number", ""),
    ("quorum = 2", "quorum = 20", "policy.production.high.quorum is 20; it must be 10 at most", ""),
    ("quorum = 2", "quorum = -1", "is -1; it must be 0 at least", ""),
    ('owner = "U0OWNER"', 'owner = "Olivia"', 'targets.0.owner (triage-prod) is "Olivia"; it must be a Slack', ""),
    ('raise_to = "critical"', 'raise_to = "critcal"', '(extraction is contractual) is "critcal"', "critical?"),
    ('team_id = "T0CONTOSO"', "", "workspace.team_id is missing", "Add team_id"),
    ("quorum = 1", "qourum = 1", "is no key that can stand here. 1 more mistake like it", "quorum"),
    ('users = ["U0DAN"]', 'users = "U0DAN"', "must be a list", ""),
    ('"2026-12-18T18:00:00+01:00"', '"soon"', 'freeze.0.from (year-end) is "soon"; it must be a time', ""),
    ('value = "NoAutoUpgrade"', "value = {}", "policy_rule.0.value", ""),
]  # fmt: skip


def test_templates_delegations_and_tier_rules_are_read(tmp_path: Path) -> None:
    found = read(tmp_path, example())
    (template,) = found.templates
    assert (template.name, template.kind, template.environment) == ("small step up", "scale", "production")
    assert (template.groups, template.targets) == (("approvers",), ("triage-*",))
    assert (template.max_capacity, template.max_rise_percent, template.min_capacity) == (200, 20, None)
    (delegation,) = found.delegations
    assert (delegation.giver, delegation.taker, delegation.groups) == ("U0DAN", "U0ERIN", ("security",))
    assert delegation.until == datetime(2027, 1, 8, 17, tzinfo=UTC)
    (moved,) = found.tier_rules
    assert (moved.raise_to, moved.lower_to, moved.impact) == (Tier.CRITICAL, None, {Impact.SECURITY})
    assert (moved.environments, moved.kinds, moved.targets) == (("production",), ("*",), ("extract-*",))
    assert found.security_groups == {"production": ("security",)}
    assert found.may_request == {"production": ("approvers",)}
    assert found.in_place == frozenset()
    placed = read(tmp_path, example().replace("in_place = false", "in_place = true"))
    assert placed.in_place == {"production"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("max_rise_percent = 20", "max_rise_percent = 21"),
        ('to = "U0ERIN"', 'to = "U0EVE"'),
        ('raise_to = "critical"', 'raise_to = "high"'),
        ('security_groups = ["security"]', 'security_groups = ["approvers"]'),
        ("in_place = false", "in_place = true"),
    ],
)
def test_each_part_of_the_policy_is_in_its_digest(tmp_path: Path, old: str, new: str) -> None:
    assert (
        read(tmp_path, example().replace(old, new)).policy_digest != read(tmp_path, example()).policy_digest
    )


@pytest.mark.parametrize(("old", "new", "named", "advised"), MISTAKES)
def test_a_mistake_is_refused_with_its_place_and_what_was_meant(
    tmp_path: Path, old: str, new: str, named: str, advised: str
) -> None:
    assert old in example()
    with pytest.raises(InvalidInputError) as refused:
        read(tmp_path, example().replace(old, new))
    assert named in str(refused.value)
    assert "countersign.toml" in str(refused.value)
    assert advised in f"{refused.value.advice} {refused.value}"
    assert refused.value.advice


def test_a_file_that_is_no_text_is_called_so(tmp_path: Path) -> None:
    path = tmp_path / "countersign.toml"
    path.write_bytes(b"\x7fELF\xff\xfe\x00")
    with pytest.raises(InvalidInputError, match="is not a text file") as refused:
        read_configuration(path)
    assert "line" not in refused.value.advice


def test_an_environment_in_which_nothing_shall_be_changed_is_said_by_an_empty_table(tmp_path: Path) -> None:
    lab = example().replace('"production"', '"lab"').replace("[policy.production", "[policy.elsewhere")
    assert read(tmp_path, f"{lab}\n[policy.lab]\n").rule("lab", Tier.NORMAL) is None


def test_a_missing_file_says_which_variable_names_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_configuration(tmp_path / "none.toml")
    assert "COUNTERSIGN_CONFIG" in refused.value.advice


def test_the_policy_digest_follows_the_policy_and_nothing_else() -> None:
    document = tomllib.loads(example())
    before = configuration_of(document).policy_digest
    document["targets"][0]["first_symptom"] = "Something else"
    document["workspace"]["audit_channel"] = "C0OTHER"
    assert configuration_of(document).policy_digest == before
    document["policy"]["production"]["normal"]["quorum"] = 3
    changed = configuration_of(document).policy_digest
    document["groups"]["approvers"]["users"].append("U0EVE")
    assert len({before, changed, configuration_of(document).policy_digest}) == 3
