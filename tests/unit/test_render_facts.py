"""Evidence in little room: pairs, a table against the baseline, and commands one can paste."""

from datetime import UTC, datetime
from functools import reduce
from itertools import chain
from typing import Any

from bot.domain.evidence import Fact
from bot.render.by_hand import by_hand
from bot.render.facts import fact_blocks

SUBSCRIPTION = "00000000-0000-0000-0000-00000000000a"
ACCOUNT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.CognitiveServices/accounts/prod"
)
NOW = datetime(2026, 11, 24, 9, 41, tzinfo=UTC)


def fact(name: str, value: str, unit: str = "") -> Fact:
    return Fact(name, value, unit, "az", NOW)


def rows(block: dict[str, Any]) -> list[list[str]]:
    return [[cell["text"] for cell in row] for row in block["rows"]]


def commands(*given: str) -> list[str]:
    (block,) = by_hand(given)
    text: str = block["elements"][1]["elements"][0]["text"]
    return text.splitlines()


def expanded(lines: list[str]) -> list[str]:
    """What a shell would run: variables set before are put in."""
    values: dict[str, str] = {}
    out = []
    for line in lines:
        read = reduce(lambda text, each: text.replace(f"${each[0]}", each[1]), values.items(), line)
        if read.startswith("az "):
            out.append(read)
        else:
            name, _, value = read.partition("=")
            values[name] = value
    return out


def test_facts_with_a_usual_value_become_a_table_and_the_rest_stays_beside() -> None:
    facts = (
        fact("Requests", "1,500", "requests"),
        fact("Requests, usual", "1,200", "requests (mean of the same hour on 7 days)"),
        fact("HTTP 429", "18.05", "%"),
    )
    head, table = fact_blocks("Traffic", facts, tables=True)
    assert head["text"]["text"] == "*Traffic* · baseline: mean of the same hour on 7 days"
    assert rows(table) == [
        ["Metric", "Now", "Baseline", "Change"],
        ["Requests", "1,500", "1,200", "+25 %"],
        ["HTTP 429", "18.05 %", "—", "—"],
    ]
    usual = fact("HTTP 429, usual", "9.00", "% (mean of the same hour on 7 days)")
    assert rows(fact_blocks("T", (*facts, usual), tables=True)[1])[2] == [
        "HTTP 429",
        "18.05 %",
        "9.00 %",
        "+101 %",
    ]


def test_a_baseline_without_data_has_no_change() -> None:
    facts = (fact("Tokens", "7", "tokens"), fact("Tokens, usual", "no data"))
    assert rows(fact_blocks("Traffic", facts, tables=True)[1])[1] == ["Tokens", "7", "no data", "—"]
    nothing = (fact("Tokens", "7", "tokens"), fact("Tokens, usual", "0", "tokens"))
    assert rows(fact_blocks("Traffic", nothing, tables=True)[1])[1] == ["Tokens", "7", "0", "—"]


def test_a_second_table_is_told_in_pairs_because_slack_takes_one() -> None:
    facts = (fact("Tokens", "7", "tokens"), fact("Tokens, usual", "5", "tokens"))
    (block,) = fact_blocks("Traffic", facts, tables=False)
    assert [cell["text"] for cell in block["fields"]] == ["*Tokens:* 7 tokens", "*Tokens, usual:* 5 tokens"]


def test_eleven_facts_need_a_second_section_and_none_is_lost() -> None:
    blocks = fact_blocks("Many", [fact(f"F{n}", str(n)) for n in range(11)], tables=True)
    shown = [cell["text"] for cell in chain.from_iterable(block["fields"] for block in blocks)]
    assert shown == [f"*F{n}:* {n}" for n in range(11)]


def test_a_fact_cannot_become_markup() -> None:
    (block,) = fact_blocks("T", [fact("<!here>", "<@U0BOB>")], tables=True)
    assert block["fields"][0]["text"] == "*&lt;!here&gt;:* &lt;@U0BOB&gt;"


def test_shortened_commands_are_what_they_were_once_a_shell_has_read_them() -> None:
    show = f"az cognitiveservices account deployment show --subscription {SUBSCRIPTION} -g rg -n prod"
    policy = f'az rest --method get --url "{ACCOUNT}/raiPolicies/strict?api-version=1"'
    lines = commands(show, policy, show)
    assert lines[:2] == [f"SUB={SUBSCRIPTION}", f"ID={ACCOUNT.replace(SUBSCRIPTION, '$SUB')}"]
    assert all(SUBSCRIPTION not in line for line in lines[1:])
    assert expanded(lines) == [show, policy]


def test_metrics_alike_are_asked_for_in_one_call_and_others_are_not() -> None:
    def metric(name: str, interval: str) -> str:
        return f"az monitor metrics list --resource {ACCOUNT} --metrics {name} --interval {interval}"

    lines = commands(metric("A", "PT5M"), metric("B", "PT5M"), metric("A", "PT6H"))
    assert expanded(lines) == [metric("A B", "PT5M"), metric("A", "PT6H")]


def test_no_command_is_no_box() -> None:
    assert by_hand(["", ""]) == []
