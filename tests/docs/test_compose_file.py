"""docker-compose.yaml is valid, pinned, closed to the outside, and sets what the code reads."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema

from sandbox.connections import IDS, variable_of

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = COMPOSE["services"]
AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer", "worker", "init")
_REFERENCE = re.compile(r"(?<!\$)\$\{(?P<name>[A-Z_]+)(?::(?P<kind>[?-])(?P<text>[^}]*))?\}")


def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def filled(text: str) -> str:
    """The text as Compose reads it, with .env.example whose secrets are filled in."""
    values = {name: value or "secret" for name, value in example().items()}
    return _REFERENCE.sub(lambda match: values[match["name"]], text)


def connections_of(service: str) -> dict[str, Any]:
    environment = SERVICES[service]["environment"]
    return {
        name: json.loads(filled(value))
        for name, value in environment.items()
        if name.startswith("AIRFLOW_CONN_")
    }


def test_given_the_file_when_compared_with_the_compose_specification_then_it_is_valid() -> None:
    jsonschema.Draft202012Validator(get_builtin_schema("vendor.compose-spec")).validate(COMPOSE)


def test_given_a_misspelt_key_when_compared_with_the_specification_then_it_is_found() -> None:
    broken = {**COMPOSE, "services": {**SERVICES, "redis": {**SERVICES["redis"], "healthchek": {}}}}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(get_builtin_schema("vendor.compose-spec")).validate(broken)


@pytest.mark.parametrize("service", SERVICES)
def test_given_a_service_when_its_image_is_read_then_its_version_is_pinned(service: str) -> None:
    tag = SERVICES[service]["image"].partition(":")[2]

    assert re.search(r"\d+\.\d+", tag)


def test_given_the_dockerfile_when_its_base_is_read_then_it_is_the_airflow_that_is_required() -> None:
    (base,) = re.findall(r"^FROM (\S+) AS runtime$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    (version,) = re.findall(r"^apache-airflow==(\S+)$", (ROOT / "requirements.in").read_text(), re.MULTILINE)

    assert base == f"apache/airflow:{version}-python3.11"


@pytest.mark.parametrize("service", SERVICES)
def test_given_a_service_when_it_publishes_ports_then_on_loopback_only(service: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[service].get("ports", []))


@pytest.mark.parametrize("service", SERVICES)
def test_given_a_service_that_stays_up_when_it_is_read_then_it_has_a_health_check(service: str) -> None:
    stays = SERVICES[service]["restart"] != "no"

    assert stays == ("healthcheck" in SERVICES[service])


@pytest.mark.parametrize("service", SERVICES)
def test_given_a_service_when_it_waits_for_others_then_they_exist(service: str) -> None:
    assert set(SERVICES[service].get("depends_on", {})) <= set(SERVICES)


@pytest.mark.parametrize("service", AIRFLOW)
def test_given_a_service_of_airflow_when_its_environment_is_read_then_all_connections_are_set(
    service: str,
) -> None:
    assert set(connections_of(service)) == {variable_of(conn_id) for conn_id in IDS}


def test_given_the_glue_when_it_names_a_connection_then_compose_sets_it() -> None:
    code = "".join(path.read_text() for path in (ROOT / "plugins").rglob("*.py"))
    named = set(re.findall(r'(?:_endpoint|connection|_conn_id=)\(?"([a-z_]+)"', code))

    assert {"crm_api", "cdp_mongo"} <= named <= set(IDS)


def test_given_compose_when_it_refers_to_a_variable_then_the_example_defines_it() -> None:
    referred = {match["name"] for match in _REFERENCE.finditer(TEXT)}

    assert referred == set(example())


def test_given_a_secret_when_it_is_missing_then_compose_refuses_and_says_what_to_do() -> None:
    secrets = {name for name, value in example().items() if not value}
    kinds = {
        (match["name"], match["kind"]) for match in _REFERENCE.finditer(TEXT) if match["name"] in secrets
    }

    assert secrets
    assert kinds == {(name, "?") for name in secrets}


def test_given_the_rfcs_variables_when_the_example_is_read_then_each_is_there() -> None:
    rfc = {
        "CRM_API_ROOT_URL",
        "CRM_API_AUTH",
        "BASIC_AUTH_USERNAME",
        "BASIC_AUTH_PASSWORD",
        "CRM_NOTES_EXTRACT_TIMEOUT",
    }

    assert rfc <= set(example())


def test_given_the_simulators_when_their_settings_are_read_then_they_are_where_the_connections_point() -> (
    None
):
    settings = json.loads(filled(SERVICES["simulators"]["environment"]["NOTES_SIMULATORS"]))
    at = {name: f"http://simulators:{port}" for name, port in settings["ports"].items()}
    used = connections_of("worker")

    assert used["AIRFLOW_CONN_CRM_API"]["host"] == at["crm"]
    assert used["AIRFLOW_CONN_IDENTITY_API"]["host"] == at["identity"]
    assert used["AIRFLOW_CONN_PAGERDUTY"]["host"] == at["alerts"]
    assert used["AIRFLOW_CONN_SLACK_CDP_OPS"]["host"] == at["alerts"] + settings["slack_path"]
    assert used["AIRFLOW_CONN_CRM_API"]["extra"] == {
        "attachment_hosts": ["simulators"],
        "attachment_private_hosts": [at["cdn"].removeprefix("http://")],
    }


def test_given_the_sandboxs_airflow_when_compared_with_compose_then_recovery_is_set_alike() -> None:
    from sandbox.airflow_settings import _scheduling

    ours = {name: value for name, value in _scheduling().items() if name.startswith("AIRFLOW__SCHEDULER__")}

    assert ours.items() <= SERVICES["scheduler"]["environment"].items()


def test_given_no_env_file_when_it_is_made_then_every_secret_is_random_and_only_the_owner_reads_it(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env.example").write_text((ROOT / ".env.example").read_text())
    command = ["sh", str(ROOT / "compose/make_env.sh"), str(tmp_path)]

    subprocess.run(command, check=True, capture_output=True)
    made = dict(
        line.split("=", 1)
        for line in (tmp_path / ".env").read_text().splitlines()
        if line and not line.startswith("#")
    )
    secrets = [made[name] for name, value in example().items() if not value]

    assert made.keys() == example().keys()
    assert len(set(secrets)) == len(secrets)
    assert min(map(len, secrets)) >= 44
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    assert subprocess.run(command, check=False, capture_output=True).returncode == 1


def test_given_the_image_when_the_build_context_is_read_then_secrets_and_state_are_left_out() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?:--\S+ )*(\S+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert kept == set(copied)
    assert not any(name.startswith(".") for name in kept)
