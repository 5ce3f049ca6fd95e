"""The rollback in one process over real services: the DAG's stages without Airflow."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from notes_migration.domain.rollback import RollbackCounts, parse_rollback_conf
from notes_migration.domain.run import RollbackMode, Run
from notes_migration.domain.settings import MigrationSettings
from notes_migration.rollback_composition import RollbackComposition, rollback_composition_for
from notes_migration.services.guard_rollback import RollbackRequest
from tests.support.local_pipeline import LocalResources

_numbers = itertools.count(1)


class LocalRollback:
    """Takes an account through guard, count, approval, removal, verification and finalize."""

    def __init__(self, resources: LocalResources) -> None:
        self.resources = resources

    @staticmethod
    def composition_for(mode: RollbackMode) -> type[RollbackComposition]:
        return rollback_composition_for(mode)

    def guard(self, cid: str, *, company: str | None = None, run_id: str | None = None, **conf: Any) -> Run:
        parsed = parse_rollback_conf({"cid": cid, "company_sso_id": company or f"{cid}-company", **conf})
        run_id = run_id or f"{cid}-rollback-{next(_numbers)}"
        with self.composition_for(parsed.mode)(
            self.resources,
            job_id=run_id,
            cid=cid,
            company_sso_id=parsed.company_sso_id,
            settings=MigrationSettings(),
        ) as composition:
            return composition.guard_rollback().start(RollbackRequest(run_id, parsed, "tests"))

    @contextmanager
    def services(self, run: Run) -> Iterator[RollbackComposition]:
        with self.composition_for(run.mode).for_run(self.resources, run) as composition:
            yield composition

    def find(self, run_id: str, conf: dict[str, Any]) -> Run | None:
        """Return the run as `guard` froze it, or None where it never did."""
        mode = RollbackMode.ROLLBACK_DRY_RUN if conf.get("dry_run", True) else RollbackMode.ROLLBACK
        with self.composition_for(mode)(
            self.resources, job_id=run_id, cid="", company_sso_id="", settings=MigrationSettings()
        ) as composition:
            return composition.runs.find(run_id)

    def reload(self, run: Run) -> Run:
        found = self.find(run.run_id, {"dry_run": not run.mode.writes})
        assert found is not None
        return found

    def count(self, run: Run) -> RollbackCounts:
        with self.services(run) as composition:
            return composition.count_rollback().count(run)

    def approve(self, run: Run) -> None:
        with self.services(run) as composition:
            composition.end_rollback().approve(run, by="approver")

    def remove(self, run: Run) -> int:
        with self.services(run) as composition:
            return composition.remove_notes().remove(run)

    def verify(self, run: Run) -> None:
        with self.services(run) as composition:
            composition.verify_rollback().verify(run)

    def end(self, run: Run) -> None:
        with self.services(run) as composition:
            composition.end_rollback().rolled_back(run)

    def finalize(self, run: Run) -> str:
        with self.services(run) as composition:
            return str(composition.end_rollback().finalize(run, may_be_removing=False))

    def dry_run(self, cid: str, **conf: Any) -> RollbackCounts:
        run = self.guard(cid, **conf)
        counts = self.count(run)
        with self.services(run) as composition:
            composition.end_rollback().counted(run)
        self.finalize(run)
        return counts

    def run(self, cid: str, **conf: Any) -> int:
        """Roll back, approved; return how many documents went."""
        run = self.guard(cid, dry_run=False, **conf)
        self.count(run)
        self.approve(run)
        removed = self.remove(run)
        self.verify(run)
        self.end(run)
        self.finalize(run)
        return removed

    def record(self, run: Run) -> dict[str, Any]:
        """Return the run's durable record."""
        found: dict[str, Any] = self.resources.database["notes_migration_runs"].find_one({"_id": run.run_id})
        return found
