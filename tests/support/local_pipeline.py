"""The whole pipeline in one process over real services: the DAG's stages without Airflow."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from notes_migration.adapters.mongo_index import apply_index_migration
from notes_migration.adapters.pagerduty import PagerDutyAccount
from notes_migration.composition import Composition, DownloadHosts, Endpoint, StorageLocations
from notes_migration.domain.conf import Mode, parse_conf
from notes_migration.domain.outcome import Outcome, decide_outcome
from notes_migration.domain.run import Run
from notes_migration.domain.settings import parse_settings
from notes_migration.mode_composition import composition_for
from notes_migration.services.guard_run import RunRequest

_run_numbers = itertools.count(1)


class SwitchFlag:
    """A kill-switch that a test can throw; `after_looks` throws it after so many questions."""

    def __init__(self) -> None:
        self.on = True
        self.looks_left: int | None = None

    def is_on(self, cid: str) -> bool:
        if self.looks_left is not None:
            self.looks_left -= 1
            if self.looks_left < 0:
                return False
        return self.on


@dataclass
class LocalResources:
    """`notes_migration.composition.Resources` over clients that the test session made."""

    crm: Endpoint
    identity: Endpoint
    download_hosts: DownloadHosts
    storage: StorageLocations
    database: Any
    s3_client: Any
    redis_client: Any
    pagerduty: PagerDutyAccount
    slack_webhook_url: str
    flag: SwitchFlag = field(default_factory=SwitchFlag)


class LocalPipeline:
    """Runs an account through guard, coverage, extract, plan, migrate, validate, outcome, finalize."""

    def __init__(self, resources: LocalResources, *, settings: dict[str, Any] | None = None) -> None:
        self.resources = resources
        # No waits between tries: the retries' timing has tests of its own.
        self.settings = {"extract_retry_delays_seconds": [0, 0, 0], **(settings or {})}
        self.prepare()

    def prepare(self) -> None:
        apply_index_migration(self.resources.database, "up")

    @staticmethod
    def composition_for(mode: Mode) -> type[Composition]:
        return composition_for(mode)

    def guard(self, cid: str, *, company: str | None = None, run_id: str | None = None, **conf: Any) -> Run:
        parsed = parse_conf({"cid": cid, "company_sso_id": company or f"{cid}-company", **conf})
        settings = parse_settings(self.settings)
        run_id = run_id or f"{cid}__{next(_run_numbers)}"
        with self.composition_for(parsed.mode)(
            self.resources,
            job_id=run_id,
            cid=cid,
            company_sso_id=parsed.company_sso_id,
            settings=settings,
        ) as composition:
            return composition.guard_run().start(RunRequest(run_id, parsed, settings, "tests"))

    @contextmanager
    def services(self, run: Run) -> Iterator[Composition]:
        with self.composition_for(run.mode).for_run(self.resources, run) as composition:
            yield composition

    def find(self, run_id: str, conf: dict[str, Any]) -> Run | None:
        """Return the run as `guard` froze it, or None where it never did."""
        mode = Mode(conf.get("mode", Mode.MIGRATE))
        with self.composition_for(mode)(
            self.resources, job_id=run_id, cid="", company_sso_id="", settings=parse_settings(self.settings)
        ) as composition:
            return composition.runs.find(run_id)

    def reload(self, run: Run) -> Run:
        with self.services(run) as composition:
            found = composition.runs.find(run.run_id)
            assert found is not None
            return found

    def extract(self, run: Run) -> list[tuple[Any, ...]]:
        """Go through the gate, extraction and planning; return the groups of batches."""
        with self.services(run) as composition:
            ranges = composition.measure_coverage().ranges_to_read(run)
            run = self.reload(run)
            extractor = composition.extract_range()
            pages = [page for each in ranges for page in extractor.extract(run, each)]
            return composition.plan_batches().plan(self.reload(run), pages)

    def migrate(self, run: Run, groups: list[tuple[Any, ...]]) -> None:
        for group in groups:
            with self.services(run) as composition:
                composition.migrate_group().migrate(self.reload(run), group)

    def end(self, run: Run) -> Outcome:
        run = self.reload(run)
        with self.services(run) as composition:
            verdict = composition.validate_run().validate(run)
            outcome = decide_outcome(verdict, composition.progress.ledger(run), run.settings)
            composition.record_outcome().record(run, outcome)
        self.finalize(run)
        return outcome

    def finalize(self, run: Run) -> str:
        with self.services(run) as composition:
            return str(composition.finalize_run().finalize(run, batches_may_be_dying=False))

    def run(self, cid: str, **conf: Any) -> Outcome:
        run = self.guard(cid, **conf)
        self.migrate(run, self.extract(run))
        return self.end(run)

    def record(self, cid: str) -> dict[str, Any]:
        """Return the newest run's durable record."""
        found: dict[str, Any] = self.resources.database["notes_migration_runs"].find_one(
            {"cid": cid}, sort=[("started_at", -1)]
        )
        return found

    @staticmethod
    def now() -> datetime:
        return datetime.now(UTC)
