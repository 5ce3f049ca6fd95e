"""The small parts: media types, cells, sharing a probe, the application that is made late."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest

from notes_migration.adapters.dependency_probes import Problem, SharedProbes
from notes_migration.adapters.memory_login_failures import MOST_KEPT, MemoryLoginFailures
from notes_migration.domain.api_principals import read_principals
from notes_migration.domain.basic_auth import Credentials
from notes_migration.domain.errors import DependencyDown, FatalError, ReasonCode, TransientError
from notes_migration.domain.login_waits import Origin, Settled
from notes_migration.domain.spreadsheet import safe_cell
from notes_migration.services.name_dependency import naming
from notes_migration_airflow.front_door import lazy_app
from notes_migration_airflow.front_door.lazy_app import LazyApp
from notes_migration_airflow.front_door.media_choice import best_media_type
from tests.fakes.clock import SteppedClock

OFFERED = ("text/csv", "application/json")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "text/csv"),
        ("", "text/csv"),
        ("*/*", "text/csv"),
        ("application/json", "application/json"),
        ("APPLICATION/JSON; charset=utf-8", "application/json"),
        ("text/*;q=0.4, application/*", "application/json"),
        ("text/csv;q=0.1, */*;q=0.2", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/csv"),
        ("*/*, text/csv;q=0", "application/json"),
        ("image/png", None),
        ("*/*;q=0", None),
        ("application/json;q=abc", None),
    ],
)
def test_given_an_accept_header_when_chosen_then_the_clients_wish_counts(
    accept: str | None, chosen: str | None
) -> None:
    assert best_media_type(accept, OFFERED) == chosen


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM", "\t=1", "\r=1", "\n=1", "＝1"])
def test_given_a_cell_that_a_spreadsheet_would_run_when_written_then_it_is_text(value: str) -> None:
    assert safe_cell(value) == "'" + value


@pytest.mark.parametrize(("value", "cell"), [(None, ""), (3, "3"), ("a=b", "a=b")])
def test_given_any_other_cell_when_written_then_it_stays(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_given_a_probe_under_way_when_asked_the_same_then_it_is_joined_and_afterwards_asked_anew() -> None:
    shared, go, asked = SharedProbes(), threading.Event(), []

    def probe() -> Problem:
        asked.append(1)
        go.wait()
        return DependencyDown("crm_api", "down")

    first, joined, other = (shared.begin(key, probe) for key in ("a", "a", "b"))
    go.set()
    problems = [future.result(5) for future in (first, joined, other)]
    shared.begin("a", probe).result(5)

    assert first is joined
    assert [problem is not None for problem in problems] == [True] * 3
    assert len(asked) == 3


def test_given_more_names_than_are_held_when_they_fail_then_the_oldest_is_forgotten() -> None:
    failures = MemoryLoginFailures(monotonic_seconds=SteppedClock().monotonic_seconds)
    first = Origin(b"first", "192.0.2.1")
    for _ in range(6):
        failures.settle(first, right=False)

    for number in range(MOST_KEPT):
        failures.settle(Origin(str(number).encode(), "192.0.2.1"), right=False)

    assert failures.settle(first, right=False) == Settled(0, 1)
    assert (len(failures._by_name), len(failures._by_address)) == (MOST_KEPT, MOST_KEPT)


@pytest.mark.parametrize(
    ("raised", "caught"),
    [
        (TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "x"), DependencyDown),
        (FatalError(ReasonCode.DEPENDENCY_UNAVAILABLE, "x"), DependencyDown),
        (FatalError(ReasonCode.CID_NOT_FOUND, "x"), FatalError),
    ],
)
def test_given_an_error_of_a_store_when_named_then_only_unavailability_gets_the_name(
    raised: Exception, caught: type[Exception]
) -> None:
    with pytest.raises(caught), naming("cdp_mongo"):
        raise raised


def test_given_parallel_first_requests_when_served_then_one_application_is_made_and_sees_whole_paths() -> (
    None
):
    made, seen = [], []

    def make() -> Callable[..., Any]:
        made.append(1)

        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.append((scope["path"], scope["root_path"]))

        return app

    lazy = LazyApp(make, prefix="/private/notes")
    scope = {"type": "http", "path": "/base/private/notes/migrate", "root_path": "/base/private/notes"}

    async def serve() -> None:
        await asyncio.gather(*(lazy(scope, None, None) for _ in range(5)))  # type: ignore[arg-type]

    asyncio.run(serve())

    assert made == [1]
    assert seen == [("/base/private/notes/migrate", "/base")] * 5


def test_given_an_application_when_it_is_made_then_collections_leave_alone_what_was_there() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None: ...

    lazy = LazyApp(lambda: app, prefix="/private/notes")
    lazy_app._set_aside_what_is_there.cache_clear()
    before = gc.get_freeze_count()
    try:
        asyncio.run(lazy({"type": "http"}, None, None))  # type: ignore[arg-type]
        after = gc.get_freeze_count()
    finally:
        gc.unfreeze()

    assert after > before


def test_given_a_connection_with_principals_when_read_then_each_is_a_credential() -> None:
    read = read_principals("ops", "1", {"principals": {"crm": "2", "ops": "3"}})

    assert read == (Credentials(b"ops", b"1"), Credentials(b"crm", b"2"), Credentials(b"ops", b"3"))


@pytest.mark.parametrize(
    ("login", "password", "principals"),
    [
        (None, None, {}),
        ("ops", None, {}),
        ("", "1", {}),
        ("ops", "1", {"crm": ""}),
        ("ops", "1", {"": "2"}),
        ("ops", "1", {"crm": 2}),
        ("ops", "1", ["crm"]),
    ],
)
def test_given_a_connection_with_an_empty_credential_when_read_then_it_is_refused_and_no_password_shown(
    login: str | None, password: str | None, principals: Any
) -> None:
    with pytest.raises(FatalError, match="notes_migration_api: needs login and password"):
        read_principals(login, password, {"principals": principals})
