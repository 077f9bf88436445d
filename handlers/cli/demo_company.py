"""The `countersign.toml` of the pretended company."""

# Who plays with it does not wait two hours for a second change, and whoever may approve sees every incident.
PACE = '\n[timing]\nobservation_window = "15m"\n[incidents]\ninvite = ["approvers"]\n'
# Every entry is anchored within a second or two, so that the clock may jump hours ahead and nothing is late.
ANCHORS = '\n[anchors]\nevery_entries = 1\n[anchors.file]\npath = "anchors.jsonl"\n'
ORIGIN = "countersign.contoso.example/audit/2026"

_RULE = """
[policy.{environment}.standard]
quorum = 0
request_expires = "24h"
approval_expires = "4h"
may_apply = ["requester", "approvers"]
may_rollback = ["owner", "approvers"]
[policy.{environment}.normal]
quorum = 1
groups = ["approvers"]
request_expires = "24h"
approval_expires = "4h"
may_apply = ["requester", "approvers"]
may_rollback = ["owner", "approvers"]
[policy.{environment}.high]
quorum = 2
groups = ["approvers", "security"]
distinct_groups = true
request_expires = "24h"
approval_expires = "4h"
may_apply = ["requester", "approvers"]
may_rollback = ["owner", "approvers"]
[policy.{environment}.emergency]
quorum = 1
groups = ["approvers", "security"]
request_expires = "4h"
approval_expires = "4h"
may_apply = ["requester", "approvers", "security"]
may_rollback = ["owner", "approvers"]
break_glass = true
[policy.{environment}.critical]
quorum = 2
groups = ["approvers", "security"]
required_groups = ["security"]
request_expires = "24h"
approval_expires = "4h"
may_apply = ["approvers"]
may_rollback = ["owner", "approvers"]
"""

_ACCOUNT = """
[[accounts]]
name = "{name}"
environment = "{environment}"
subscription = "00000000-0000-0000-0000-000000000001"
resource_group = "{group}"
account = "{account}"
location = "{location}"
{logs}"""

_TARGET = """
[[targets]]
alias = "{alias}"
account = "{account}"
deployment = "{deployment}"
owner = "{owner}"
channel = "C0OPS"
"""

_REST = f"""
[workspace]
team_id = "T0CONTOSO"
app_id = "A0COUNTERSIGN"
audit_channel = "C0AUDIT"
incident_channel_pattern = "inc-*"
freeze_groups = ["approvers", "security"]
auditor_groups = ["auditors"]

[audit]
origin = "{ORIGIN}"

[[policy_rule]]
name = "content filters that security has reviewed"
field = "content_filter"
must = "one_of"
value = ["strict-support-v3", "Microsoft.DefaultV2"]
targets = ["*-prod"]

[[people]]
user = "U0DAN"
entra_oid = "0038d4ec-736c-209b-c716-fc79c71190e3"

[[templates]]
name = "small step up"
kind = "scale"
environment = "production"
targets = ["email-*"]
groups = ["approvers"]
max_capacity = 100
max_rise_percent = 20

# While Dan is on leave, Carol votes for security in his place; never on what he asks for himself:
# [[delegation]]
# from = "U0DAN"
# to = "U0CAROL"
# groups = ["security"]
# until = "2027-01-08T18:00:00+01:00"

[policy.production]
security_groups = ["security"]

[groups.approvers]
usergroup = "S0AIOPS"
[groups.security]
users = ["U0DAN"]
[groups.auditors]
users = ["U0ERIN"]
"""

_ACCOUNTS = (
    ("prod-weu", "production", "rg-ai-prod", "aoai-contoso-weu", "westeurope"),
    ("test-swc", "test", "rg-ai-test", "aoai-contoso-test-swc", "swedencentral"),
)
# The simulated Azure has one workspace, with the request logs of production; test has none.
_LOGS = {"prod-weu": 'log_workspace = "7c5ddab6-d2f4-c75b-1c47-48cdadd7e1f3"\n'}
_TARGETS = (
    ("triage-prod", "prod-weu", "support-triage-ft", "U0OWNER"),
    ("extract-prod", "prod-weu", "contract-extract-ft", "U0BOB"),
    ("email-prod", "prod-weu", "email-draft-ft", "U0CAROL"),
    ("triage-test", "test-swc", "support-triage-ft-test", "U0OWNER"),
    ("router-test", "test-swc", "intent-router-ft", "U0BOB"),
    ("summary-test", "test-swc", "summary-ft", "U0ALICE"),
)
_DECLARED = {
    "triage-prod": 'dependents = ["support desk", "night triage batch"]\n'
    'first_symptom = "Tickets wait in the unsorted queue"\nmonthly_budget_usd = 1000\n'
    'runbook = { capacity = 120, content_filter = "strict-support-v3" }\n',
    "extract-prod": 'declared = "infra/extract-prod.json"\n',
}
_TEMPLATE = """{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {
    "account": { "type": "string", "defaultValue": "aoai-contoso-weu" },
    "units": { "type": "int", "defaultValue": 60 },
    "model": { "type": "string" }
  },
  "variables": { "owner": "legal-ai" },
  "resources": [
    {
      "type": "Microsoft.CognitiveServices/accounts/deployments",
      "apiVersion": "2025-12-01",
      "name": "[format('{0}/{1}', parameters('account'), 'contract-extract-ft')]",
      "sku": { "name": "globalstandard", "capacity": "[parameters('units')]" },
      "properties": {
        "model": { "format": "OpenAI", "name": "[parameters('model')]" },
        "raiPolicyName": "microsoft.defaultv2",
        "versionUpgradeOption": "NoAutoUpgrade"
      },
      "tags": { "owner": "[variables('owner')]", "environment": "production" }
    }
  ]
}
"""


def company_toml() -> str:
    """Return the configuration file of the pretended company."""
    accounts = [
        _ACCOUNT.format(
            name=name,
            environment=environment,
            group=group,
            account=account,
            location=location,
            logs=_LOGS.get(name, ""),
        )
        for name, environment, group, account, location in _ACCOUNTS
    ]
    targets = [
        _TARGET.format(alias=alias, account=account, deployment=deployment, owner=owner)
        + _DECLARED.get(alias, "")
        for alias, account, deployment, owner in _TARGETS
    ]
    rules = [_RULE.format(environment=environment) for environment in ("production", "test")]
    return "".join([_REST.lstrip(), *accounts, *targets, *rules])


def company_files() -> dict[str, str]:
    """Return the files that the configuration names, by path beside it: a template as `bicep build` writes it."""
    return {"infra/extract-prod.json": _TEMPLATE}
