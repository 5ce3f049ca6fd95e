"""`make up` and `make down`: one sandbox per checkout, which ends for good however its supervisor ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from pymongo import MongoClient

from sandbox.airflow_api import AirflowApi
from sandbox.paths import Paths, this_checkout
from sandbox.processes.reaper import processes_of
from sandbox.state import SandboxState
from sandbox.supervisor import is_running
from tests.support.checkout_mirror import mirrored_checkout

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

STACK_KEYS = {
    "airflow_url",
    "airflow_username",
    "airflow_password",
    "migration_api_username",
    "migration_api_password",
    "mongo_uri",
    "redis_url",
    "s3_endpoint_url",
    "s3_access_key",
    "s3_secret_key",
    "attachments_bucket",
    "crm_url",
    "identity_url",
    "cdn_url",
    "alerts_url",
}


def sandbox(paths: Paths, command: str) -> subprocess.CompletedProcess[str]:
    checkout = this_checkout().checkout
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "--checkout", str(paths.checkout), command],
        env={**os.environ, "PYTHONPATH": f"{checkout}/include:{checkout}"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paths]:
    """A sandbox without DAGs, brought up once for this module's tests, which run in their order."""
    paths = mirrored_checkout(tmp_path_factory.mktemp("checkout"), with_dags=False)
    began = sandbox(paths, "up")
    assert began.returncode == 0, began.stdout + began.stderr
    yield paths
    sandbox(paths, "down")


def state_of(paths: Paths) -> SandboxState:
    state = SandboxState.read(paths.state_file)
    assert state is not None
    return state


def test_given_a_sandbox_that_is_up_when_its_stack_file_is_read_then_every_part_answers(paths: Paths) -> None:
    stack = json.loads(paths.stack_file.read_text())

    assert stack.keys() == STACK_KEYS
    assert paths.stack_file.stat().st_mode & 0o077 == 0
    with AirflowApi(stack["airflow_url"], stack["airflow_username"], stack["airflow_password"]) as airflow:
        assert airflow.is_healthy()
        assert airflow.import_errors() == []
    with redis.Redis.from_url(stack["redis_url"]) as cache:
        assert cache.ping()
    with MongoClient[dict[str, object]](stack["mongo_uri"]) as mongo:
        assert (
            mongo.get_default_database()["contacts"].count_documents({"company_sso_id": "qa-100-company"}) > 0
        )


def test_given_a_sandbox_that_is_up_when_started_again_then_it_says_so_and_changes_nothing(
    paths: Paths,
) -> None:
    before = paths.stack_file.read_text()

    again = sandbox(paths, "up")

    assert again.returncode == 0
    assert "already running" in again.stdout
    assert paths.stack_file.read_text() == before


def test_given_a_sandbox_that_is_up_when_the_demo_is_started_then_it_is_refused(paths: Paths) -> None:
    refused = sandbox(paths, "demo")

    assert refused.returncode == 1
    assert "make down" in refused.stdout
    assert is_running(paths)


def test_given_a_killed_scheduler_when_waited_then_the_supervisor_starts_another(paths: Paths) -> None:
    before = schedulers_of(paths)

    os.killpg(before[0], signal.SIGKILL)

    wait_until(lambda: schedulers_of(paths) and not set(schedulers_of(paths)) & set(before))
    log = paths.parts / "supervisor.log"
    wait_until(lambda: "scheduler ended; starting it again" in log.read_text())


def test_given_a_killed_supervisor_when_waited_then_no_process_of_the_sandbox_lives(paths: Paths) -> None:
    state = state_of(paths)
    children_list = Path(state.children_list)
    kept = children_list.with_suffix(".kept")
    kept.write_text(children_list.read_text())  # the reaper removes the list when it is done
    assert len(processes_of(state.sandbox_id, kept)) > 8

    os.kill(state.supervisor_pid, signal.SIGKILL)

    wait_until(lambda: processes_of(state.sandbox_id, kept) == [])
    assert not is_running(paths)


def test_given_a_dead_sandbox_when_stopped_twice_then_both_succeed_and_nothing_is_noted(paths: Paths) -> None:
    stopped = [sandbox(paths, "down") for _ in range(2)]

    assert [one.returncode for one in stopped] == [0, 0]
    assert not paths.stack_file.exists()
    assert not paths.state_file.exists()


def schedulers_of(paths: Paths) -> list[int]:
    state = state_of(paths)
    living = processes_of(state.sandbox_id, Path(state.children_list))
    return [pid for pid in living if b"airflow\0scheduler" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def wait_until(condition: Callable[[], object], *, within_seconds: float = 60) -> None:
    deadline = time.monotonic() + within_seconds
    while not condition():
        assert time.monotonic() < deadline, "not within a minute"
        time.sleep(0.1)
