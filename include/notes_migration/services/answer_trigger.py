"""`POST /private/notes/migrate`: all refusals in the contract's order, then one new run."""

from __future__ import annotations

from dataclasses import dataclass

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.conf import MigrationConf
from notes_migration.domain.guarding import AccountFacts, refuse_account, refuse_flag
from notes_migration.domain.states import RunState
from notes_migration.ports.account_directory import AccountDirectory
from notes_migration.ports.dependency_probes import DependencyProbes
from notes_migration.ports.feature_flag import FeatureFlag
from notes_migration.ports.run_launcher import RunLauncher
from notes_migration.services.name_dependency import naming


@dataclass(frozen=True, slots=True)
class AnswerTrigger:
    """The same questions as the DAG's guard asks, with answers within a moment; it writes nothing."""

    flag: FeatureFlag
    accounts: AccountDirectory
    probes: DependencyProbes
    launcher: RunLauncher

    def trigger(self, conf: MigrationConf, *, triggered_by: str) -> str:
        """Start a run and return its id.

        Raises:
            FatalError: the request is refused, with the contract's code; nothing was started.
            DependencyDown: a system that the run needs first is not there; nothing was started.
        """
        # Before any store is asked: a switched-off account is refused even while they are down.
        refusal = refuse_flag(conf, flag_on=conf.writes and self.flag.is_on(conf.cid))
        if refusal is not None:
            raise refusal
        self._refuse_by_account(conf)
        self.probes.check(conf)
        with naming("cdp_mongo"):
            above = self.accounts.last_run_number(conf.cid)
        return self.launcher.launch(conf, above=above, triggered_by=triggered_by)

    def _refuse_by_account(self, conf: MigrationConf) -> None:
        with naming("cdp_mongo"):
            records = self.accounts.related(cid=conf.cid, company_sso_id=conf.company_sso_id)
        account = next((each for each in records if each.cid == conf.cid), None)
        facts = AccountFacts(
            flag_on=True,
            bindings=tuple(each.binding for each in records if each.binding),
            state=account.state if account else RunState.NOT_STARTED,
            running=self._is_running(conf.cid, account),
        )
        refusal = refuse_account(conf, facts)
        if refusal is not None:
            raise refusal

    def _is_running(self, cid: str, account: AccountRecord | None) -> bool:
        if self.launcher.is_busy(cid):
            return True
        # An active run that is over here was cut off before it could say so; one that is unknown here
        # may be another Airflow's.
        active = account.active_run_id if account else None
        return active is not None and not self.launcher.has_ended(active)
