"""`make demo`: exits 0 only when all came out as the generator expects, and leaves nothing running."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.paths import this_checkout
from tests.support.checkout_mirror import mirrored_checkout

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


def demo(directory: Path, accounts: str, **variables: str) -> subprocess.CompletedProcess[str]:
    checkout = this_checkout().checkout
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "--checkout", str(directory), "demo", "--accounts", accounts],
        env={**os.environ, "PYTHONPATH": f"{checkout}/include:{checkout}", **variables},
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )


def test_given_an_account_when_shown_then_every_document_is_checked_and_the_rerun_does_nothing(
    tmp_path: Path,
) -> None:
    paths = mirrored_checkout(tmp_path)

    shown = demo(tmp_path, "qa-100")

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "qa-100: every document, file and neighbour is as the generator expects" in shown.stdout
    assert "rerun of qa-100: migrated 0, skipped 100" in shown.stdout
    assert "no attachment fetched again" in shown.stdout
    assert not paths.stack_file.exists()


def test_given_an_unknown_account_when_shown_then_the_known_ones_are_named(tmp_path: Path) -> None:
    refused = demo(tmp_path, "qa-100,nobody")

    assert refused.returncode == 2
    assert "nobody" in refused.stdout
    assert "qa-5000" in refused.stdout


def test_given_a_crm_of_ones_own_when_shown_then_it_says_what_to_do_instead(tmp_path: Path) -> None:
    refused = demo(tmp_path, "qa-100", AIRFLOW_CONN_CRM_API="http://crm.example")

    assert refused.returncode == 2
    assert "make up" in refused.stdout
