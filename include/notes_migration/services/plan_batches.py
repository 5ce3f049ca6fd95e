"""Between reading and writing: bind the account and spread the staged pages over tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notes_migration.domain.batching import StagedPage, group_batches
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.run import Run
from notes_migration.ports.account_registry import AccountRegistry
from notes_migration.ports.run_records import RunRecords
from notes_migration.services.publish_progress import PublishProgress

GROUPS = 32


@dataclass(frozen=True, slots=True)
class PlanBatches:
    """Binds before the first write, so that a mistaken pair that wrote nothing binds nothing."""

    accounts: AccountRegistry
    runs: RunRecords
    progress: PublishProgress

    def plan(self, run: Run, pages: Sequence[StagedPage]) -> list[tuple[StagedPage, ...]]:
        """Return groups of batches; none where the run stops here or there is nothing to write."""
        if run.stopped is not None or not pages:
            return []
        if not self.accounts.bind(run):
            self.runs.stop(run, ReasonCode.TENANT_MISMATCH)
            return []
        self.progress.publish(run, "migrate")
        return group_batches(pages, groups=GROUPS)
