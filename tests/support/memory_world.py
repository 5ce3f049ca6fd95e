"""The services of a run over in-memory adapters: every stage without a socket."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from notes_migration.domain.conf import parse_conf
from notes_migration.domain.outcome import Outcome, decide_outcome
from notes_migration.domain.run import Run
from notes_migration.domain.settings import parse_settings
from notes_migration.services.extract_range import ExtractRange
from notes_migration.services.finalize_run import Ending, FinalizeRun
from notes_migration.services.guard_run import GuardRun, RunRequest
from notes_migration.services.kill_switch import KillSwitch
from notes_migration.services.measure_coverage import MeasureCoverage
from notes_migration.services.migrate_batch import MigrateBatch
from notes_migration.services.migrate_group import MigrateGroup
from notes_migration.services.plan_batches import PlanBatches
from notes_migration.services.publish_progress import PublishProgress
from notes_migration.services.record_outcome import RecordOutcome
from notes_migration.services.validate_run import ValidateRun
from tests.fakes.account_registry import InMemoryAccounts
from tests.fakes.batch_ledger import InMemoryLedger
from tests.fakes.clock import SteppedClock
from tests.fakes.contacts import InMemoryContacts
from tests.fakes.crm import InMemoryCrm
from tests.fakes.failure_records import InMemoryFailures
from tests.fakes.feature_flag import InMemoryFlag
from tests.fakes.notes_store import InMemoryNotes
from tests.fakes.object_storage import InMemoryStorage
from tests.fakes.observers import RecordedAlerts, RecordedEvents
from tests.fakes.owners import InMemoryOwners
from tests.fakes.relinker import StubRelinker
from tests.fakes.run_records import InMemoryRuns
from tests.fakes.run_status import InMemoryStatus
from tests.fakes.staging import InMemoryStaging
from tests.fakes.target import StubBucket, StubInspector


class Crash(Exception):
    """The process dies here."""


class CrashingAt:
    """`target`, but its method `name` dies at its n-th call: before its work, or after it."""

    def __init__(self, target: Any, name: str, *, after: bool = False, call: int = 1) -> None:
        self._target, self._name, self._after, self._left = target, name, after, call

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)
        return self._dying(method) if name == self._name else method

    def _dying(self, method: Any) -> Any:
        def die(*args: Any, **kwargs: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._after:
                raise Crash
            result = method(*args, **kwargs)
            if self._left == 0:
                raise Crash
            return result

        return die


@dataclass
class MemoryWorld:
    """One account `acme` and everything around it; a test may change or replace any part."""

    crm: Any = field(default_factory=lambda: InMemoryCrm([]))
    accounts: Any = field(default_factory=InMemoryAccounts)
    runs: Any = field(default_factory=InMemoryRuns)
    ledger: Any = field(default_factory=InMemoryLedger)
    failures: Any = field(default_factory=InMemoryFailures)
    notes: Any = field(default_factory=InMemoryNotes)
    contacts: Any = field(default_factory=lambda: InMemoryContacts({"9001": ["contact-1"]}))
    owners: Any = field(default_factory=lambda: InMemoryOwners({"77": "sso-77"}))
    staging: Any = field(default_factory=InMemoryStaging)
    status: Any = field(default_factory=InMemoryStatus)
    events: Any = field(default_factory=RecordedEvents)
    alerts: Any = field(default_factory=RecordedAlerts)
    clock: Any = field(default_factory=SteppedClock)
    flag: Any = field(default_factory=InMemoryFlag)
    inspector: Any = field(default_factory=StubInspector)
    bucket: Any = field(default_factory=StubBucket)
    objects: Any = field(default_factory=InMemoryStorage)
    relinker: Any = field(default_factory=StubRelinker)
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def progress(self) -> PublishProgress:
        return PublishProgress(self.ledger, self.status, self.clock)

    @property
    def recorder(self) -> RecordOutcome:
        return RecordOutcome(self.accounts, self.runs, self.events, self.alerts, self.progress, self.clock)

    @property
    def batch(self) -> MigrateBatch:
        return MigrateBatch(
            accounts=self.accounts,
            batches=self.ledger,
            failures=self.failures,
            staging=self.staging,
            notes=self.notes,
            contacts=self.contacts,
            owners=self.owners,
            relinker=self.relinker,
            events=self.events,
            clock=self.clock,
        )

    @property
    def group(self) -> MigrateGroup:
        return MigrateGroup(self.batch.migrate, self.flag, self.runs, self.progress)

    @property
    def switch(self) -> KillSwitch:
        return KillSwitch(self.flag, self.clock)

    @property
    def extractor(self) -> ExtractRange:
        return ExtractRange(self.crm, self.staging, self.runs, self.switch)

    @property
    def gate(self) -> MeasureCoverage:
        return MeasureCoverage(self.crm, self.contacts, self.runs, self.progress, self.switch)

    @property
    def planner(self) -> PlanBatches:
        return PlanBatches(self.accounts, self.runs, self.progress)

    @property
    def validator(self) -> ValidateRun:
        return ValidateRun(self.crm, self.notes, self.ledger, self.runs, self.progress)

    def guard(self, run_id: str = "acme__1", company: str = "acme-company", **conf: Any) -> Run:
        """Start a run."""
        service = GuardRun(
            flag=self.flag,
            accounts=self.accounts,
            runs=self.runs,
            batches=self.ledger,
            crm=self.crm,
            inspector=self.inspector,
            buckets=(self.bucket,),
            staging=self.staging,
            events=self.events,
            progress=self.progress,
            clock=self.clock,
        )
        parsed = parse_conf({"cid": "acme", "company_sso_id": company, **conf})
        return service.start(RunRequest(run_id, parsed, parse_settings(self.settings), "tests"))

    def reload(self, run: Run) -> Run:
        found: Run | None = self.runs.find(run.run_id)
        assert found is not None
        return found

    def plan(self, run: Run) -> list[tuple[Any, ...]]:
        """Go through gate and extraction; return the groups of batches."""
        ranges = self.gate.ranges_to_read(run)
        pages = [page for each in ranges for page in self.extractor.extract(run, each)]
        return self.planner.plan(self.reload(run), pages)

    def end(self, run: Run) -> Outcome:
        """Validate, decide, record, finalize."""
        run = self.reload(run)
        verdict = self.validator.validate(run)
        outcome = decide_outcome(verdict, self.progress.ledger(run), run.settings)
        self.recorder.record(run, outcome)
        self.finalize(run)
        return outcome

    def finalize(self, run: Run, *, dying: bool = False) -> Ending:
        service = FinalizeRun(
            accounts=self.accounts,
            runs=self.runs,
            batches=self.ledger,
            notes=self.notes,
            staging=self.staging,
            outcome=self.recorder,
            attachments=self.objects,
            clock=self.clock,
        )
        return service.finalize(self.reload(run), batches_may_be_dying=dying)

    def run(self, run_id: str = "acme__1", **conf: Any) -> Outcome:
        """Go through the whole pipeline."""
        run = self.guard(run_id, **conf)
        for group in self.plan(run):
            self.group.migrate(self.reload(run), group)
        return self.end(run)

    def classes(self, run_id: str = "acme__1") -> dict[str, int]:
        """Return the six classes of a run as they stand."""
        run: Run = self.runs.find(run_id)
        return self.progress.ledger(run).classes()
