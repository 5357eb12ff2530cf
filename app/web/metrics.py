"""What the hub has counted, in Prometheus' words."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from app.rooms.hub import Hub

COUNTERS = {
    "events": "Events that happened in watched rooms.",
    "batches": "Batches of events encoded for viewers.",
    "commands": "Commands asked for.",
    "refusals": "Messages from viewers that were refused.",
    "behind": "Times that a viewer fell behind (counted when it leaves).",
    "rooms_made": "Rooms made.",
}


class HubCollector(Collector):
    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        counts = self._hub.counts
        yield GaugeMetricFamily("quorumscope_rooms", "Rooms now.", len(self._hub.rooms))
        yield GaugeMetricFamily("quorumscope_viewers", "Viewers now.", self._hub.viewers)
        for name, text in COUNTERS.items():
            yield CounterMetricFamily(f"quorumscope_{name}", text, getattr(counts, name))
        yield SummaryMetricFamily(
            "quorumscope_tick_seconds", "Time that ticks of the pump took.", counts.ticks, counts.tick_seconds
        )


def exposition(hub: Hub) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HubCollector(hub))
    return generate_latest(registry)
