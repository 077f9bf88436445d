"""The alert rules of deploy/, and what they say of a text of metrics: comparisons of one metric with a number."""

import operator
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.architecture.house import ROOT

COMPARED = re.compile(r"(countersign_\w+)(?:\{(\w+)=\"(\w+)\"\})? (>|==|<) ([\d.]+)")
SAYS: Mapping[str, Callable[[float, float], bool]] = {">": operator.gt, "==": operator.eq, "<": operator.lt}


@cache
def rules() -> Mapping[str, Any]:
    """Return every alert rule by its name."""
    document = yaml.safe_load((ROOT / "deploy" / "alerts.yml").read_text(encoding="utf-8"))
    return {rule["alert"]: rule for group in document["groups"] for rule in group["rules"]}


def fires(alert: str, text: bytes) -> bool:
    """Return whether a rule that is one comparison holds for what a scrape read."""
    found = COMPARED.fullmatch(rules()[alert]["expr"])
    assert found is not None, f"{alert} is more than one comparison"
    name, label, value, sign, bound = found.groups()
    samples = (each for family in text_string_to_metric_families(text.decode()) for each in family.samples)
    return any(
        SAYS[sign](each.value, float(bound))
        for each in samples
        if each.name == name and (label is None or each.labels.get(label) == value)
    )
