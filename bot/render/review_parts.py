"""A post-incident review in parts: facts, paragraphs, tables and charts, whatever they are written in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.chart import Chart
from bot.domain.evidence import evidence_id
from bot.domain.incident_course import course_charts, marks_of
from bot.domain.incident_review import STEPS, Review, ReviewedSnapshot
from bot.domain.incident_snapshot import TargetSeen, write_key
from bot.domain.redaction import redact
from bot.domain.signs import Level
from bot.render.incident_snapshot import occasion_words
from bot.render.texts import one_line, utc

_STEPS = dict(zip(STEPS, ("First snapshot", "Severity", "Lead", "Resolved"), strict=True))
_WORST = (Level.CRITICAL, Level.WATCH)
_FILES = "sha256sum -c SHA256SUMS says that the files are the ones that were exported."
_CHANGE = "python verify_pack.py {file} --vkey KEY says whether a change's entries are in the signed trail."
_CHECK = (
    "python verify_pack.py proofs/entries/0001-incident.opened.tlog-proof --vkey KEY says it of one entry.",
    "An entry incident.snapshot names the SHA-256 of a snapshot; the file of that name in snapshots/ has it.",
    "Take KEY from whoever runs the trail, not from this file.",
)
_NOT_PROVED = (
    "That what Azure answered was true, or that nothing happened that it did not show.",
    "What people wrote: the trail holds commitments of their words, the review shows the words as they are kept.",
    "Which people are behind the ids.",
)


@dataclass(frozen=True)
class Part:
    """A heading with lines, then a table whose first row is its heading, then charts; what is empty is left out."""

    title: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    charts: tuple[Chart, ...] = ()


def review_title(review: Review) -> str:
    """Return the title of the document; a drill says so."""
    incident = review.incident
    drill = "DRILL · " if incident.drill else ""
    return f"{drill}{incident.id} · {one_line(redact(incident.title))}"


def review_parts(review: Review) -> tuple[Part, ...]:
    """Return the review in reading order."""
    return (
        _facts(review),
        _times(review),
        *_first(review),
        _writes(review),
        _snapshots(review),
        _timeline(review),
        _changes(review),
        _proof(review),
    )


def review_charts(review: Review) -> tuple[Chart, ...]:
    """Return the charts of the last snapshot: each target from an hour before the beginning on."""
    last = review.last
    if last is None:
        return ()
    return tuple(chart for each in last.targets for chart in course_charts(each, marks_of(last, each)))


def _facts(review: Review) -> Part:
    incident = review.incident
    told = [
        ("Severity", incident.severity.value),
        ("State", incident.state.value),
        ("Drill", "yes: counted nowhere" if incident.drill else ""),
        ("Targets", ", ".join(sorted(incident.targets)) or "none named"),
        ("Began", utc(incident.began_at)),
        (
            "Declared",
            f"{utc(incident.declared_at)} by {incident.declared_by}, source {incident.source.value}",
        ),
        ("Lead", incident.lead or "nobody"),
        ("Roles", ", ".join(f"{role}: {who}" for role, who in sorted(incident.roles.items()))),
        ("Channel", incident.channel_name or incident.channel or "none"),
        ("Follows", incident.origin),
        ("Resolved", _resolved(review)),
        ("Resolution", one_line(redact(incident.resolution))),
        ("Review made", utc(review.made_at)),
    ]
    rows = [(name, value) for name, value in told if value]
    return Part("Summary", rows=(("What", "On record"), *rows))


def _resolved(review: Review) -> str:
    incident = review.incident
    if incident.resolved_at is None:
        return "not yet: this review is of an open incident"
    return f"{utc(incident.resolved_at)} by {incident.resolved_by}"


def _times(review: Review) -> Part:
    rows = [
        (_STEPS[name], _span(found), _usual(review.usual.get(name))) for name, found in review.times.items()
    ]
    noticed = review.incident.declared_at - review.incident.began_at
    lines = [f"From the beginning to the declaration: {_span(noticed)}."]
    if review.incident.drill:
        lines.append("This was a drill: its times count in no median.")
    head = ("From the declaration to", "Took", f"Median of {review.compared} others in 90 days")
    return Part("How long things took", tuple(lines), (head, *rows))


def _first(review: Review) -> list[Part]:
    """Return what the first snapshot found, and the charts."""
    kept = [each for each in review.snapshots if each.seen is not None]
    if not kept or kept[0].seen is None:
        return [Part("What was seen first", ("No snapshot is kept.",))]
    lines = [line for each in kept[0].seen.targets for line in _found(each)]
    title = f"What snapshot {kept[0].row.n} found"
    return [Part(title, tuple(lines) or ("No target was named.",)), *_charts(review)]


def _charts(review: Review) -> list[Part]:
    charts = review_charts(review)
    return [Part("The course", charts=charts)] if charts else []


def _found(seen: TargetSeen) -> list[str]:
    bad = [each for level in _WORST for each in seen.at_level(level)]
    lines = [f"{seen.alias} · {each.level.value} · {each.sign.words}: {each.words}" for each in bad]
    good = seen.since_good
    if good.gap:
        lines.append(f"{seen.alias} · since last known good: cannot be said, {good.gap}.")
    lines += [f"{seen.alias} · since {good.to}: {each}" for each in good.differs]
    lines += [f"{seen.alias} · could not be looked at: {each}" for each in seen.all_gaps]
    return lines or [f"{seen.alias} · nothing is wrong that the rules can see."]


def _writes(review: Review) -> Part:
    """Return every write that any snapshot showed, once, oldest first."""
    found = {}
    for each in review.snapshots:
        for seen in each.seen.targets if each.seen else ():
            for write in seen.writes:
                found[seen.alias, *write_key(write)] = (write.at, seen.alias, write)
    rows = [
        (
            _at(at),
            alias,
            write.what,
            write.by or "nobody is named",
            write.status,
            write.change or "NOT APPROVED",
        )
        for at, alias, write in sorted(found.values(), key=lambda each: (each[0], each[1]))
    ]
    if not rows:
        return Part("Changes around it", ("None is known.",))
    return Part("Changes around it", rows=(("At (UTC)", "Target", "What", "By", "State", "Change"), *rows))


def _snapshots(review: Review) -> Part:
    rows = [_snapshot(each) for each in review.snapshots]
    head = ("n", "Why", "Taken (UTC)", "Evidence", "What it says")
    return Part("Snapshots", rows=(head, *rows)) if rows else Part("Snapshots", ("None was wanted.",))


def _snapshot(found: ReviewedSnapshot) -> tuple[str, ...]:
    row = found.row
    taken = _at(row.taken_at) if row.taken_at else f"not yet, wanted {_at(row.wanted_at)}"
    evidence = evidence_id(row.sha256) if row.sha256 else "none"
    return (str(row.n), occasion_words(row.occasion), taken, evidence, row.summary)


def _timeline(review: Review) -> Part:
    rows = timeline_rows(review, digits=12)
    return Part("Timeline", rows=rows) if len(rows) > 1 else Part("Timeline", ("Nothing is written down.",))


def timeline_rows(review: Review, *, digits: int = 64) -> tuple[tuple[str, ...], ...]:
    """Return the timeline as a table, its first row the heading: people's words redacted, digests so many digits."""
    head = ("At (UTC)", "By", "Kind", "Words", "Text sha256", "Files")
    rows = [
        (
            _at(each.at),
            each.by,
            each.kind,
            one_line(redact(each.words)),
            each.sha256[:digits],
            ", ".join(
                f"{name} {sha256[:digits] or 'not readable'}" for name, sha256 in sorted(each.files.items())
            ),
        )
        for each in review.timeline
    ]
    return (head, *rows)


def _changes(review: Review) -> Part:
    rows = [
        (
            each.id,
            f"{each.type} {each.kind}",
            each.target,
            each.state,
            each.moved,
            _at(each.applied_at) if each.applied_at else "not applied",
            each.verdict,
        )
        for each in review.changes
    ]
    head = ("Change", "What", "Target", "State", "Moved", "Applied (UTC)", "Its proof")
    if not rows:
        return Part("Linked changes", ("None is linked.",))
    return Part("Linked changes", rows=(head, *rows))


def _proof(review: Review) -> Part:
    said = f"{len(review.entries)} entries of the audit trail are of this incident; each has its proof."
    packs = [f"proofs/{each.id}.json" for each in review.changes if each.proof]
    change = [_CHANGE.format(file=file) for file in packs[:1]]
    lines = (said, _FILES, *change, *_CHECK, *(f"Not proved: {each}" for each in _NOT_PROVED))
    return Part("How to check it", lines)


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _usual(span: timedelta | None) -> str:
    return "no data" if span is None else _span(span)


def _span(span: timedelta | None) -> str:
    if span is None:
        return "never"
    seconds = int(span.total_seconds())
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 2 * 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"
