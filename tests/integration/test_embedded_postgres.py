"""The embedded PostgreSQL for Airflow's own tables: runs as root and as anybody, or says why not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import sqlalchemy

from sandbox.processes.lifeline import Lifeline
from sandbox.processes.service import ServiceUnavailable
from sandbox.services import postgres
from sandbox.services.postgres import start_postgres

pytestmark = pytest.mark.integration

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


def version_of(url: str) -> str:
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        return str(connection.execute(sqlalchemy.text("select version()")).scalar_one())


def test_given_this_user_when_started_then_it_answers_and_ends_with_the_context(tmp_path: Path) -> None:
    with Lifeline(tmp_path) as lifeline:
        service, url = start_postgres(tmp_path / "stack", lifeline=lifeline)

        assert version_of(url).startswith("PostgreSQL 18")

    assert service.process.returncode is not None
    assert lifeline.survivors() == []


def test_given_a_wrong_password_when_connecting_then_it_is_refused(tmp_path: Path) -> None:
    with Lifeline(tmp_path) as lifeline:
        _, url = start_postgres(tmp_path / "stack", lifeline=lifeline)

        with pytest.raises(sqlalchemy.exc.OperationalError, match="password authentication failed"):
            version_of(url.replace(":", ":x", 2).replace(":x//", "://", 1))


@as_root
def test_given_root_and_a_private_checkout_when_started_then_a_copy_runs_as_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "_everybody_reaches", lambda _: False)

    with Lifeline(tmp_path) as lifeline:
        service, url = start_postgres(tmp_path / "stack", lifeline=lifeline)
        owner = Path(f"/proc/{service.process.pid}").stat().st_uid
        home = Path(f"/proc/{service.process.pid}/exe").readlink().parents[3]

        assert version_of(url).startswith("PostgreSQL 18")
        assert owner not in (0, os.geteuid())

    assert home.name.startswith("notes-sandbox-postgres-")
    assert not home.exists()


def test_given_no_wheel_when_started_then_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "program_of", lambda *_: None)

    with Lifeline(tmp_path) as lifeline, pytest.raises(ServiceUnavailable, match="no bundled PostgreSQL"):
        start_postgres(tmp_path / "stack", lifeline=lifeline)
