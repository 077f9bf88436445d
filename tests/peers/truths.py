"""What the facts of the card are, as the answers of Azure's own command line say them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.domain.deployment import DeploymentRef
from bot.domain.evidence import Evidence, Fact

SHOW = "cognitiveservices account deployment show"
LIST = "cognitiveservices account deployment list"
USAGE = "cognitiveservices usage list"
METRICS = "monitor metrics list"
SUBSCRIPTION = "account show"
KINDS = (SHOW, LIST, USAGE, METRICS, SUBSCRIPTION)
Truth = Callable[[Any, DeploymentRef], str]


def shared(seen: Evidence) -> Iterator[tuple[str, Fact]]:
    """Give every fact of one of the commands; the usual values are a mean of ours over what it shows."""
    for section in seen.sections:
        for fact in section.facts:
            kind = next((kind for kind in KINDS if fact.az.startswith(f"az {kind} ")), "")
            if not kind or (kind == METRICS and "--metrics TokenTransaction" not in fact.az):
                continue
            if not fact.name.endswith(", usual"):
                yield section.key, fact


def _at(*path: str, absent: str = "") -> Truth:
    def value(answer: Any, _ref: DeploymentRef) -> str:
        for name in path:
            answer = answer.get(name)
        return absent if answer is None else str(answer)

    return value


def _limit(key: str) -> Truth:
    def value(answer: Any, _ref: DeploymentRef) -> str:
        (found,) = (each for each in answer["properties"]["rateLimits"] if each["key"] == key)
        return f"{found['count']:,.0f}"

    return value


def _part(number: int) -> Truth:
    return lambda answer, _ref: str(answer["id"].split("/")[number])


def _minute(name: str) -> Truth:
    return lambda answer, _ref: f"{answer['systemData'][name][:16].replace('T', ' ')} UTC"


def _others(answer: Any, ref: DeploymentRef) -> list[Any]:
    return [each for each in answer if each["name"] != ref.deployment]


def _leaning(answer: Any, ref: DeploymentRef) -> str:
    names = ("spilloverDeploymentName", "parentDeploymentName")
    found = [
        each["name"] for each in answer if ref.deployment in {each["properties"].get(name) for name in names}
    ]
    return ", ".join(sorted(found)) or "none"


def _serving(answer: Any, ref: DeploymentRef) -> str:
    models = {each["name"]: each["properties"]["model"]["name"] for each in answer}
    return ", ".join(sorted(name for name, model in models.items() if model == models[ref.deployment]))


def _in_words(answer: Any, _ref: DeploymentRef) -> str:
    words = {"Succeeded": "in place", "Failed": "its last operation failed"}
    word = answer["properties"]["provisioningState"]
    return f"{words[word]} (Azure: {word})"


def _reserved(answer: Any, _ref: DeploymentRef) -> str:
    sku = answer["sku"]
    return f"{sku['capacity']:,} PTU" if "Provisioned" in sku["name"] else "none: pay as you go"


def _not_provisioned(answer: Any, _ref: DeploymentRef) -> str:
    return f"none: {answer['sku']['name']} is not provisioned"


def _week_of_tokens(answer: Any, _ref: DeploymentRef) -> str:
    points = [point for each in answer["value"][0]["timeseries"] for point in each["data"]]
    return f"{sum(point['total'] or 0 for point in points):,.0f}"


def _tokens(answer: Any, _ref: DeploymentRef) -> str:
    points = [point for each in answer["value"][0]["timeseries"] for point in each["data"]]
    assert len(points) in (0, 12), "one hour in buckets of five minutes, or no call at all"
    return f"{sum(point['total'] for point in points):,.0f}"


def _pool(reckon: Callable[[Mapping[str, Any]], float]) -> Truth:
    def value(answer: Any, ref: DeploymentRef) -> str:
        (found,) = (each for each in answer if each["name"]["value"] == POOLS[ref.deployment])
        return f"{reckon(found):,.0f}"

    return value


SOMETIMES = {("configuration", "Service tier"), ("configuration", "Spills over to")}
POOLS = {
    "support-triage-ft": "OpenAI.Standard.gpt-4.1-mini",
    "contract-extract-ft": "OpenAI.GlobalStandard.gpt-4.1",
    "support-triage-ft-test": "OpenAI.DeveloperTier.gpt-4.1-mini",
    "intent-router-ft": "OpenAI.Standard.gpt-4.1-nano",
}
TRUTHS: Mapping[tuple[str, str], Truth] = {
    ("scope", "Tenant"): _at("tenantId"),
    ("scope", "Subscription"): _part(2),
    ("scope", "Resource group"): _part(4),
    ("scope", "Account"): _part(8),
    ("configuration", "SKU"): _at("sku", "name"),
    ("configuration", "Capacity"): _at("sku", "capacity"),
    ("configuration", "Limit on requests"): _limit("request"),
    ("configuration", "Limit on tokens"): _limit("token"),
    ("configuration", "State"): _at("properties", "deploymentState", absent="Running"),
    ("configuration", "Provisioning"): _in_words,
    ("configuration", "Version upgrade"): _at(
        "properties", "versionUpgradeOption", absent="OnceCurrentVersionExpired"
    ),
    ("configuration", "Service tier"): _at("properties", "serviceTier"),
    ("configuration", "Spills over to"): _at("properties", "spilloverDeploymentName"),
    ("model", "Model"): _at("properties", "model", "name"),
    ("model", "Version"): _at("properties", "model", "version"),
    ("content_filter", "Policy"): _at("properties", "raiPolicyName"),
    ("age", "Created"): _minute("createdAt"),
    ("age", "Last changed"): _minute("lastModifiedAt"),
    ("siblings", "Others on the account"): lambda answer, ref: str(len(_others(answer, ref))),
    ("siblings", "Their capacity"): lambda answer, ref: (
        f"{sum(each['sku']['capacity'] for each in _others(answer, ref)):,}"
    ),
    ("siblings", "Lean on this one"): _leaning,
    ("lineage", "Serves as"): _serving,
    ("quota", "Allocated"): _pool(lambda found: found["currentValue"]),
    ("quota", "Limit"): _pool(lambda found: found["limit"]),
    ("quota", "Left"): _pool(lambda found: found["limit"] - found["currentValue"]),
    ("ptu", "Utilisation"): _not_provisioned,
    ("cost", "Reserved capacity"): _reserved,
    ("cost", "Tokens, 7 days"): _week_of_tokens,
    ("traffic", "Tokens"): _tokens,
    ("tokens", "Processed"): _tokens,
}
