"""A snapshot of an incident for its channel: findings, differences, writes; one line where nothing changed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.chart import Chart
from bot.domain.deployment import Target
from bot.domain.evidence import evidence_id
from bot.domain.incident_course import course_charts, marks_of
from bot.domain.incident_snapshot import Compared, RecentWrite, SnapshotSeen, TargetSeen
from bot.domain.signs import Finding, Level
from bot.ports.slack import Block, Message
from bot.render.blocks import context, cut_markup, footer, header, say, section
from bot.render.chart_blocks import chart_blocks
from bot.render.texts import ago, code, count, escape, is_user, mention, one_line, when

_TARGETS = 4
_LINES = 10
_WRITES = 8
_SECTION = 2900
_SIGNS = {Level.CRITICAL: ":red_circle:", Level.WATCH: ":large_yellow_circle:"}
_READ_ONLY = "*Read-only* · no repair action was taken :lock:"
_OCCASIONS = {
    "declare": "taken when it was declared",
    "timer": "taken by the timer",
    "severity": "taken because the severity changed",
    "target": "taken because it is about more targets now",
    "demand": "taken because somebody asked",
    "resolve": "taken when it was resolved",
}


@dataclass(frozen=True)
class SnapshotView:
    """A snapshot with its digest and the targets it is about; `drill` labels it."""

    seen: SnapshotSeen
    sha256: str
    targets: Sequence[Target] = ()
    drill: bool = False


def render_incident_snapshot(view: SnapshotView, ref: str) -> Message:
    """Return the message of a snapshot."""
    seen = view.seen
    if seen.is_unchanged:
        return _unchanged(view, ref)
    charts = [
        chart for each in seen.targets[:_TARGETS] for chart in course_charts(each, marks_of(seen, each))
    ]
    blocks: list[Block] = [
        header(f"{_drill(view)}{seen.incident} · Evidence snapshot {seen.n}"),
        context(_READ_ONLY, when(seen.taken_at), _before(seen), escape(occasion_words(seen.occasion), 200)),
        *[section(_found(each, view.targets)) for each in seen.targets[:_TARGETS]],
        *chart_blocks(charts),
        *[block for each in seen.targets[:_TARGETS] for block in _around(each, seen)],
        *_left_out(seen),
    ]
    if not seen.targets:
        blocks.append(
            section("*No target is named* · nothing was looked at. Name one with `incident target`.")
        )
    blocks.append(footer(ref, f"Evidence {code(evidence_id(view.sha256))} · sha256 {code(view.sha256)}"))
    return _said(view, blocks, charts)


def _said(view: SnapshotView, blocks: list[Block], charts: list[Chart]) -> Message:
    seen = view.seen
    words = f"{_drill(view)}{seen.incident}, evidence snapshot {seen.n}: {seen.summary} Read-only."
    payload = {"id": seen.incident, "n": seen.n, "sha256": view.sha256}
    metadata = {"event_type": "countersign.incident_snapshot", "event_payload": payload}
    return replace(say(escape(words), blocks, metadata), charts=charts)


def _unchanged(view: SnapshotView, ref: str) -> Message:
    """Return the one line that says so; what is still wrong is said in it."""
    seen = view.seen
    bad = seen.worst
    still = f" Still {bad.level.value}: {escape(bad.words, 300)}" if bad else ""
    line = (
        f"*{_drill(view)}{seen.incident} · Snapshot {seen.n}* · nothing changed since {escape(seen.last, 40)}"
    )
    past = f", {_past(seen)}" if seen.last_at else ""
    beside = f"Read-only · evidence {code(evidence_id(view.sha256))}"
    return _said(view, [section(f"{line}{past}.{still}"), footer(ref, beside)], [])


def _drill(view: SnapshotView) -> str:
    return "DRILL · " if view.drill else ""


def _past(seen: SnapshotSeen) -> str:
    return ago(seen.last_at, seen.taken_at) if seen.last_at else ""


def _before(seen: SnapshotSeen) -> str:
    return f"{escape(seen.last, 40)} was {_past(seen)}" if seen.last else "the first"


def occasion_words(occasion: str) -> str:
    """Return why a snapshot was taken, as people read it."""
    word, _, rest = occasion.partition(":")
    if word == "change":
        change, _, what = rest.partition(":")
        return f"taken because {change} was {what.replace('_', ' ')}"
    return _OCCASIONS.get(word, occasion)


def _found(seen: TargetSeen, targets: Sequence[Target]) -> str:
    """Return the findings of a target, the worst first; the healthy ones on one line."""
    target = next((each for each in targets if each.alias == seen.alias), None)
    place = target.ref.account if target else None
    where = (
        f" · {code(target.ref.deployment)} · {place.environment} · {place.location}"
        if target and place
        else ""
    )
    lines = [f"*{escape(one_line(seen.alias), 120)}*{where}"]
    for level in (Level.CRITICAL, Level.WATCH):
        lines += [_finding(each) for each in seen.at_level(level)]
    unknown, healthy = seen.at_level(Level.UNKNOWN), seen.at_level(Level.HEALTHY)
    if unknown:
        lines.append("*Cannot be said* · " + ", ".join(each.sign.words.lower() for each in unknown))
    if healthy:
        lines.append(
            "*Healthy* · " + ", ".join(each.sign.words.lower() for each in healthy) + " :large_green_circle:"
        )
    return cut_markup("\n".join(lines), _SECTION)


def _finding(finding: Finding) -> str:
    since = f" Since {when(finding.since)}." if finding.since else ""
    head = f"*{finding.level.value.capitalize()} · {finding.sign.words}*"
    return f"{head} · {escape(finding.words, 400)}{since} {_SIGNS[finding.level]}"


def _around(seen: TargetSeen, snapshot: SnapshotSeen) -> list[Block]:
    name = f" · {escape(one_line(seen.alias), 120)}" if len(snapshot.targets) > 1 else ""
    blocks = [
        section(_compared("Since last known good", name, seen.since_good)),
        section(_writes(seen, name)),
    ]
    if snapshot.last:
        blocks.insert(0, section(_compared(f"Since {snapshot.last}", name, seen.since_last)))
    if seen.all_gaps:
        gaps = "; ".join(seen.all_gaps)
        blocks.append(context(f"Could not be looked at{name}: {escape(gaps, 1500)}"))
    return blocks


def _compared(title: str, name: str, compared: Compared) -> str:
    to = f" ({escape(compared.to, 120)})" if compared.to and compared.to not in title else ""
    if compared.gap:
        return f"*{title}{name}*\nCannot be said: {escape(compared.gap, 400)}."
    lines = [f"• {escape(each, 250)}" for each in compared.differs[:_LINES]] or ["Nothing differs."]
    if len(compared.differs) > _LINES:
        lines.append(f"• and {len(compared.differs) - _LINES} more")
    return cut_markup(f"*{title}*{to}{name}\n" + "\n".join(lines), _SECTION)


def _writes(seen: TargetSeen, name: str) -> str:
    """Return who wrote in the last 24 hours, approved or not."""
    title = f"*Changes of the last 24 h{name}*"
    if not seen.writes:
        return f"{title}\nNone is known. Azure's activity log shows a write some minutes late."
    lines = [_write(each) for each in seen.writes[:_WRITES]]
    if len(seen.writes) > _WRITES:
        lines.append(f"• and {len(seen.writes) - _WRITES} more")
    return cut_markup("\n".join((title, *lines)), _SECTION)


def _write(write: RecentWrite) -> str:
    by = (
        f"by {mention(write.by) if is_user(write.by) else code(write.by, 80)}"
        if write.by
        else "by whom is not known"
    )
    why = escape(write.change, 20) if write.change else "*no approved change* :rotating_light:"
    failed = f" · {escape(write.status, 60)}" if write.status != "Succeeded" else ""
    return f"• {when(write.at)} · {escape(write.what, 200)} · {by}{failed} · {why}"


def _left_out(seen: SnapshotSeen) -> list[Block]:
    more = seen.targets[_TARGETS:]
    if not more:
        return []
    names = ", ".join(escape(one_line(each.alias), 80) for each in more)
    return [context(f"{count(len(more), 'more target')} in the evidence: {names}")]
