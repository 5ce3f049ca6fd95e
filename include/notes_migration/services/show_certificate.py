"""The certificate as people see it: the newest that holds, and what was written since it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.run import RollbackMode
from notes_migration.domain.states import RunState
from notes_migration.ports.board import BoardSource, SeenAccount, SeenRun
from notes_migration.ports.certificates import Certificates
from notes_migration.ports.clock import Clock
from notes_migration.services.name_dependency import naming

RUNS_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class CertificateView:
    """An account and its certificate at one moment; runs newest first.

    certificate: the fields that the HTTP endpoint answers, or None where none holds. written_since: runs
    that have written since, or may be writing. verifying: the verification on its way, if one is.
    """

    now: datetime
    seen: SeenAccount
    certificate: Mapping[str, Any] | None
    written_since: Sequence[SeenRun]
    verifying: SeenRun | None


@dataclass(frozen=True, slots=True)
class ShowCertificate:
    """Reads only; the certificate is the HTTP endpoint's."""

    certificates: Certificates
    source: BoardSource
    clock: Clock

    def show(self, cid: str) -> CertificateView:
        """Return the view.

        Raises:
            FatalError: CID_NOT_FOUND, for an account never seen.
            DependencyDown: the durable records cannot be read.
        """
        with naming("cdp_mongo"):
            seen = self.source.account(cid)
            if seen is None:
                raise FatalError(ReasonCode.CID_NOT_FOUND, "no run of this account has started")
            runs = self.source.runs(cid, limit=RUNS_LOOKED_AT)
            certificate = self.certificates.latest(cid)
        verifying = (run for run in runs if run.mode == Mode.VERIFY and run.state is RunState.IN_PROGRESS)
        since = _written_since(runs, certificate) if certificate else ()
        return CertificateView(self.clock.now(), seen, certificate, since, next(verifying, None))


def _written_since(runs: Sequence[SeenRun], certificate: Mapping[str, Any]) -> Sequence[SeenRun]:
    verified_at = datetime.fromisoformat(certificate["verified_at"])
    # Runs of an account never overlap: what wrote after the verification began after it.
    return tuple(run for run in runs if run.started_at > verified_at and _may_have_written(run))


def _may_have_written(run: SeenRun) -> bool:
    if run.mode not in {Mode.MIGRATE, Mode.REPLAY_FAILED, RollbackMode.ROLLBACK}:
        return False
    counts = run.ledger.batches
    # A rollback that has removed anything has revoked the certificate: one that ended here did not.
    return run.state is RunState.IN_PROGRESS or bool(
        counts.migrated or counts.attachments.linked or counts.owners.resolved
    )
