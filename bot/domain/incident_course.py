"""The course of the calls around the beginning of an incident as charts, with what was done when."""

from collections.abc import Sequence

from bot.domain.chart import Chart, Line, Mark
from bot.domain.evidence import Point
from bot.domain.incident_snapshot import CALLS, TIME, Course, SnapshotSeen, TargetSeen
from bot.domain.signs import Level, Sign


def course_charts(seen: TargetSeen, marks: Sequence[Mark]) -> tuple[Chart, ...]:
    """Return the calls around the beginning of the incident, and the time to response where that is the trouble."""
    course = seen.course
    if course is None:
        return ()
    bad = {each.sign for level in (Level.CRITICAL, Level.WATCH) for each in seen.at_level(level)}
    span = len(next(iter(course.lines.values()), ())) * course.step
    inside = tuple(each for each in marks if course.start <= each.at < course.start + span)
    calls = tuple(_line(course, name) for name in CALLS)
    charts = [Chart(f"Calls · {seen.alias}", "requests", course.step, calls, marks=inside)]
    if Sign.ABNORMAL_LATENCY in bad:
        time = (_line(course, TIME),)
        charts.append(Chart(f"{TIME} · {seen.alias}", "ms", course.step, time, marks=inside, adds_up=False))
    return tuple(each for each in charts if not each.is_empty)


def marks_of(snapshot: SnapshotSeen, seen: TargetSeen) -> tuple[Mark, ...]:
    """Return when the trouble began and when somebody wrote, oldest first."""
    writes = [Mark(each.at, each.change or "Write") for each in seen.writes]
    return tuple(
        sorted((Mark(snapshot.began_at, f"{snapshot.incident} began"), *writes), key=lambda each: each.at)
    )


def _line(course: Course, name: str) -> Line:
    values = course.lines.get(name, ())
    return Line(
        name, tuple(Point(course.start + index * course.step, each) for index, each in enumerate(values))
    )
