"""Accounts in memory: AccountRegistry, AccountHold, and what a rollback asks of AccountDirectory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.guarding import Binding
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState


@dataclass
class _Account:
    company_sso_id: str | None = None
    state: RunState = RunState.NOT_STARTED
    active: tuple[str, int] | None = None
    closed: bool = False


class InMemoryAccounts:
    """One record per cid; `company_sso_id` is set once the pair is bound."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}

    def bindings(self, *, cid: str, company_sso_id: str) -> tuple[Binding, ...]:
        bound = {key: each.company_sso_id for key, each in self._accounts.items()}
        return tuple(
            Binding(key, company)
            for key, company in bound.items()
            if company is not None and (key == cid or company == company_sso_id)
        )

    def related(self, *, cid: str, company_sso_id: str) -> tuple[AccountRecord, ...]:
        return tuple(
            AccountRecord(key, each.company_sso_id, each.state, each.active[0] if each.active else None)
            for key, each in self._accounts.items()
            if key == cid or each.company_sso_id == company_sso_id
        )

    def state(self, cid: str) -> RunState:
        return self._accounts[cid].state if cid in self._accounts else RunState.NOT_STARTED

    def activate(self, run: Run) -> None:
        account = self._accounts.setdefault(run.cid, _Account())
        account.active, account.closed = (run.run_id, run.attempt), False
        account.state = RunState.IN_PROGRESS

    def occupy(self, run: Run) -> bool:
        account = self._accounts.get(run.cid)
        if account is None or (account.active and account.active[0] != run.run_id):
            return False
        account.active, account.closed = (run.run_id, run.attempt), False
        return True

    def begin_removal(self, run: Run) -> bool:
        if not self.is_active(run):
            return False
        self._accounts[run.cid].state = RunState.IN_PROGRESS
        return True

    def is_active(self, run: Run) -> bool:
        return self.holds(run) and not self._accounts[run.cid].closed

    def close(self, run: Run) -> None:
        if self.holds(run):
            self._accounts[run.cid].closed = True

    def inherit(self, run: Run) -> None:
        account = self._accounts.get(run.cid)
        if account and account.active and account.active[0] == run.run_id and account.active[1] < run.attempt:
            account.active, account.closed = (run.run_id, run.attempt), False

    def holds(self, run: Run) -> bool:
        account = self._accounts.get(run.cid)
        return account is not None and account.active == (run.run_id, run.attempt)

    def is_held(self, cid: str) -> bool:
        return cid in self._accounts and self._accounts[cid].active is not None

    def bind(self, run: Run) -> bool:
        bound = self.bindings(cid=run.cid, company_sso_id=run.company_sso_id)
        if run.cid not in self._accounts or any(
            (each.cid, each.company_sso_id) != (run.cid, run.company_sso_id) for each in bound
        ):
            return False
        self._accounts[run.cid].company_sso_id = run.company_sso_id
        return True

    def record_outcome(self, run: Run, outcome: Outcome, *, now: datetime) -> None:
        if self.holds(run):
            self._accounts[run.cid].state = outcome.state

    def deactivate(self, *, cid: str, run_id: str) -> None:
        account = self._accounts.get(cid)
        if account and account.active and account.active[0] == run_id:
            account.active = None
