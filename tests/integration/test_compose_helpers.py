"""The one-shot services of docker-compose.yaml do their work, and doing it again changes nothing."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from compose.create_buckets import STAGING_DAYS, create_buckets
from sandbox import load
from sandbox.accounts.registry import NAMES
from sandbox.services import EmbeddedServices
from sandbox.simulators.process import Simulators
from tests.support.local_pipeline import LocalResources

pytestmark = pytest.mark.integration


def test_given_an_empty_storage_when_buckets_are_made_twice_then_both_exist_and_staging_expires(
    s3_client: Any,
) -> None:
    for _ in range(2):
        create_buckets(s3_client, attachments="made-attachments", staging="made-staging")

    names = {bucket["Name"] for bucket in s3_client.list_buckets()["Buckets"]}
    (rule,) = s3_client.get_bucket_lifecycle_configuration(Bucket="made-staging")["Rules"]
    assert {"made-attachments", "made-staging"} <= names
    assert (rule["Filter"], rule["Expiration"]["Days"]) == ({"Prefix": "runs/"}, STAGING_DAYS)


def test_given_remote_parts_when_accounts_are_loaded_twice_then_each_is_there_once(
    resources: LocalResources,
    embedded_services: EmbeddedServices,
    running_simulators: Simulators,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mongo = urlsplit(embedded_services.mongo_uri)
    connection = {
        "conn_type": "mongo",
        "host": mongo.hostname,
        "port": mongo.port,
        "schema": resources.database.name,
    }
    monkeypatch.setenv("SIMULATORS_CONTROL_URL", running_simulators.addresses.control)
    monkeypatch.setenv("SIMULATORS_CDN_URL", running_simulators.addresses.cdn)
    monkeypatch.setenv("AIRFLOW_CONN_CDP_MONGO", json.dumps(connection))

    load.main()
    first = resources.database["contacts"].count_documents({})
    load.main()

    assert first > 0
    assert resources.database["contacts"].count_documents({}) == first
    companies = resources.database["contacts"].distinct("company_sso_id")
    assert {f"{cid}-company" for cid in NAMES} <= set(companies)
    assert (
        "uq_contact_notes_company_legacy_crm_note_id"
        in resources.database["contact_notes"].index_information()
    )
