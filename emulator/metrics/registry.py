"""The measures of one server, in a registry of its own, written as Prometheus reads them."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from emulator.domain.measures import DECLARED, Declared

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
_PREFIX: Final = "emulator_"
# Seconds. Most answers take a millisecond; a request that waits for a run may take as long as its script wants.
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)

Values = tuple[str, ...]


class PrometheusMeasures:
    """Counts what is declared; see `domain.measures`."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        self._gauges: dict[str, dict[Values, Callable[[], float]]] = {}
        for name, declared in DECLARED.items():
            self._declare(name, declared)
        self._registry.register(_Gauges(self._gauges))
        ProcessCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def count(self, name: str, **labels: str) -> None:
        """Count one more."""
        counter = self._counters[name]
        (counter.labels(*_values(name, labels)) if labels else counter).inc()

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Take in how long something took."""
        histogram = self._histograms[name]
        (histogram.labels(*_values(name, labels)) if labels else histogram).observe(seconds)

    def gauge(self, name: str, read: Callable[[], float], **labels: str) -> None:
        """Read a value from now on whenever the page is asked for; the last to say so counts."""
        self._gauges[name][_values(name, labels)] = read

    def page(self) -> bytes:
        """Return all of them in Prometheus' text format."""
        return generate_latest(_Page(self._registry))

    def _declare(self, name: str, declared: Declared) -> None:
        match declared.kind:
            case "counter":
                full = f"{_PREFIX}{name}"
                self._counters[name] = Counter(full, declared.about, declared.labels, registry=self._registry)
            case "histogram":
                full = f"{_PREFIX}{name.removesuffix('_seconds')}_seconds"
                self._histograms[name] = Histogram(
                    full, declared.about, declared.labels, registry=self._registry, buckets=_BUCKETS
                )
            case "gauge":
                self._gauges[name] = {}


class _Page(CollectorRegistry):
    """What is in a registry, but for the time since when each series has been counted, which would be half of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__()
        self._all = registry

    def collect(self) -> Iterator[Metric]:
        """Yield what is there."""
        for metric in self._all.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


class _Gauges(Collector):
    """Reads values when they are asked for; one that cannot be read is left out, and spoils no other."""

    def __init__(self, gauges: Mapping[str, Mapping[Values, Callable[[], float]]]) -> None:
        self._gauges = gauges

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield what somebody has said how to read."""
        for name, reads in self._gauges.items():
            declared = DECLARED[name]
            family = GaugeMetricFamily(f"{_PREFIX}{name}", declared.about, labels=declared.labels)
            for values, read in list(reads.items()):
                family.add_metric(values, read())
            if reads:
                yield family


def _values(name: str, labels: Mapping[str, str]) -> Values:
    """Return the values of labels in their order. Raises LookupError for others than those that are declared."""
    expected: Collection[str] = DECLARED[name].labels
    if labels.keys() != set(expected):
        raise LookupError(f"{name}: its labels are {', '.join(expected) or 'none'}, not {', '.join(labels)}")
    return tuple(labels[label] for label in expected)
