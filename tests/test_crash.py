"""The short form of the crash test; `make chaos` runs the long one."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.crash import crash


async def test_kill_9_under_faults_loses_nothing_on_sqlite_with_polling(sqlite_url: str, tmp_path: Path) -> None:
    outcome = await crash(sqlite_url, tmp_path, kills=3)
    print(outcome)
    assert outcome.good, outcome


async def test_kill_9_of_one_of_two_copies_loses_nothing_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    outcome = await crash(postgres_url, tmp_path, kills=2, copies=2, every=0.01)
    print(outcome)
    assert outcome.good, outcome
