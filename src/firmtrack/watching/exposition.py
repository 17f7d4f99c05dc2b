"""What is told to those who watch: all measures and gauges, in the form that Prometheus reads."""

import platform
import shutil
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version

from django.conf import settings
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from firmtrack.measures import MEASURES
from firmtrack.measures.shared import Series
from firmtrack.measures.table import TABLE, Form, Measure
from firmtrack.store import replica
from firmtrack.store.standby import Standing
from firmtrack.watching.gauges import GAUGES, OTHERS, Sample

OF_THE_SERVER = {
    "firmtrack_build_info": "Which version of Firmtrack this is; always 1.",
    "firmtrack_processes": "Processes of this server that have answered anything, and live.",
    "firmtrack_database_up": "Whether the database answers, 1 or 0; if not, what is read of it is"
    " not told.",
    "firmtrack_replica_in_use": "Whether look-ups of the process that tells it read on the replica,"
    " 1 or 0; not told where there is none.",
    "firmtrack_replica_lag_seconds": "How long ago the replica had all that the primary did, at"
    " most.",
    "firmtrack_replica_lag_bytes": "How much of the primary's log the replica had not come to when"
    " both were last looked at.",
    "firmtrack_data_free_bytes": "Room left on the disk of the data directory.",
}
"""What is told besides the measures and the gauges."""


def every_name() -> list[str]:
    """Return the names of all that is told; of histograms without _bucket, _count and _sum."""
    measured = [f"{each.name}_total" if each.form is Form.COUNTER else each.name for each in TABLE]
    return sorted({*measured, *(each.name for each in GAUGES), *OTHERS, *OF_THE_SERVER})


def exposition(samples: Sequence[Sample] | None, accept: str) -> tuple[bytes, str]:
    """Return all that is known in the form that is accepted, and that form's media type.

    ``samples`` are of the database, None while it does not answer.
    """
    encode, media_type = choose_encoder(accept)
    return encode(_Collector(samples)), media_type


class _Collector(Collector):
    """Yields what is told, as prometheus_client asks for it."""

    def __init__(self, samples: Sequence[Sample] | None) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Metric]:
        yield from map(_measured, TABLE)
        yield from _of_the_server(is_database_up=self._samples is not None)
        yield from _read(self._samples or ())


def _measured(measure: Measure) -> Metric:
    family: CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
    match measure.form:
        case Form.COUNTER:
            family = CounterMetricFamily(measure.name, measure.tells, labels=measure.label_names)
        case Form.GAUGE:
            family = GaugeMetricFamily(measure.name, measure.tells, labels=measure.label_names)
        case Form.HISTOGRAM:
            family = HistogramMetricFamily(measure.name, measure.tells, labels=measure.label_names)
    for series in MEASURES.series(measure):
        if isinstance(family, HistogramMetricFamily):
            family.add_metric(series.labels, _buckets(measure, series), series.numbers[-1])
        elif any(series.numbers) or measure.form is Form.GAUGE:
            family.add_metric(series.labels, series.numbers[0])
    return family


def _buckets(measure: Measure, series: Series) -> list[tuple[str, float]]:
    """Return how many were at most each bound, which the last has none."""
    counted, buckets = 0.0, []
    for bound, number in zip((*measure.bounds, "+Inf"), series.numbers, strict=False):
        counted += number
        buckets.append((str(bound), counted))
    return buckets


def _of_the_server(*, is_database_up: bool) -> Iterator[Metric]:
    build = GaugeMetricFamily(
        "firmtrack_build_info", OF_THE_SERVER["firmtrack_build_info"], labels=["version", "python"]
    )
    build.add_metric([version("firmtrack"), platform.python_version()], 1)
    yield build
    numbers: dict[str, float | None] = {
        "firmtrack_processes": MEASURES.processes(),
        "firmtrack_database_up": int(is_database_up),
        "firmtrack_data_free_bytes": _free_bytes(),
        **_of_the_replica(),
    }
    for name, number in numbers.items():
        if number is not None:
            yield GaugeMetricFamily(name, OF_THE_SERVER[name], value=number)


def _of_the_replica() -> dict[str, float | None]:
    standby = replica.followed_now()
    if standby is None:
        return {}
    return {
        "firmtrack_replica_in_use": int(standby.standing is Standing.IN_USE),
        "firmtrack_replica_lag_seconds": standby.lag_seconds,
        "firmtrack_replica_lag_bytes": standby.lag_bytes,
    }


def _free_bytes() -> int | None:
    """Return the room on the data directory's disk, None where there is no such directory."""
    try:
        return shutil.disk_usage(settings.ENVIRONMENT.data_dir).free
    except OSError:
        return None


def _read(samples: Iterable[Sample]) -> Iterator[Metric]:
    tells = dict(OTHERS)
    for gauge in GAUGES:
        tells.setdefault(gauge.name, gauge.tells)
    families: dict[str, GaugeMetricFamily] = {}
    for sample in samples:
        family = families.setdefault(
            sample.name,
            GaugeMetricFamily(sample.name, tells[sample.name], labels=list(sample.labels)),
        )
        family.add_metric(list(sample.labels.values()), sample.number)
    yield from families.values()
