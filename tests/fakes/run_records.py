"""Runs in memory: RunRecords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import RollbackMode, Run
from notes_migration.domain.states import RunState


class InMemoryRuns:
    """The newest attempt of each run; `ledgers` are the counts that runs ended with."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._reports: dict[str, dict[str, Any]] = {}
        self._outcomes: dict[str, Outcome] = {}
        self.ledgers: dict[str, Ledger] = {}

    def next_attempt(self, run_id: str) -> int:
        return self._runs[run_id].attempt + 1 if run_id in self._runs else 1

    def start(self, run: Run) -> None:
        self._runs[run.run_id] = run
        self._outcomes.pop(run.run_id, None)
        self._reports.pop(run.run_id, None)

    def find(self, run_id: str) -> Run | None:
        return self._runs.get(run_id)

    def highest_id(self, cid: str) -> int:
        runs = (each for each in self._runs.values() if each.cid == cid and each.mode is Mode.MIGRATE)
        return max((each.max_id for each in runs), default=0)

    def latest_migration(self, cid: str) -> Run | None:
        runs = [each for each in self._runs.values() if each.cid == cid]
        undone = [each.started_at for each in runs if self._has_rolled_back(each)]
        read = [each for each in runs if each.mode is Mode.MIGRATE and each.max_id]
        since = [each for each in read if all(each.started_at > moment for moment in undone)]
        return max(since, key=self._knowledge, default=None)

    def _has_rolled_back(self, run: Run) -> bool:
        outcome = self._outcomes.get(run.run_id)
        return run.mode is RollbackMode.ROLLBACK and outcome == Outcome(RunState.NOT_STARTED)

    def _knowledge(self, run: Run) -> tuple[int, datetime]:
        outcome, ledger = self._outcomes.get(run.run_id), self.ledgers.get(run.run_id)
        if outcome and outcome.state is not RunState.HALTED:
            return 2, run.started_at
        read_any = outcome is not None and ledger is not None and ledger.batches.processed > 0
        return int(read_any), run.started_at

    def outcome(self, run_id: str) -> Outcome | None:
        return self._outcomes.get(run_id)

    def stop(self, run: Run, reason: ReasonCode) -> None:
        found = self._runs.get(run.run_id)
        if found and found.attempt == run.attempt and found.stopped is None:
            self._runs[run.run_id] = replace(found, stopped=reason)

    def report(self, run: Run, findings: Mapping[str, Any]) -> None:
        found = self._runs.get(run.run_id)
        if found and found.attempt == run.attempt:
            self._reports.setdefault(run.run_id, {}).update(findings)

    def reported(self, run: Run) -> Mapping[str, Any]:
        return self._reports.get(run.run_id, {})

    def finish(self, run: Run, outcome: Outcome, ledger: Ledger, *, now: datetime) -> None:
        found = self._runs.get(run.run_id)
        if found and found.attempt == run.attempt:
            self._outcomes[run.run_id] = outcome
            self.ledgers[run.run_id] = ledger
