"""Figures for Prometheus, served at /metrics."""

from __future__ import annotations

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

registry = CollectorRegistry()
_TIMES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

messages = Counter("bot_messages", "Messages handled", ("channel", "form", "decision"), registry=registry)
understanding = Histogram(
    "bot_understanding_seconds", "Time to understand a question", registry=registry,
    buckets=(0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05),
)  # fmt: skip
handling = Histogram(
    "bot_handling_seconds",
    "From arrival to recorded and answered in the outbox",
    registry=registry,
    buckets=_TIMES,
)
failures = Counter(
    "bot_failures", "Messages whose handling failed and was answered with an apology", registry=registry
)
deliveries = Counter("bot_deliveries", "Messages delivered", ("channel",), registry=registry)
delivery_time = Histogram(
    "bot_delivery_seconds", "From the outbox to the channel's confirmation", registry=registry,
    buckets=(*_TIMES, 30, 60, 300),
)  # fmt: skip
send_errors = Counter("bot_send_errors", "Failed deliveries", ("channel", "kind"), registry=registry)
outbox_depth = Gauge("bot_outbox_depth", "Messages that wait to be delivered", registry=registry)
outbox_age = Gauge("bot_outbox_age_seconds", "How long the oldest of them waits", registry=registry)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def render(waiting: tuple[int, datetime | None], now: datetime) -> bytes:
    """All figures in Prometheus' text format; `waiting` comes from `outbox.waiting`."""
    depth, oldest = waiting
    outbox_depth.set(depth)
    outbox_age.set(max((now - oldest).total_seconds(), 0) if oldest else 0)
    return generate_latest(registry)
