"""How long a busy bot lets messages gather: with a clock of our own."""

from __future__ import annotations

from bot.pacing import Gathering

HANDLING = 0.005
"""Seconds to take in what was fetched."""


def test_who_writes_to_a_quiet_bot_is_never_kept_waiting() -> None:
    taken, waited = _steady(rate=5, seconds=20)
    assert set(taken) == {1}
    assert not waited


def test_what_comes_to_a_busy_bot_is_taken_some_at_a_time() -> None:
    taken, _ = _steady(rate=50, seconds=20)
    assert sum(taken) / len(taken) > 8


def test_after_a_lull_a_busy_bot_gathers_again_within_a_second() -> None:
    gathering = Gathering()
    _steady(rate=50, seconds=10, gathering=gathering)
    taken, _ = _steady(rate=50, seconds=10, gathering=gathering, begin=13.0)
    assert len(taken) < 50 + 50  # not one by one: 50 singly in the first second, then five times a second


def test_those_who_write_on_once_answered_are_not_slowed_down() -> None:
    """Ten people, each writing again 30 ms after the answer: gathering would make five messages a second of each."""
    gathering, now, total = Gathering(), 0.0, 0
    while now < 60.0:
        now += 0.03
        gathering.took(10, now)
        total += 10
        now += HANDLING
        now += gathering.wait(now)
    assert total > 0.9 * 10 * 60.0 / (0.03 + HANDLING)


def test_where_many_wait_already_nothing_is_waited_for() -> None:
    gathering, now = Gathering(), 0.0
    for _ in range(100):
        gathering.took(100, now)
        now += 0.1
        assert gathering.wait(now) == 0.0


def test_none_at_all_where_told_so() -> None:
    gathering = Gathering(0.0)
    for number in range(1000):
        gathering.took(1, number / 100)
        assert gathering.wait(number / 100) == 0.0


def _steady(
    rate: float, seconds: float, gathering: Gathering | None = None, begin: float = 0.0
) -> tuple[list[int], list[float]]:
    """Messages come at `rate` a second whatever we do: how many were taken each time, and what was waited."""
    gathering = gathering or Gathering()
    now, next_at = begin, begin
    taken: list[int] = []
    waited: list[float] = []
    while next_at < begin + seconds:
        now = max(now, next_at)
        count = 0
        while next_at <= now:
            count += 1
            next_at += 1 / rate
        gathering.took(count, now)
        taken.append(count)
        now += HANDLING
        if (rest := gathering.wait(now)) > 0:
            waited.append(rest)
            now += rest
    return taken, waited
