"""Airflow's own command line works on the running sandbox as the README says."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.stack import Stack
from tests.support.airflow_runs import DAG_ID, AirflowRuns, connected

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture
def runs(stack: Stack) -> Iterator[AirflowRuns]:
    with connected(stack.addresses) as runs:
        yield runs


def test_given_the_readmes_command_when_run_in_a_bare_shell_then_the_running_airflow_starts_that_run(
    stack: Stack, runs: AirflowRuns
) -> None:
    (command,) = re.findall(r"^set -a; .*$", README.read_text(), re.MULTILINE)
    runs.switch_flag()  # guard is to refuse it: the account is for others
    before = {run.dag_run_id for run in runs.runs.get_dag_runs(DAG_ID).dag_runs}

    done = subprocess.run(
        ["sh", "-ec", command],
        cwd=stack.paths.checkout,
        env={"PATH": "/usr/bin:/bin"},
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    (started,) = [run for run in runs.runs.get_dag_runs(DAG_ID).dag_runs if run.dag_run_id not in before]
    assert started.conf == {"cid": "qa-100", "company_sso_id": "qa-100-company"}
    assert runs.wait(started.dag_run_id) == "failed"
