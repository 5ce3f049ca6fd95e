"""The whole sandbox as one context: services, simulators, accounts, Airflow; gone when it ends."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sandbox.accounts.model import Account
from sandbox.accounts.registry import NAMES
from sandbox.airflow_process import AirflowProcesses, configured_airflow, sqlite_url
from sandbox.connections import Connection, given_connections, variable_of
from sandbox.paths import Paths
from sandbox.processes.lifeline import Lifeline
from sandbox.processes.service import ServiceUnavailable
from sandbox.seeding import load_accounts, make_index
from sandbox.services.embedded import EmbeddedServices
from sandbox.services.postgres import start_postgres
from sandbox.simulators.process import Simulators, start_simulators
from sandbox.state import SandboxLock, SandboxState
from sandbox.wiring import Parts, Running, addresses, connections

T = TypeVar("T")
Say = Callable[[str], None]


@dataclass(slots=True)
class Stack:
    """Context manager: everything runs inside it, nothing lives after it.

    Attributes:
        say: takes one line at a time about what is being done.
        cids: synthetic accounts to load where the CRM is the simulator.
        addresses: the content of stack.json, once entered.
        accounts: the loaded accounts; none where the CRM is a given one.
        file_proxy_base_url: what attachment URLs begin with.
    """

    paths: Paths
    say: Say
    cids: Iterable[str] = NAMES
    addresses: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    file_proxy_base_url: str = ""
    _airflow: AirflowProcesses | None = None
    _simulators: Simulators | None = None
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        """Start everything and return when Airflow is healthy and knows the DAGs.

        Raises:
            ServiceUnavailable: a part cannot run; nothing is left running.
            AlreadyRunning: a sandbox of this checkout runs already.
        """
        with ExitStack() as stack:
            # A command that only asks whether one runs holds the lock for a moment.
            stack.enter_context(SandboxLock(self.paths.lock_file, patience_seconds=1))
            if leftover := SandboxState.read(self.paths.state_file):
                leftover.sweep()
            _start_afresh(self.paths)
            for path in (self.paths.stack_file, self.paths.environment_file, self.paths.state_file):
                stack.callback(path.unlink, missing_ok=True)
            lifeline = stack.enter_context(Lifeline(self.paths.parts))
            SandboxState.of(lifeline).write(self.paths.state_file)
            self._start(stack, lifeline, given_connections(os.environ))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def airflow(self) -> AirflowProcesses:
        """Airflow's processes."""
        return _entered(self._airflow)

    @property
    def simulators(self) -> Simulators:
        """The simulators' process."""
        return _entered(self._simulators)

    def _start(self, stack: ExitStack, lifeline: Lifeline, given: Mapping[str, Connection]) -> None:
        parts = Parts.beside(given)
        self.say(f"starting {', '.join(sorted(parts.services | parts.simulators)) or 'no part of its own'}")
        directory = self.paths.parts
        services = stack.enter_context(
            EmbeddedServices(directory=directory, parts=parts.services, lifeline=lifeline)
        )
        self._simulators = start_simulators(directory, lifeline=lifeline, wanted=parts.simulators)
        running = Running(services.mongo_uri, services.redis_url, services.storage, self._simulators)
        used = connections(running, given)
        self.file_proxy_base_url = str(used["cdp_storage"].extra.get("file_proxy_base_url", ""))
        variables = {
            variable_of(conn_id): conn.as_json() for conn_id, conn in used.items() if conn_id not in given
        }
        airflow = configured_airflow(
            self.paths,
            lifeline=lifeline,
            database_url=self._database_url(directory, lifeline),
            connections=variables,
        )
        self._airflow = airflow
        self.addresses = {
            "airflow_url": airflow.access.url,
            "airflow_username": airflow.access.username,
            "airflow_password": airflow.access.password,
            **addresses(running, used),
        }
        self._start_airflow(airflow, parts)
        airflow.write_environment()
        _write_private(self.paths.stack_file, self.addresses)

    def _start_airflow(self, airflow: AirflowProcesses, parts: Parts) -> None:
        self.say("creating Airflow's tables, loading the accounts")
        migration = airflow.begin_migration()
        self._fill(parts)
        airflow.finish_migration(migration)
        self.say("starting Airflow: API server, scheduler, DAG processor, triggerer")
        airflow.start()
        airflow.wait_until_ready()

    def _fill(self, parts: Parts) -> None:
        """Load accounts where the CRM is the simulator; a given CRM and a given MongoDB are left alone."""
        mongo_uri = self.addresses["mongo_uri"]
        if "crm" in parts.simulators:
            self.accounts = load_accounts(self.cids, simulators=self.simulators, mongo_uri=mongo_uri)
        if "crm" in parts.simulators or "mongo" in parts.services:
            make_index(mongo_uri)

    def _database_url(self, directory: Path, lifeline: Lifeline) -> str:
        try:
            return start_postgres(directory, lifeline=lifeline)[1]
        except ServiceUnavailable as reason:
            self.say(f"{reason}; Airflow uses SQLite instead: trigger one run at a time over its REST API")
            return sqlite_url(directory)


def _entered(value: T | None) -> T:
    if value is None:
        raise RuntimeError("the stack is not running")
    return value


def _start_afresh(paths: Paths) -> None:
    """Remove what an earlier sandbox left, the held lock excepted: every start begins with empty stores."""
    for entry in paths.airflow_home.iterdir():
        if entry == paths.lock_file:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    paths.parts.mkdir(mode=0o755)


def _write_private(path: Path, content: dict[str, Any]) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(content, indent=2) + "\n")
