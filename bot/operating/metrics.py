"""What the bot counts and measures, for Prometheus.

No label can be chosen by a person: a number of series that grows with what is typed would fill the memory.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from index.stories import Answer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)
_SECONDS_OF_LAG = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The figures of one bot. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        self._questions = Counter(
            "storydesk_questions", "Questions by what became of them", ["outcome"], registry=self.registry
        )
        self._refusals = Counter(
            "storydesk_refusals", "Refused questions by reason", ["reason"], registry=self.registry
        )
        self._failures = Counter(
            "storydesk_failures", "Failures that a person was told of, by kind", ["kind"], registry=self.registry
        )
        self._stages = Histogram(
            "storydesk_stage_seconds",
            "Time of a question's stages: waiting for its turn, answering, the whole from arrival to delivery",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._requests = Histogram(
            "storydesk_discord_request_seconds",
            "Requests to Discord by kind and status",
            ["kind", "status"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._gateway_events = Counter(
            "storydesk_gateway_events",
            "Gateway connections made, lost and taken up again",
            ["event"],
            registry=self.registry,
        )
        self._lag = Histogram(
            "storydesk_event_loop_lag_seconds",
            "How much later than asked the event loop goes on",
            buckets=_SECONDS_OF_LAG,
            registry=self.registry,
        )
        self._index = Gauge(
            "storydesk_index", "How much there is in the catalog and the indexes", ["what"], registry=self.registry
        )
        self._votes = Gauge("storydesk_votes", "Votes on answers", ["vote"], registry=self.registry)

    def answered(self, answer: Answer) -> None:
        """Count an answer or a refusal."""
        self._questions.labels("answered" if answer.answered else "refused").inc()
        if not answer.answered:
            self._refusals.labels(answer.reason or "unknown").inc()

    def failed(self, error: BaseException, *, asked: bool) -> None:
        """Count what got a sentence of ours instead; by the error's class, which is ours or a library's.

        `asked` says whether that was a question.
        """
        original = getattr(error, "original", error)
        if asked:
            self._questions.labels("failed").inc()
        self._failures.labels(type(original).__name__).inc()

    def took(self, stage: str, seconds: float) -> None:
        """Note how long a stage of a question took."""
        self._stages.labels(stage).observe(seconds)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Note how long what is inside took, also when it fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.took(stage, time.perf_counter() - began)

    def delivered(self, began: float) -> None:
        """Note the whole of a question that arrived when `time.perf_counter()` was `began`, and is answered now."""
        self.took("whole", time.perf_counter() - began)

    def requested(self, kind: str, status: str, seconds: float) -> None:
        """Note a request to Discord; `status` is one of HTTP's, or "none" when no answer came."""
        self._requests.labels(kind, status).observe(seconds)

    def gateway_event(self, event: str) -> None:
        """Count a connection to the gateway that was made, lost or resumed."""
        self._gateway_events.labels(event).inc()

    def lagged(self, seconds: float) -> None:
        """Note how late the event loop was."""
        self._lag.observe(seconds)

    def counted(self, counts: Mapping[str, int]) -> None:
        """Replace what is known of the index: its numbers by what they count."""
        for what, number in counts.items():
            self._index.labels(what).set(number)

    def voted(self, *, helpful: int, unhelpful: int) -> None:
        """Replace how many votes there are."""
        self._votes.labels("helpful").set(helpful)
        self._votes.labels("not_helpful").set(unhelpful)

    def watch(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """Give what `read` returns whenever the metrics are asked for."""
        self.watch_all(name, documentation, lambda: [(None, read())])

    def watch_all(
        self, name: str, documentation: str, read: Callable[[], Iterable[tuple[str | None, float]]], *, label: str = ""
    ) -> None:
        """Give a number for each value of `label` that `read` returns whenever the metrics are asked for."""
        self.registry.register(_Read(name, documentation, read, label))

    def exposition(self) -> bytes:
        """All figures in Prometheus' text format. Reads this process's figures from /proc: not for the event loop."""
        return generate_latest(self.registry)


class _Read(Collector):
    def __init__(
        self, name: str, documentation: str, read: Callable[[], Iterable[tuple[str | None, float]]], label: str
    ) -> None:
        self._name, self._documentation, self._read, self._label = name, documentation, read, label

    def describe(self) -> Iterable[Metric]:
        return [GaugeMetricFamily(self._name, self._documentation)]

    def collect(self) -> Iterable[Metric]:
        family = GaugeMetricFamily(self._name, self._documentation, labels=[self._label] if self._label else [])
        for value, number in self._read():
            family.add_metric([] if value is None else [value], number)
        yield family
