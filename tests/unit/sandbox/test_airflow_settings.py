"""Airflow in the sandbox is configured as the design asks, and its secrets are its own."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from sandbox.airflow_process import configured_airflow
from sandbox.airflow_settings import (
    AirflowAccess,
    LogPorts,
    airflow_environment,
    write_environment_file,
    write_password_file,
)
from sandbox.paths import Paths
from sandbox.processes.lifeline import Lifeline

CHECKOUT = Paths(Path("/checkout"))
ACCESS = AirflowAccess(port=8123, password="pw", viewer_password="look")


def settings() -> dict[str, str]:
    return airflow_environment(
        CHECKOUT,
        ACCESS,
        database_url="postgresql://x",
        log_ports=LogPorts(1, 2),
        password_file=Path("/checkout/pw.json"),
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AIRFLOW_HOME", "/checkout/.airflow"),
        ("PYTHONPATH", "/checkout/include:/checkout/config:/checkout/plugins:/checkout"),
        ("AIRFLOW__CORE__EXECUTOR", "LocalExecutor"),
        ("AIRFLOW__CORE__PARALLELISM", "8"),
        ("AIRFLOW__CORE__LOAD_EXAMPLES", "False"),
        ("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "admin:admin,viewer:viewer"),
        ("AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION", "False"),
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE", "50"),
        ("AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT", "45"),
        ("AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL", "5"),
        ("AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL", "20"),
        ("AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME", "0.2"),
        ("AIRFLOW__API__HOST", "127.0.0.1"),
        ("AIRFLOW__USAGE_DATA_COLLECTION__ENABLED", "False"),
    ],
)
def test_given_the_sandbox_when_configured_then_airflow_gets_the_designs_settings(
    name: str, value: str
) -> None:
    assert settings()[name] == value


def test_given_two_sandboxes_when_configured_then_no_secret_is_shared() -> None:
    one, other = settings(), settings()

    for name in ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API__SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET"):
        assert one[name] != other[name]


def test_given_passwords_when_written_then_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "password.json"

    write_password_file(path, ACCESS)

    assert json.loads(path.read_text()) == {"admin": "pw", "viewer": "look"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_given_another_airflows_settings_in_the_environment_when_configured_then_ours_do_not_inherit_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__SQL_ALCHEMY_CONN", "foreign")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    paths = Paths(tmp_path)
    paths.parts.mkdir(parents=True)

    airflow = configured_airflow(
        paths, lifeline=Lifeline(tmp_path), database_url="sqlite://", connections={"AIRFLOW_CONN_X": "y"}
    )

    assert airflow.variables["AIRFLOW__CORE__SQL_ALCHEMY_CONN"] is None
    assert airflow.variables["PYTHONDONTWRITEBYTECODE"] is None
    assert airflow.variables["AIRFLOW_CONN_X"] == "y"


def sourced(path: Path, name: str, **before: str) -> str:
    """What a shell has under the name once it has read the file as the README says."""
    script = f'set -a; . {shlex.quote(str(path))}; env -0 | grep -z "^{name}=" || true'
    environment = {"PATH": "/usr/bin:/bin", **before}
    done = subprocess.run(["sh", "-ec", script], check=False, env=environment, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode().rstrip("\0")


@pytest.mark.parametrize(
    "value",
    [
        "plain",
        "",
        '{"host": "http://h", "extra": {"a": ["b c"]}}',
        'it\'s $HOME `id` \\ "x" #;&',
        "two\nlines",
    ],
)
def test_given_airflows_environment_when_written_then_a_shell_reads_each_value_as_it_is(
    value: str, tmp_path: Path
) -> None:
    path = tmp_path / "airflow.env"

    write_environment_file(path, {"AIRFLOW_CONN_X": value})

    assert sourced(path, "AIRFLOW_CONN_X") == f"AIRFLOW_CONN_X={value}"
    assert path.stat().st_mode & 0o777 == 0o600


def test_given_a_variable_that_must_not_be_inherited_when_the_file_is_read_then_it_is_gone(
    tmp_path: Path,
) -> None:
    path = tmp_path / "airflow.env"

    write_environment_file(
        path, {"AIRFLOW__CORE__SQL_ALCHEMY_CONN": None, "AIRFLOW__BAD-NAME": None, "X": "1"}
    )

    assert sourced(path, "AIRFLOW__CORE__SQL_ALCHEMY_CONN", AIRFLOW__CORE__SQL_ALCHEMY_CONN="foreign") == ""
    assert sourced(path, "X") == "X=1"


def test_given_connections_of_ones_own_when_the_command_line_is_configured_then_it_has_these_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_CRM_API", "https://crm.example")
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", "x")
    paths = Paths(tmp_path)
    paths.parts.mkdir(parents=True)
    airflow = configured_airflow(
        paths,
        lifeline=Lifeline(tmp_path),
        database_url="sqlite://",
        connections={"AIRFLOW_CONN_CDP_MONGO": "y"},
    )

    airflow.write_environment()

    for name, value in (
        ("AIRFLOW_HOME", str(paths.airflow_home)),
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "sqlite://"),
        ("AIRFLOW__CORE__PLUGINS_FOLDER", str(tmp_path / "plugins")),
        ("PYTHONPATH", paths.python_path),
        ("AIRFLOW_CONN_CRM_API", "https://crm.example"),
        ("AIRFLOW_CONN_CDP_MONGO", "y"),
    ):
        assert sourced(paths.environment_file, name) == f"{name}={value}"
    assert "AIRFLOW__CORE__FERNET_KEY=" in sourced(paths.environment_file, "AIRFLOW__CORE__FERNET_KEY")
