"""Airflow as four processes of its own command line; nothing of it is imported here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.airflow_api import AirflowApi
from sandbox.airflow_settings import (
    AirflowAccess,
    LogPorts,
    airflow_environment,
    write_environment_file,
    write_password_file,
)
from sandbox.connections import IDS, variable_of
from sandbox.paths import Paths
from sandbox.processes.lifeline import Lifeline
from sandbox.processes.service import Service, ServiceUnavailable, free_port, log_tail, wait_until_ready

COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
_START_SECONDS = 240


@dataclass(slots=True)
class AirflowProcesses:
    """A configured Airflow; use the methods in their order, `begin_migration` to `wait_until_ready`."""

    paths: Paths
    access: AirflowAccess
    lifeline: Lifeline
    variables: Mapping[str, str | None]
    services: dict[str, Service] = field(default_factory=dict)

    def write_environment(self) -> None:
        """Write what Airflow's command line needs to work on this Airflow, given connections included."""
        given = {name: value for name in map(variable_of, IDS) if (value := os.environ.get(name))}
        write_environment_file(self.paths.environment_file, {**given, **self.variables})

    def begin_migration(self) -> Service:
        """Start creating Airflow's tables; takes some seconds of CPU."""
        return self._airflow("db-migrate", "db", "migrate")

    def finish_migration(self, migration: Service) -> None:
        """Wait for the tables.

        Raises:
            ServiceUnavailable: they could not be created; with the end of the log.
        """
        if migration.process.wait(timeout=_START_SECONDS) != 0:
            tail = log_tail(migration.log_path)
            raise ServiceUnavailable(
                f"Airflow's tables cannot be created: {tail} (log: {migration.log_path})"
            )

    def start(self) -> None:
        """Start all four components."""
        for component in COMPONENTS:
            self.start_component(component)

    def start_component(self, component: str) -> None:
        """Start one component, or start it again."""
        self.services[component] = self._airflow(f"airflow-{component}", component)

    def dead_components(self) -> list[str]:
        """Return the components whose process has ended."""
        return [name for name, service in self.services.items() if service.process.poll() is not None]

    def wait_until_ready(self) -> None:
        """Return when all components are healthy and all DAG files are parsed.

        Raises:
            ServiceUnavailable: a component ended, was not healthy in time, or a DAG file has an error.
        """
        files = len(list((self.paths.checkout / "dags").rglob("*.py")))
        with AirflowApi(self.access.url, self.access.username, self.access.password) as api:
            self._wait(api.warm_up)
            self._wait(api.is_healthy)
            if files:  # one DAG each
                self._wait(lambda: bool(api.import_errors()) or len(api.dag_ids()) >= files)
            if broken := api.import_errors():
                raise ServiceUnavailable(f"Airflow cannot import {'; '.join(broken)}")

    def _wait(self, is_ready: Callable[[], bool]) -> None:
        def ready_and_alive() -> bool:
            for name in self.dead_components():
                service = self.services[name]
                raise ServiceUnavailable(f"{service.name} ended: {log_tail(service.log_path)}")
            return is_ready()

        wait_until_ready(self.services["api-server"], ready_and_alive, timeout_seconds=_START_SECONDS)

    def _airflow(self, name: str, *arguments: str) -> Service:
        command: list[str | Path] = [self.paths.airflow, *arguments]
        log_path = self.paths.parts / f"{name}.log"
        return self.lifeline.start(name, command, variables=self.variables, log_path=log_path)


def configured_airflow(
    paths: Paths, *, lifeline: Lifeline, database_url: str, connections: Mapping[str, str]
) -> AirflowProcesses:
    """Return an Airflow with fresh secrets and a free port; `connections` are AIRFLOW_CONN_* variables."""
    access = AirflowAccess(
        port=free_port(), password=secrets.token_urlsafe(12), viewer_password=secrets.token_urlsafe(12)
    )
    password_file = paths.parts / "airflow-password.json"
    write_password_file(password_file, access)
    settings = airflow_environment(
        paths,
        access,
        database_url=database_url,
        log_ports=LogPorts(worker=free_port(), trigger=free_port()),
        password_file=password_file,
    )
    return AirflowProcesses(paths, access, lifeline, {**_not_inherited(), **settings, **connections})


def sqlite_url(directory: Path) -> str:
    """Return the URL of an SQLite database for Airflow's own tables."""
    return f"sqlite:///{directory / 'airflow.db'}"


def _not_inherited() -> dict[str, str | None]:
    # Settings of another Airflow on this machine must not reach ours; without bytecode a task costs fivefold.
    foreign: dict[str, str | None] = {name: None for name in os.environ if name.startswith("AIRFLOW__")}
    return {**foreign, "PYTHONDONTWRITEBYTECODE": None}
