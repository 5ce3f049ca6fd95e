"""One run task by task, as the DAG goes; a task that dies is tried again, or the run cleared or given up."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from notes_migration.domain.errors import FatalError, TransientError
from notes_migration.domain.outcome import Outcome, Verdict, decide_outcome
from notes_migration.domain.run import Run
from notes_migration.services.finalize_run import Ending
from tests.support.local_pipeline import LocalPipeline
from tests.support.local_rollback import LocalRollback
from tests.support.sequences.mortality import Death, Mortality

CID = "acme"


class Recovery(StrEnum):
    """What becomes of a run whose process has died."""

    RETRIED = "the task is tried again"
    CLEARED = "the whole run is cleared"
    GIVEN_UP = "the run is given up"

    def __repr__(self) -> str:
        return str(self)


class GivenUp(Exception):
    """The work tasks are over; only finalize follows."""


@dataclass
class StagedRun:
    """Takes one run through its tasks; `outcome` is what its last task recorded."""

    pipeline: LocalPipeline | LocalRollback
    mortality: Mortality
    recovery: Recovery
    run_id: str
    conf: dict[str, Any] = field(default_factory=dict)
    run: Run | None = None
    outcome: Outcome | None = None
    ending: Ending = Ending.NEVER_STARTED

    @property
    def has_ended(self) -> bool:
        """Whether it recorded how it ended, rather than being given up."""
        return self.outcome is not None or self.ending is Ending.ENDED

    def go(self) -> None:
        """Go to the end.

        Raises:
            FatalError: guard's refusal.
        """
        with suppress(GivenUp):
            self._work()
        self._finish()

    def _finish(self) -> None:
        self.run = self._try(lambda: self.pipeline.find(self.run_id, self.conf))
        if self.run is not None:
            self.ending = Ending(self._try(lambda: self.pipeline.finalize(self._known())))

    def _work(self) -> None:
        try:
            self._stages()
        except _Cleared:
            try:
                self._stages()
            except FatalError:  # it was cleared when all was done
                raise GivenUp from None

    def _stages(self) -> None:
        pipeline = self.pipeline
        self.run = self._task(lambda: pipeline.guard(CID, run_id=self.run_id, **self.conf))
        ranges = self._task(lambda: self._with(lambda each, run: each.measure_coverage().ranges_to_read(run)))
        pages = []
        for each in ranges:
            pages += self._task(
                lambda each=each: self._with(lambda it, run: it.extract_range().extract(run, each))
            )
        groups = self._task(lambda: self._with(lambda each, run: each.plan_batches().plan(run, pages)))
        for group in groups:
            self._task(lambda group=group: self._with(lambda it, run: it.migrate_group().migrate(run, group)))
        verdict: Verdict = self._task(lambda: self._with(lambda each, run: each.validate_run().validate(run)))
        self._task(lambda: self._with(lambda each, run: self._record(each, run, verdict)))

    def _record(self, composition: Any, run: Run, verdict: Verdict) -> None:
        outcome = decide_outcome(verdict, composition.progress.ledger(run), run.settings)
        composition.record_outcome().record(run, outcome)
        self.outcome = outcome

    def _with(self, work: Callable[[Any, Run], Any]) -> Any:
        run = self.pipeline.reload(self._known())
        with self.pipeline.services(run) as composition:
            return work(composition, run)

    def _known(self) -> Run:
        assert self.run is not None
        return self.run

    def _task(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except (Death, TransientError):
            self.mortality.revive()
            if self.recovery is Recovery.RETRIED:
                return work()
            raise (_Cleared if self.recovery is Recovery.CLEARED else GivenUp) from None

    def _try(self, work: Callable[[], Any]) -> Any:
        """Finalize is tried again whatever becomes of the rest."""
        try:
            return work()
        except (Death, TransientError):
            self.mortality.revive()
            return work()


class _Cleared(Exception):
    """Start again from guard, as the next attempt of the same run."""
