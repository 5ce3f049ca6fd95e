"""The OpenAPI document is of the application, and the application keeps to it whatever is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import ignored_auth
from starlette.types import ASGIApp

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.states import RunState
from notes_migration_airflow.front_door.asgi_app import make_asgi_app
from notes_migration_airflow.front_door.openapi_document import render
from tests.fakes.front_door import InMemoryDirectory, InMemoryDoor, InMemoryLauncher, basic
from tests.support.builders import a_run

DOCUMENT = Path(__file__).resolve().parents[3] / "contracts/openapi.yaml"


class _AnyAccount(InMemoryDirectory):
    def find(self, cid: str) -> AccountRecord:
        return AccountRecord(cid, f"{cid}-company", RunState.HALTED, last_run_id="acme__1")


class _NeverBusy(InMemoryLauncher):
    def is_busy(self, cid: str) -> bool:
        self.busy.clear()
        return False


def the_app() -> ASGIApp:
    door = InMemoryDoor(directory=_AnyAccount(), launcher=_NeverBusy())
    door.runs.start(a_run())
    return make_asgi_app(door)


schema = schemathesis.openapi.from_dict(yaml.safe_load(DOCUMENT.read_text()))
schema.app = the_app()


def test_given_the_application_when_described_then_the_kept_document_says_the_same() -> None:
    assert DOCUMENT.read_text() == render(), "run: make openapi"


@pytest.mark.filterwarnings("ignore")  # of the tool's own libraries
@schema.parametrize()
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_given_generated_requests_when_sent_then_every_answer_is_as_the_document_says(case: Any) -> None:
    # Its wrong logins are all of one name: 429 after the fifth. The login has tests of its own.
    case.call_and_validate(headers={"Authorization": basic()}, excluded_checks=[ignored_auth])
