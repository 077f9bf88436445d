"""Everything else that is read: accounts, models, quota, filters, health, permissions, training jobs."""

from __future__ import annotations

from datetime import timedelta

from sandbox.azure import activity, catalog, seed
from sandbox.azure.arm import Answer, Call, paged
from sandbox.azure.logs import CATEGORIES
from sandbox.azure.names import COGNITIVE, SUBSCRIPTION_ID, ArmError, Json
from sandbox.azure.roles import FINE_TUNES
from sandbox.azure.seed import Account, SeedJob
from sandbox.azure.state import principal


def accounts(call: Call) -> Answer:
    """Answer the accounts of a subscription, or of a resource group when the path names one."""
    group = call.groups.get("group")
    known = call.state.accounts.values()
    if group and group.lower() not in {one.group.lower() for one in known}:
        raise ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
    found = [one for one in known if not group or one.group.lower() == group.lower()]
    return paged(
        call, [seed.account_body(one, call.state.start) for one in found], call.state.switches.page_size
    )


def account(call: Call) -> Answer:
    """Answer one account."""
    return Answer(200, seed.account_body(call.account(), call.state.start))


def account_models(call: Call) -> Answer:
    """Answer the models of an account: the region's base models and what was trained in the account."""
    found = call.account()
    start = call.state.start
    offered = [one for one in catalog.BASE_MODELS if catalog.skus_of(found.location, one.name)]
    bodies = [catalog.model_body(one, found.location, start) for one in offered]
    trained = [one for one in seed.JOBS if one.account == found.name and one.model]
    bodies += [_tuned(call, found, job) for job in trained]
    return paged(call, bodies, call.state.switches.page_size)


def _tuned(call: Call, found: Account, job: SeedJob) -> Json:
    base = catalog.base_model(*job.base)
    if base is None:
        raise LookupError(f"the seed names the unknown base model {job.base}")
    ended = call.state.start - timedelta(days=job.ended_days or 0)
    body = catalog.model_body(base, found.location, call.state.start)
    body.pop("finetuneCapabilities")
    return body | {
        "name": job.model,
        "version": "1",
        "isDefaultVersion": False,
        "baseModel": {"format": "OpenAI", "name": base.name, "version": base.version},
        "capabilities": {
            "fineTune": "false",
            "inference": "true",
            "chatCompletion": "true",
            "responses": "true",
        },
        "systemData": seed.system_data(seed.PIPELINE_CALLER, ended),
    }


def _location(call: Call) -> str:
    location = call.part("location").lower().replace(" ", "")
    if location not in catalog.locations():
        raise ArmError(
            400,
            "LocationNotAvailableForResourceType",
            f"The provided location '{location}' is not available for resource type '{COGNITIVE}/accounts'.",
        )
    return location


def location_models(call: Call) -> Answer:
    """Answer the models that a region offers."""
    location = _location(call)
    found = [
        {"kind": "OpenAI", "skuName": "S0", "model": catalog.model_body(one, location, call.state.start)}
        for one in catalog.BASE_MODELS
        if catalog.skus_of(location, one.name)
    ]
    return paged(call, found, call.state.switches.page_size)


def location_usages(call: Call) -> Answer:
    """Answer the quota of a region: limits and what is used, counted from the live deployments."""
    location = _location(call)
    found: list[Json] = [_usage("AccountCount", "Cognitive Services total account limit", 2, 30)]
    for (place, sku, base), quota in catalog.QUOTAS.items():
        if place == location:
            title = f"Tokens Per Minute (thousands) - {base} - {sku}"
            found.append(
                _usage(
                    catalog.usage_name(sku, base), title, call.state.used(location, sku, base), quota.limit
                )
            )
    return paged(call, found, max(call.state.switches.page_size, 200))


def account_usages(call: Call) -> Answer:
    """Answer how much capacity the account itself has deployed, by quota pool."""
    found = call.account()
    sums: dict[str, int] = {}
    limits: dict[str, int] = {}
    for one in call.state.of_account(found):
        rule = catalog.SKU_RULES[str(one.sku["name"]).lower()]
        name = catalog.usage_name(rule.name, one.base)
        sums[name] = sums.get(name, 0) + one.capacity
        limits[name] = catalog.QUOTAS[(found.location, rule.name, one.base)].limit
    return Answer(200, {"value": [_usage(name, name, used, limits[name]) for name, used in sums.items()]})


def _usage(name: str, title: str, used: int, limit: int) -> Json:
    return {
        "name": {"value": name, "localizedValue": title},
        "currentValue": used,
        "limit": limit,
        "unit": "Count",
    }


def capacities(call: Call) -> Answer:
    """Answer how much capacity of a model is free, in each region or in the one that the path names."""
    form, name, version = (call.ask(key) for key in ("modelformat", "modelname", "modelversion"))
    if not (form and name and version):
        raise ArmError(400, "BadRequest", "modelFormat, modelName and modelVersion are required.")
    place = _location(call) if "location" in call.groups else None
    base = catalog.base_model(name, version)
    found: list[Json] = []
    for (location, sku, model), quota in catalog.QUOTAS.items():
        if base is None or model != base.name or place not in (None, location):
            continue
        free = max(0, quota.limit - call.state.used(location, sku, model))
        found.append(_capacity(location, sku, (form, name, version), free))
    return Answer(200, {"value": found})


def _capacity(location: str, sku: str, model: tuple[str, str, str], free: int) -> Json:
    form, name, version = model
    number = f"{form}.{name}.{version}.{sku}"
    place = f"/subscriptions/{SUBSCRIPTION_ID}/providers/{COGNITIVE}/locations/{location}"
    return {
        "id": f"{place}/modelCapacities/{number}",
        "name": number,
        "type": f"{COGNITIVE}/modelCapacities",
        "location": location,
        "properties": {
            "model": {"format": form, "name": name, "version": version},
            "skuName": sku,
            "availableCapacity": free,
            "availableFinetuneCapacity": free,
        },
    }


def policies(call: Call) -> Answer:
    """Answer the account's content filter policies."""
    found = call.account()
    return Answer(200, {"value": [seed.policy_body(found, one, call.state.start) for one in seed.POLICIES]})


def policy(call: Call) -> Answer:
    """Answer one content filter policy."""
    found = call.account()
    asked = call.part("policy")
    for name in seed.POLICIES:
        if name.lower() == asked.lower():
            return Answer(200, seed.policy_body(found, name, call.state.start))
    raise ArmError(
        404, "ResourceNotFound", f"The RAI policy '{asked}' was not found in account '{found.name}'."
    )


def diagnostics(call: Call) -> Answer:
    """Answer the account's diagnostic settings: the production account sends its logs to a workspace."""
    found = call.account()
    if found.name != seed.PROD:
        return Answer(200, {"value": []})
    place = f"/subscriptions/{SUBSCRIPTION_ID}/resourceGroups/rg-logs/providers"
    properties: Json = {
        "workspaceId": f"{place}/Microsoft.OperationalInsights/workspaces/log-contoso-weu",
        "storageAccountId": None,
        "eventHubAuthorizationRuleId": None,
        "eventHubName": None,
        "logAnalyticsDestinationType": None,
        "logs": [
            {
                "category": name,
                "categoryGroup": None,
                "enabled": True,
                "retentionPolicy": {"enabled": False, "days": 0},
            }
            for name in CATEGORIES
        ],
        "metrics": [],
    }
    name = "to-log-analytics"
    body = {
        "id": f"{found.id}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        "type": "Microsoft.Insights/diagnosticSettings",
        "name": name,
        "properties": properties,
    }
    return Answer(200, {"value": [body]})


def permissions(call: Call) -> Answer:
    """Answer what the caller may do."""
    return Answer(200, {"value": [call.state.roles[call.identity].body()]})


def events(call: Call) -> Answer:
    """Answer the activity log, newest first."""
    found = activity.select(call.state.activity, call.ask("$filter") or "")
    wanted = call.ask("$select")
    return paged(call, [activity.shorten(one, wanted) for one in found], 200)


def keys(call: Call) -> Answer:
    """Refuse to hand out keys: the sandbox has none."""
    found = call.account()
    raise ArmError(
        400, "BadRequest", f"Failed to list key. The account '{found.name}' of this sandbox has no keys."
    )


def _data_account(call: Call) -> Account:
    found = call.state.accounts.get(call.part("account").lower())
    if found is None:
        raise ArmError(404, "404", "Resource not found")
    if not call.state.roles[call.identity].allows(FINE_TUNES):
        raise ArmError(
            401,
            "PermissionDenied",
            f"The principal `{principal(call.identity)}` lacks the required data action `{FINE_TUNES}` "
            f"to perform `{call.method} {call.path}` operation.",
        )
    return found


def jobs(call: Call) -> Answer:
    """Answer the fine-tuning jobs of an account, newest first."""
    found = _data_account(call)
    bodies = [seed.job_body(one, call.state.start) for one in seed.JOBS if one.account == found.name]
    bodies.sort(key=lambda one: int(one["created_at"]), reverse=True)
    return Answer(200, _cursor(call, bodies))


def job(call: Call) -> Answer:
    """Answer one fine-tuning job."""
    return Answer(200, seed.job_body(_job(call), call.state.start))


def checkpoints(call: Call) -> Answer:
    """Answer the checkpoints of a fine-tuning job, newest first."""
    return Answer(200, _cursor(call, seed.checkpoint_bodies(_job(call), call.state.start)))


def _job(call: Call) -> SeedJob:
    found = _data_account(call)
    for one in seed.JOBS:
        if one.account == found.name and one.id == call.part("job"):
            return one
    raise ArmError(404, "resourceNotFound", f"Resource '{call.part('job')}' was not found.")


def _cursor(call: Call, items: list[Json]) -> Json:
    after, limit = call.ask("after"), call.ask("limit") or "20"
    if not limit.isdigit() or not int(limit):
        raise ArmError(400, "invalidPayload", f"'{limit}' is not a limit.")
    ids = [str(one["id"]) for one in items]
    begin = ids.index(after) + 1 if after in ids else 0
    page = items[begin : begin + int(limit)]
    first, last = (str(page[0]["id"]), str(page[-1]["id"])) if page else (None, None)
    return {
        "object": "list",
        "data": page,
        "has_more": begin + int(limit) < len(items),
        "first_id": first,
        "last_id": last,
    }
