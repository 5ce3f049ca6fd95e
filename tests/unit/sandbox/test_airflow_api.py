"""The sandbox's client of Airflow's REST API."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from sandbox.airflow_api import AirflowApi

HEALTHY = {
    name: {"status": "healthy"} for name in ("metadatabase", "scheduler", "triggerer", "dag_processor")
}

Answer = Callable[[httpx.Request], httpx.Response]


def an_api(answer: Answer) -> AirflowApi:
    def route(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/auth/token":
            return httpx.Response(201, json={"access_token": "token"})
        return answer(request)

    return AirflowApi("http://airflow", "admin", "pw", transport=httpx.MockTransport(route))


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (HEALTHY, True),
        (HEALTHY | {"scheduler": {"status": "unhealthy"}}, False),
        (HEALTHY | {"triggerer": {"status": None}}, False),
        (HEALTHY | {"dag_processor": None}, False),
        ({}, False),
    ],
)
def test_given_components_when_asked_then_all_must_be_healthy(
    body: dict[str, object], expected: bool
) -> None:
    assert an_api(lambda _: httpx.Response(200, json=body)).is_healthy() is expected


def test_given_nothing_listens_when_asked_then_it_is_neither_healthy_nor_warm() -> None:
    assert an_api(refused).is_healthy() is False
    assert an_api(refused).warm_up() is False


@pytest.mark.parametrize(("exists", "methods"), [(True, ["PATCH"]), (False, ["PATCH", "POST"])])
def test_given_a_variable_when_set_then_it_is_replaced_or_created(exists: bool, methods: list[str]) -> None:
    asked: list[tuple[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer token"
        asked.append((request.method, json.loads(request.content)["value"]))
        return httpx.Response(404 if request.method == "PATCH" and not exists else 200, json={})

    an_api(answer).set_variable("flag", "{}")

    assert asked == [(method, "{}") for method in methods]


def test_given_a_conf_when_triggered_then_it_is_sent_and_the_run_id_returned() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/v2/dags/dag/dagRuns"
        assert json.loads(request.content)["conf"] == {"cid": "qa"}
        return httpx.Response(200, json={"dag_run_id": "qa__1"})

    assert an_api(answer).trigger("dag", {"cid": "qa"}) == "qa__1"


def test_given_a_refused_trigger_when_asked_then_it_is_an_error() -> None:
    with pytest.raises(httpx.HTTPStatusError):
        an_api(lambda _: httpx.Response(400, json={})).trigger("dag", {})


def test_given_a_broken_dag_file_when_asked_then_file_and_error_are_named() -> None:
    error = {"filename": "x.py", "stack_trace": "Traceback\n  File\nImportError: no module y\n"}

    found = an_api(lambda _: httpx.Response(200, json={"import_errors": [error]})).import_errors()

    assert found == ["x.py: ImportError: no module y"]
