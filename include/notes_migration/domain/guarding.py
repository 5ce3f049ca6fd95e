"""May this run start? The same questions and answers for the DAG's guard and the HTTP endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from notes_migration.domain.conf import MigrationConf, Mode
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.states import RunState


class Pair(Protocol):
    """What every conf names."""

    @property
    def cid(self) -> str: ...
    @property
    def company_sso_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Binding:
    """A durable pair: this account's notes go to this company and no other."""

    cid: str
    company_sso_id: str


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What is known of the account before the CRM is asked anything.

    running: another run of the account is queued or running; False for the DAG's guard, which holds
    the account's lock.
    """

    flag_on: bool
    bindings: tuple[Binding, ...]
    state: RunState
    running: bool = False


def refuse_flag(conf: MigrationConf, *, flag_on: bool) -> FatalError | None:
    """Return the first refusal of the contract's order, for which no store has to be asked, or None."""
    if conf.writes and not flag_on:
        return FatalError(
            ReasonCode.FLAG_DISABLED,
            "the flag crm_notes_migration_enabled is off for this account; switch it on and trigger again",
        )
    return None


def refuse_account(conf: MigrationConf, facts: AccountFacts) -> FatalError | None:
    """Return why the account must not be run, in the contract's order, or None."""
    refusal = refuse_flag(conf, flag_on=facts.flag_on)
    if refusal is not None:
        return refusal
    if any(bound_to_another(conf, binding) for binding in facts.bindings):
        return FatalError(
            ReasonCode.TENANT_MISMATCH,
            "this account or this company_sso_id is bound to another; check the pair in the request",
        )
    if facts.running:
        return already_running()
    if conf.mode is Mode.REPLAY_FAILED and facts.state is RunState.NOT_STARTED:
        return FatalError(
            ReasonCode.CID_NOT_FOUND, "nothing of this account can be replayed, it was never migrated"
        )
    if conf.mode is Mode.MIGRATE and facts.state is RunState.COMPLETED_SUCCESS and not conf.rerun:
        return FatalError(
            ReasonCode.ALREADY_MIGRATED,
            "this account has completed_success; set rerun to true to write what is missing",
        )
    return None


def already_running() -> FatalError:
    """Return the refusal of a second run of an account."""
    return FatalError(
        ReasonCode.JOB_ALREADY_RUNNING,
        "a run of this account is queued or running; wait for its end, then trigger again",
    )


def bound_to_another(conf: Pair, binding: Binding) -> bool:
    """Whether a binding that names the account or the company names another with it."""
    return (binding.cid, binding.company_sso_id) != (conf.cid, conf.company_sso_id)
