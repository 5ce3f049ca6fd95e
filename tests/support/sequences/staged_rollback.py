"""One rollback task by task, as its DAG goes; it is approved at once, and dies as a run does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from notes_migration.domain.states import RunState
from notes_migration.services.finalize_run import Ending
from tests.support.sequences.staged_run import CID, GivenUp, StagedRun


@dataclass
class StagedRollback(StagedRun):
    """`has_begun`: it has made the account its own, and may have removed something."""

    state: Callable[[], RunState] = lambda: RunState.NOT_STARTED
    has_begun: bool = False

    def go(self) -> None:
        """Go to the end.

        Raises:
            FatalError: guard's refusal.
        """
        with suppress(GivenUp):
            self._work()
        self.has_begun = self.state() is RunState.IN_PROGRESS
        self._finish()

    @property
    def has_ended(self) -> bool:
        return self.ending is Ending.ENDED

    def _stages(self) -> None:
        self.run = self._task(lambda: self.pipeline.guard(CID, run_id=self.run_id, **self.conf))
        self._step(lambda each, run: each.count_rollback().count(run))
        if not self._known().mode.writes:
            self._step(lambda each, run: each.end_rollback().counted(run))
            return
        self._step(lambda each, run: each.end_rollback().approve(run, by="approver"))
        self._step(lambda each, run: each.remove_notes().remove(run))
        self._step(lambda each, run: each.verify_rollback().verify(run))
        self._step(lambda each, run: each.end_rollback().rolled_back(run))

    def _step(self, work: Callable[[Any, Any], Any]) -> None:
        self._task(lambda: self._with(work))
