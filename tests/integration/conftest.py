"""A fresh database and fresh buckets per test, over services that are started once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
import redis
from pymongo import MongoClient

from notes_migration.adapters.pagerduty import PagerDutyAccount
from notes_migration.adapters.s3_storage import CLIENT_CONFIG
from notes_migration.composition import DownloadHosts, Endpoint, StorageLocations
from sandbox.processes.lifeline import Lifeline
from sandbox.services import EmbeddedServices
from sandbox.simulators.process import Control, Simulators, start_simulators
from tests.support.local_pipeline import LocalPipeline, LocalResources

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def running_simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    """CRM, identity, CDN and alert sinks, started once per session; each test loads its accounts."""
    with Lifeline() as lifeline:
        yield start_simulators(Path(tmp_path_factory.mktemp("simulators")), lifeline=lifeline)


@pytest.fixture
def world(running_simulators: Simulators) -> Iterator[Control]:
    """The simulators' control, without faults and with an empty journal."""
    with running_simulators.control() as control:
        control.clear_faults()
        control.clear_journal()
        yield control
        control.clear_faults()


@pytest.fixture(scope="session")
def s3_client(embedded_services: EmbeddedServices) -> Any:
    storage = embedded_services.storage
    assert storage is not None
    return boto3.client(
        "s3",
        endpoint_url=storage.endpoint_url,
        aws_access_key_id=storage.access_key,
        aws_secret_access_key=storage.secret_key,
        region_name="us-east-1",
        config=CLIENT_CONFIG,
    )


@pytest.fixture
def resources(
    embedded_services: EmbeddedServices, running_simulators: Simulators, s3_client: Any
) -> Iterator[LocalResources]:
    number = next(_numbers)
    attachments, staging = f"attachments-{number}", f"staging-{number}"
    for bucket in (attachments, staging):
        s3_client.create_bucket(Bucket=bucket)
    cdn, addresses = urlsplit(running_simulators.addresses.cdn), running_simulators.addresses
    with (
        MongoClient[dict[str, Any]](embedded_services.mongo_uri, serverSelectionTimeoutMS=5000) as mongo,
        redis.Redis.from_url(embedded_services.redis_url) as redis_client,
    ):
        redis_client.flushdb()
        yield LocalResources(
            crm=Endpoint(addresses.crm, running_simulators.tokens.crm),
            identity=Endpoint(addresses.identity, running_simulators.tokens.identity),
            download_hosts=DownloadHosts((str(cdn.hostname),), (f"{cdn.hostname}:{cdn.port}",)),
            storage=StorageLocations(attachments, staging, "https://files.cdp.example"),
            database=mongo[f"cdp_{number}"],
            s3_client=s3_client,
            redis_client=redis_client,
            pagerduty=PagerDutyAccount(addresses.alerts, running_simulators.tokens.pagerduty_routing_key),
            slack_webhook_url=f"{addresses.alerts}{running_simulators.tokens.slack_path}",
        )
        mongo.drop_database(f"cdp_{number}")


@pytest.fixture
def pipeline(resources: LocalResources) -> LocalPipeline:
    return LocalPipeline(resources)
