"""The figures a baseline keeps: what a deployment did in a stated window, and how many samples say so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.evidence import Window
from bot.domain.json import Json
from bot.domain.signal import Traffic

_COLUMNS = ("tokens", "requests", "throttled", "failed", "answered", "latency_ms")


@dataclass(frozen=True)
class Bucket:
    """What a deployment did in one bucket; None where Azure has no sample of it."""

    at: datetime
    tokens: float | None
    traffic: Traffic | None
    answered: float = 0.0
    is_sampled: bool = False

    @property
    def latency_ms(self) -> float | None:
        """Return the mean time to response."""
        return self.traffic.latency_ms if self.traffic else None


@dataclass(frozen=True)
class Measure:
    """One metric of the catalogue over the window: its total or mean, of how many samples; or why it was not read."""

    metric: str
    value: float | None
    samples: int
    why: str = ""


@dataclass(frozen=True)
class KeptFigures:
    """A window in buckets of one width, oldest first, and the value of each metric of the catalogue over it."""

    window: Window
    step: timedelta
    buckets: tuple[Bucket, ...]
    measures: tuple[Measure, ...]

    @property
    def hours(self) -> float:
        """Return how much of the window was measured: Azure has the last minutes of it late."""
        known = [each for each in self.buckets if each.tokens is not None or each.traffic is not None]
        return len(known or self.buckets) * self.step / timedelta(hours=1)

    def value(self, metric: str) -> float | None:
        """Return a metric's value, None where it was not measured."""
        return next((each.value for each in self.measures if each.metric == metric), None)

    def as_json(self) -> dict[str, Json]:
        """Return the figures as they are kept."""
        return {
            "window": {"start": self.window.start.isoformat(), "end": self.window.end.isoformat()},
            "step": int(self.step.total_seconds()),
            "metrics": {each.metric: _measure(each) for each in self.measures},
            "buckets": {name: [_column(each, name) for each in self.buckets] for name in _COLUMNS},
        }


def figures_of(stored: Json) -> KeptFigures | None:
    """Return the figures that `as_json` wrote; None where none were kept, or they could not be measured."""
    if not isinstance(stored, Mapping) or "window" not in stored:
        return None
    window, columns = _mapping(stored["window"]), _mapping(stored["buckets"])
    start, end = (datetime.fromisoformat(str(window[name])) for name in ("start", "end"))
    step = timedelta(seconds=float(str(stored["step"])))
    rows = zip(*(_numbers(columns[name]) for name in _COLUMNS), strict=True)
    return KeptFigures(
        Window(start, end),
        step,
        tuple(_bucket(start + index * step, row) for index, row in enumerate(rows)),
        tuple(_measured(name, _mapping(each)) for name, each in _mapping(stored["metrics"]).items()),
    )


def figures_gap(stored: Json) -> str:
    """Return why a baseline has no figures, in words."""
    why = _mapping(stored).get("gap")
    return f"its figures could not be measured: {why}" if why else "it was kept without figures"


def kept_words(stored: Json) -> str:
    """Return what is kept in a sentence: the window, and of each metric its value and its samples."""
    figures = figures_of(stored)
    if figures is None:
        return f"No figures: {figures_gap(stored)}."
    window = figures.window
    known = [each for each in figures.measures if each.value is not None]
    values = ", ".join(f"{each.metric} {each.value:,.0f} ({each.samples:,} samples)" for each in known)
    missing = len(figures.measures) - len(known)
    beside = f"; {missing} of the catalogue have no sample" if missing else ""
    span = f"{window.start:%d %b %H:%M} to {window.end:%d %b %H:%M} UTC"
    return f"{span}: {values or 'nothing was measured'}{beside}."


def _measure(measure: Measure) -> dict[str, Json]:
    beside: dict[str, Json] = {"why": measure.why} if measure.why else {}
    return {"value": _rounded(measure.value), "samples": measure.samples, **beside}


def _measured(name: str, stored: Mapping[str, Json]) -> Measure:
    (value,) = _numbers([stored["value"]])
    return Measure(name, value, int(str(stored["samples"])), str(stored.get("why", "")))


def _column(bucket: Bucket, name: str) -> float | None:
    if name == "tokens":
        return _rounded(bucket.tokens)
    if bucket.traffic is None:
        return None
    return _rounded(bucket.answered if name == "answered" else getattr(bucket.traffic, name))


def _bucket(at: datetime, row: Sequence[float | None]) -> Bucket:
    tokens, requests, throttled, failed, answered, latency = row
    if requests is None:
        return Bucket(at, tokens, None)
    traffic = Traffic(requests, throttled or 0.0, failed or 0.0, latency)
    return Bucket(at, tokens, traffic, answered or 0.0, is_sampled=True)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _numbers(values: Json) -> list[float | None]:
    found = values if isinstance(values, list) else []
    return [float(value) if isinstance(value, int | float) else None for value in found]


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}
