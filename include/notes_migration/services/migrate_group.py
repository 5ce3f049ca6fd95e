"""A group of batches in one task: before each, ask whether the run may go on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notes_migration.domain.batching import StagedPage
from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.run import Run
from notes_migration.ports.feature_flag import FeatureFlag
from notes_migration.ports.run_records import RunRecords
from notes_migration.services.publish_progress import PublishProgress


@dataclass(frozen=True, slots=True)
class MigrateGroup:
    """The batch in hand is finished; the kill-switch and the halt rule keep the next from starting.

    batch: what is done with each page; a run that only looks is stopped by neither.
    """

    batch: Callable[[Run, StagedPage], object]
    flag: FeatureFlag
    runs: RunRecords
    progress: PublishProgress

    def migrate(self, run: Run, pages: Sequence[StagedPage]) -> int:
        """Return how many batches were done."""
        done = 0
        for page in pages:
            if self._stopped(run):
                break
            self.batch(run, page)
            if run.mode.writes:
                self.progress.publish(run, "migrate")
            done += 1
        return done

    def _stopped(self, run: Run) -> bool:
        if not run.mode.writes:
            return False
        if not self.flag.is_on(run.cid):
            self.runs.stop(run, ReasonCode.FLAG_DISABLED)
            return True
        # What a replay meets has failed before: it is to repair as much of it as it can.
        return run.mode is Mode.MIGRATE and self.progress.ledger(run).fails(
            run.settings.failure_threshold_pct
        )
