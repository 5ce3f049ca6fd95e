"""The facts of one run, frozen by `guard`; every later task works from these and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.settings import MigrationSettings


@dataclass(frozen=True, slots=True)
class CrmCount:
    """How many notes there are, `by_type` where a type is readable; `max_id` is 0 where there are none."""

    total: int
    by_type: Mapping[int, int]
    max_id: int

    def in_scope(self, type_ids: tuple[int, ...]) -> int:
        return sum(self.by_type.get(type_id, 0) for type_id in set(type_ids))


class RollbackMode(StrEnum):
    """What a run of `crm_notes_rollback` does; its record stands beside those of the migration's runs."""

    ROLLBACK = "rollback"
    ROLLBACK_DRY_RUN = "rollback_dry_run"

    @property
    def writes(self) -> bool:
        """Whether it takes the fence and may change anything."""
        return self is RollbackMode.ROLLBACK


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt of one run of one account.

    attempt: 1, then one more each time the whole run is cleared in Airflow.
    reasons: what a replay is limited to; empty for all. replay_of: the run whose notes a replay counts on.
    keeps_success: the account had completed_success when this replay began, and keeps it.
    stopped: set where the run must end before it reads a note (the CRM did not answer `guard`).
    """

    run_id: str
    attempt: int
    cid: str
    company_sso_id: str
    mode: Mode | RollbackMode
    rerun: bool
    triggered_by: str
    settings: MigrationSettings
    batch_size: int
    started_at: datetime
    in_scope: int
    out_of_scope: int
    max_id: int
    stopped: ReasonCode | None = None
    reasons: tuple[ReasonCode, ...] = ()
    replay_of: str | None = None
    keeps_success: bool = False

    def replays(self, reason: ReasonCode) -> bool:
        """Whether a replay is to repair what failed for this reason."""
        return not self.reasons or reason in self.reasons

    @property
    def staging_prefix(self) -> str:
        """Where this run's temporary objects lie: never under a tenant's prefix."""
        return f"{self.account_staging_prefix}{self.run_id}/"

    @property
    def account_staging_prefix(self) -> str:
        """What all runs of the account share: under the lock, only this run's objects are of use."""
        return f"runs/{self.cid}/"
