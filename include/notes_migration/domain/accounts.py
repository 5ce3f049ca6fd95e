"""What is durably known of an account: its binding, its state, and which run was the last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.guarding import Binding
from notes_migration.domain.states import RunState


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """One document of `notes_migration_accounts`.

    active_run_id: the run that may write, None between runs. company_sso_id: None until the first write.
    """

    cid: str
    company_sso_id: str | None
    state: RunState
    active_run_id: str | None = None
    last_run_id: str | None = None
    reason: ReasonCode | None = None
    finished_at: datetime | None = None

    @property
    def binding(self) -> Binding | None:
        """The durable pair, once there is one."""
        return Binding(self.cid, self.company_sso_id) if self.company_sso_id else None
