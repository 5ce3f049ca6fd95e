"""May this run start, and on which facts? Everything that is refused is refused before a write."""

from __future__ import annotations

from dataclasses import dataclass, replace

from notes_migration.domain.conf import MigrationConf, Mode
from notes_migration.domain.errors import FatalError, MigrationError, ReasonCode
from notes_migration.domain.guarding import AccountFacts, refuse_account
from notes_migration.domain.run import CrmCount, RollbackMode, Run
from notes_migration.domain.schema import schema_problem
from notes_migration.domain.settings import MigrationSettings
from notes_migration.domain.states import RunState
from notes_migration.ports.account_registry import AccountRegistry
from notes_migration.ports.batch_ledger import BatchLedger
from notes_migration.ports.clock import Clock
from notes_migration.ports.crm import CrmSource
from notes_migration.ports.events import Events
from notes_migration.ports.feature_flag import FeatureFlag
from notes_migration.ports.notes_store import CollectionInspector
from notes_migration.ports.object_storage import StorageProbe
from notes_migration.ports.run_records import RunRecords
from notes_migration.ports.staging import PageStaging
from notes_migration.services.publish_progress import PublishProgress


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Who asks for what; `conf` and `settings` are checked by the caller's composition root."""

    run_id: str
    conf: MigrationConf
    settings: MigrationSettings
    triggered_by: str


@dataclass(frozen=True, slots=True)
class GuardRun:
    """Asks, decides, freezes the facts and makes this attempt the only one that may write."""

    flag: FeatureFlag
    accounts: AccountRegistry
    runs: RunRecords
    batches: BatchLedger
    crm: CrmSource
    inspector: CollectionInspector
    buckets: tuple[StorageProbe, ...]
    staging: PageStaging
    events: Events
    progress: PublishProgress
    clock: Clock

    def start(self, request: RunRequest) -> Run:
        """Return the run, started.

        Raises:
            FatalError: the run is refused, with the contract's code; nothing was changed.
            TransientError: a store did not answer.
        """
        self._refuse_by_account(request.conf)
        self._refuse_by_run_id(request)
        count = self._count(request.conf)
        self._refuse_by_target()
        run = self._freeze(request, count)
        self.runs.start(run)
        self.batches.begin_attempt(run)
        self.accounts.activate(run)
        # What a crashed run may have left: under the lock nobody else works from these.
        self.staging.discard(run.account_staging_prefix)
        self.events.emit(
            "crm_notes_migration_started",
            notes_total=run.in_scope,
            triggered_by=run.triggered_by,
            mode=run.mode,
        )
        self.progress.publish(run, "guard")
        return run

    def _refuse_by_account(self, conf: MigrationConf) -> None:
        facts = AccountFacts(
            flag_on=self.flag.is_on(conf.cid),
            bindings=self.accounts.bindings(cid=conf.cid, company_sso_id=conf.company_sso_id),
            state=self.accounts.state(conf.cid),
        )
        refusal = refuse_account(conf, facts)
        if refusal is not None:
            raise refusal

    def _refuse_by_run_id(self, request: RunRequest) -> None:
        """A run id names one run of one account in every record, whichever DAG it is of."""
        known, conf = self.runs.find(request.run_id), request.conf
        if known is None:
            return
        foreign = (known.cid, known.company_sso_id) != (conf.cid, conf.company_sso_id)
        if foreign or isinstance(known.mode, RollbackMode):
            raise FatalError(
                ReasonCode.INVALID_REQUEST,
                "run id: it is on record for another account or a rollback; "
                "trigger again with an id of its own",
            )

    def _count(self, conf: MigrationConf) -> CrmCount | None:
        """Return the CRM's count, or None where the run must end halted with CRM_EXTRACT_FAILED.

        A verification counts up to where the account's migration has read: what came later is no part
        of it.
        """
        until_id = self.runs.highest_id(conf.cid) if conf.mode is Mode.VERIFY else 0
        try:
            if not until_id:
                return self.crm.count()
            return replace(self.crm.count(until_id=until_id), max_id=until_id)
        except MigrationError as error:
            if error.reason is ReasonCode.CRM_EXTRACT_FAILED:
                return None
            raise

    def _refuse_by_target(self) -> None:
        problem = self.inspector.index_problem()
        if problem is not None:
            raise FatalError(ReasonCode.INDEX_MISSING, problem)
        difference = schema_problem(self.inspector.native_field_types())
        if difference is not None:
            raise FatalError(ReasonCode.SCHEMA_MISMATCH, difference)
        for bucket in self.buckets:
            bucket.check()

    def _freeze(self, request: RunRequest, count: CrmCount | None) -> Run:
        conf, settings = request.conf, request.settings
        in_scope = count.in_scope(settings.note_type_ids) if count else 0
        run = Run(
            run_id=request.run_id,
            attempt=self.runs.next_attempt(request.run_id),
            cid=conf.cid,
            company_sso_id=conf.company_sso_id,
            mode=conf.mode,
            rerun=conf.rerun,
            triggered_by=request.triggered_by,
            settings=settings,
            batch_size=conf.batch_size or settings.batch_size,
            started_at=self.clock.now(),
            in_scope=in_scope,
            out_of_scope=max(0, count.total - in_scope) if count else 0,
            max_id=count.max_id if count else 0,
            stopped=None if count else ReasonCode.CRM_EXTRACT_FAILED,
        )
        return self._as_replay(run, conf) if conf.mode is Mode.REPLAY_FAILED else run

    def _as_replay(self, run: Run, conf: MigrationConf) -> Run:
        """Freeze what is replayed; the account's totals are those of its last migration."""
        former, attempted = self.runs.latest_migration(run.cid), self.runs.find(run.run_id)
        succeeded = self.accounts.state(run.cid) is RunState.COMPLETED_SUCCESS
        run = replace(
            run,
            reasons=conf.reasons or (),
            # Another attempt of this run finds the account in progress.
            keeps_success=succeeded or (attempted is not None and attempted.keeps_success),
        )
        if former is None:
            return run
        return replace(
            run,
            replay_of=former.run_id,
            in_scope=former.in_scope,
            out_of_scope=former.out_of_scope,
            max_id=former.max_id,
        )
