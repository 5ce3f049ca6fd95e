"""May this account be rolled back? What is refused is refused before anything is written."""

from __future__ import annotations

from dataclasses import dataclass

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.guarding import already_running
from notes_migration.domain.rollback import RollbackConf, refuse_rollback
from notes_migration.domain.run import RollbackMode, Run
from notes_migration.domain.settings import MigrationSettings
from notes_migration.ports.account_directory import AccountDirectory
from notes_migration.ports.clock import Clock
from notes_migration.ports.rollback import AccountHold
from notes_migration.ports.run_records import RunRecords

BATCH_SIZE = 500


@dataclass(frozen=True, slots=True)
class RollbackRequest:
    """Who asks for what."""

    run_id: str
    conf: RollbackConf
    triggered_by: str


@dataclass(frozen=True, slots=True)
class GuardRollback:
    """Decides, keeps the run's record, and takes the fence; a dry run takes none.

    The account's state stays as it is until something is removed.
    """

    directory: AccountDirectory
    hold: AccountHold
    runs: RunRecords
    clock: Clock

    def start(self, request: RollbackRequest) -> Run:
        """Return the run, started.

        Raises:
            FatalError: refused, with the contract's code.
            TransientError: a store did not answer.
        """
        conf = request.conf
        records = self.directory.related(cid=conf.cid, company_sso_id=conf.company_sso_id)
        refusal = refuse_rollback(conf, records, run_id=request.run_id) or self._refuse_by_run_id(request)
        if refusal is not None:
            raise refusal
        run = self._freeze(request)
        self.runs.start(run)
        if not self.hold.occupy(run):
            raise already_running()
        return run

    def _refuse_by_run_id(self, request: RollbackRequest) -> FatalError | None:
        """A run id names one run in every record, whichever DAG it is of."""
        known = self.runs.find(request.run_id)
        if known is None or (isinstance(known.mode, RollbackMode) and known.cid == request.conf.cid):
            return None
        return FatalError(
            ReasonCode.INVALID_REQUEST,
            "run id: it is on record for another run; trigger again with an id of its own",
        )

    def _freeze(self, request: RollbackRequest) -> Run:
        conf = request.conf
        return Run(
            run_id=request.run_id,
            attempt=self.runs.next_attempt(request.run_id),
            cid=conf.cid,
            company_sso_id=conf.company_sso_id,
            mode=conf.mode,
            rerun=False,
            triggered_by=request.triggered_by,
            settings=MigrationSettings(),
            batch_size=BATCH_SIZE,
            started_at=self.clock.now(),
            in_scope=0,
            out_of_scope=0,
            max_id=0,
        )
