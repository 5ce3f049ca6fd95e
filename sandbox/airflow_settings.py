"""Airflow's configuration for the sandbox, as environment variables; the reasons are in docs/decisions/."""

from __future__ import annotations

import base64
import json
import secrets
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.paths import Paths

USERNAME = "admin"
VIEWER = "viewer"
_SIMPLE_AUTH = "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"


@dataclass(frozen=True, slots=True)
class AirflowAccess:
    """Where the API server listens, its administrator, and one who may only look."""

    port: int
    password: str
    viewer_password: str
    username: str = USERNAME

    @property
    def url(self) -> str:
        """Root URL, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class LogPorts:
    """Ports on which Airflow serves logs of workers and triggers; fixed ones would collide."""

    worker: int
    trigger: int


def write_password_file(path: Path, access: AirflowAccess) -> None:
    """Write the file from which Airflow's SimpleAuthManager takes the passwords, readable by us alone."""
    path.touch(mode=0o600)
    path.write_text(json.dumps({access.username: access.password, VIEWER: access.viewer_password}))


def write_environment_file(path: Path, variables: Mapping[str, str | None]) -> None:
    """Write a file that a shell can read with `.`: our variables; None unsets one. Readable by us alone."""
    path.touch(mode=0o600)
    lines = [
        f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}"
        for name, value in variables.items()
        if name.isidentifier()  # nothing else is a name to a shell
    ]
    path.write_text("\n".join(lines) + "\n")


def airflow_environment(
    paths: Paths, access: AirflowAccess, *, database_url: str, log_ports: LogPorts, password_file: Path
) -> dict[str, str]:
    """Return all variables that Airflow's processes need beside the connections."""
    return {
        "AIRFLOW_HOME": str(paths.airflow_home),
        "PYTHONPATH": paths.python_path,
        **_core(paths, access, password_file),
        **_database(database_url),
        **_scheduling(),
        **_web(access),
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(log_ports.worker),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(log_ports.trigger),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def _core(paths: Paths, access: AirflowAccess, password_file: Path) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__DAGS_FOLDER": str(paths.checkout / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(paths.checkout / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__AUTH_MANAGER": _SIMPLE_AUTH,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{access.username}:admin,{VIEWER}:viewer",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(password_file),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{access.url}/execution/",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "socket.gethostname",  # the default asks the resolver
        "AIRFLOW__CORE__FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }


def _database(url: str) -> dict[str, str]:
    # Triggering a run from the API server needs a second connection: see docs/decisions/.
    return {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url,
        "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": "50",
    }


def _scheduling() -> dict[str, str]:
    """Recover from killed processes within a minute, and do not sleep between the steps of a run."""
    return {
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "45",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "20",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "10",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    }


def _web(access: AirflowAccess) -> dict[str, str]:
    return {
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(access.port),
        "AIRFLOW__API__BASE_URL": access.url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(64),
    }
