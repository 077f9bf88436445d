"""The `az` command that shows the same thing, so that anybody can look for themselves."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.deployment import Account, DeploymentRef
from bot.domain.evidence import Window

_AND = " && "


def together(*commands: str) -> str:
    """Return the commands as one line: it takes all of them to show what is meant."""
    return _AND.join(commands)


def apart(line: str) -> Sequence[str]:
    """Return the commands of a line."""
    return line.split(_AND)


def deployment_show(ref: DeploymentRef) -> str:
    """Return the command that shows the deployment."""
    return (
        f"az cognitiveservices account deployment show {_of(ref.account)} --deployment-name {ref.deployment}"
    )


def subscription_show(account: Account) -> str:
    """Return the command that shows the account's subscription and its tenant."""
    return f"az account show --subscription {account.subscription}"


def models_list(account: Account) -> str:
    """Return the command that lists the models the account can deploy."""
    return f"az cognitiveservices account list-models {_of(account)}"


def region_models_list(account: Account) -> str:
    """Return the command that lists the models of the account's region with their lives."""
    return f"az cognitiveservices model list --subscription {account.subscription} -l {account.location}"


def usage_list(account: Account) -> str:
    """Return the command that lists the quota of the account's region."""
    return f"az cognitiveservices usage list --subscription {account.subscription} -l {account.location}"


def content_filter_get(account: Account, name: str) -> str:
    """Return the command that shows a content filter policy."""
    return f'az rest --method get --url "{account.arm_id}/raiPolicies/{name}?api-version=2025-12-01"'


def metrics_list(
    ref: DeploymentRef, metric: str, window: Window, interval: str, *, split_by: str = ""
) -> str:
    """Return the command that shows a metric of the deployment, in buckets of `interval` such as `PT5M`."""
    split = f" and {split_by} eq '*'" if split_by else ""
    return (
        f"az monitor metrics list --resource {ref.account.arm_id} --metrics {metric}"
        f" --filter \"ModelDeploymentName eq '{ref.deployment}'{split}\" --interval {interval}"
        f" --start-time {_time(window.start)} --end-time {_time(window.end)} --top 1000"
    )


def grain(step: timedelta) -> str:
    """Return the width of a bucket as `--interval` takes it: `PT5M`, `PT6H`, `P1D`."""
    minutes = step // timedelta(minutes=1)
    hours = minutes // 60
    return f"PT{minutes}M" if minutes < 60 else "P1D" if hours == 24 else f"PT{hours}H"


def account_show(account: Account) -> str:
    """Return the command that shows the account."""
    return f"az cognitiveservices account show {_of(account)}"


def deployment_list(account: Account) -> str:
    """Return the command that lists the account's deployments."""
    return f"az cognitiveservices account deployment list {_of(account)}"


def diagnostics_list(account: Account) -> str:
    """Return the command that lists the account's diagnostic settings."""
    return f"az monitor diagnostic-settings list --resource {account.arm_id}"


def logs_query(ref: DeploymentRef, window: Window, summary: str) -> str:
    """Return the command that sums up the deployment's logged requests of a window, by a `summarize` clause."""
    query = (
        "AzureDiagnostics | where Category == 'RequestResponse' and "
        f"_ResourceId =~ '{ref.account.arm_id}' and "
        f"tostring(parse_json(properties_s).modelDeploymentName) == '{ref.deployment}' | summarize {summary}"
    )
    workspace = ref.account.log_workspace or "<workspace id>"
    span = f"{_time(window.start)}/{_time(window.end)}"
    return f'az monitor log-analytics query -w {workspace} -t {span} --analytics-query "{query}"'


def health_get(account: Account) -> str:
    """Return the command that shows what Resource Health says."""
    return (
        f'az rest --method get --url "{account.arm_id}/providers/Microsoft.ResourceHealth'
        '/availabilityStatuses/current?api-version=2018-07-01"'
    )


def role_assignments_list(account: Account) -> str:
    """Return the command that lists who holds a role on the account."""
    return f"az role assignment list --include-inherited --scope {account.arm_id}"


def role_definitions_list(account: Account) -> str:
    """Return the command that lists what each role that can be held on the account allows."""
    return f"az role definition list --subscription {account.subscription} --scope {account.arm_id}"


def activity_list(account: Account, since: datetime) -> str:
    """Return the command that lists the account's control-plane history."""
    return f"az monitor activity-log list --resource-id {account.arm_id} --start-time {_time(since)}"


def training_jobs_list(account: Account) -> str:
    """Return the command that lists the account's fine-tuning jobs."""
    return _training(account, "")


def training_job_show(account: Account, job: str) -> str:
    """Return the command that shows a fine-tuning job."""
    return _training(account, f"/{job}")


def checkpoints_list(account: Account, job: str) -> str:
    """Return the command that lists the checkpoints of a fine-tuning job."""
    return _training(account, f"/{job}/checkpoints")


def _training(account: Account, path: str) -> str:
    return (
        f"az rest --method get --resource https://cognitiveservices.azure.com "
        f'--url "https://{account.account}.openai.azure.com/openai/v1/fine_tuning/jobs{path}"'
    )


def _of(account: Account) -> str:
    return f"--subscription {account.subscription} -g {account.resource_group} -n {account.account}"


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
