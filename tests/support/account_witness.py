"""What an operator can find out of an account on a running sandbox, each read afresh."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import redis
from bson import encode
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from sandbox.accounts.compare import compare_account, migrated_documents, reading_order_differences
from sandbox.accounts.model import Account
from sandbox.accounts.seed import seed_mongo
from sandbox.stack import Stack
from tests.support.airflow_runs import AirflowRuns, connected

Document = dict[str, Any]


@dataclass(frozen=True)
class Witness:
    """Reads the stores and the endpoints of one sandbox."""

    stack: Stack
    runs: AirflowRuns
    database: Database[Document]
    s3: Any
    redis: redis.Redis
    http: httpx.Client

    @property
    def notes(self) -> Collection[Document]:
        """The CDP's notes, for whoever acts as one of its users."""
        return self.database["contact_notes"]

    def load(self, account: Account) -> None:
        """Give CRM, CDN and CDP what the account holds before a run."""
        with self.stack.simulators.control() as control:
            control.load(account)
        seed_mongo(self.database, account)

    def differences(self, account: Account) -> list[str]:
        """Return in what the CDP differs from the account's expectation, field by field."""
        bucket = self.stack.addresses["attachments_bucket"]
        base_url = self.stack.file_proxy_base_url
        return [
            *compare_account(self.database, self.s3, bucket, account, base_url),
            *reading_order_differences(self.database, account),
        ]

    def documents(self, account: Account) -> dict[str, Document]:
        """Return the migrated documents by CRM id."""
        return migrated_documents(self.database, account)

    def bytes_of(self, account: Account) -> dict[str, bytes]:
        """Return the migrated documents, `_id` and all, as BSON by CRM id."""
        return {note_id: encode(each) for note_id, each in self.documents(account).items()}

    def objects(self, account: Account) -> set[str]:
        """Return the keys of the tenant's stored files."""
        bucket, prefix = self.stack.addresses["attachments_bucket"], f"{account.company_sso_id}/"
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {each["Key"] for page in pages for each in page.get("Contents", [])}

    def linked(self, account: Account) -> set[str]:
        """Return the keys of the files that migrated documents name."""
        root = f"{self.stack.file_proxy_base_url}/"
        return {
            element["url"].removeprefix(root)
            for document in self.documents(account).values()
            for element in document["attachments"]
        }

    def status(self, cid: str) -> Document:
        """Return the status record in Redis."""
        found: Document = json.loads(self.redis.get(f"notes_migration:{cid}") or b"{}")
        return found

    def account(self, cid: str) -> Document:
        """Return the account's durable record."""
        return self.database["notes_migration_accounts"].find_one({"cid": cid}) or {}

    def record(self, run_id: str) -> Document:
        """Return the run's durable record."""
        return self.database["notes_migration_runs"].find_one({"_id": run_id}) or {}

    def batches(self, run_id: str) -> list[Document]:
        """Return what is kept of the run's batches."""
        return list(self.database["notes_migration_batches"].find({"run_id": run_id}))

    def failures(self, cid: str) -> set[tuple[str, int, str]]:
        """Return (kind, note id, reason) of what is on record as failed."""
        found = self.database["notes_migration_failures"].find({"cid": cid})
        return {(each["kind"], int(each["legacy_crm_note_id"]), each["reason_code"]) for each in found}

    def certificate(self, cid: str) -> Document:
        """Return the account's certificate from the endpoint."""
        answer = self.http.get("/private/notes/migration/certificate", params={"cid": cid})
        found: Document = answer.raise_for_status().json()
        return found


@contextmanager
def witnessing(stack: Stack) -> Iterator[Witness]:
    """Open clients of everything."""
    addresses = stack.addresses
    s3 = boto3.client(
        "s3",
        endpoint_url=addresses["s3_endpoint_url"],
        aws_access_key_id=addresses["s3_access_key"],
        aws_secret_access_key=addresses["s3_secret_key"],
        region_name="us-east-1",
    )
    login = (addresses["migration_api_username"], addresses["migration_api_password"])
    with (
        connected(addresses) as runs,
        MongoClient[Document](addresses["mongo_uri"]) as mongo,
        redis.Redis.from_url(addresses["redis_url"]) as status,
        httpx.Client(base_url=addresses["airflow_url"], auth=login, trust_env=False, timeout=60) as http,
    ):
        yield Witness(stack, runs, mongo.get_default_database(), s3, status, http)


def classes_of_run(record: Mapping[str, Any]) -> dict[str, int]:
    """Return the classes of a run that are not empty, once all its sums are found exact."""
    assert sum(record["counts"].values()) == record["source_total"]
    written = record["counts"]["migrated"]
    if record["mode"] == "migrate":
        assert record["owners"]["resolved"] + record["owners"]["by_label"] == written
    return _classes(record["counts"], record)


def classes_of_certificate(certificate: Mapping[str, Any]) -> dict[str, int]:
    """Return the classes of a certificate that are not empty, once all its sums are found exact."""
    classes, owners = certificate["classes"], certificate["owners"]
    assert sum(classes.values()) == certificate["source_total"]
    assert owners["resolved"] + owners["by_label"] == classes["migrated"] + classes["already_present"]
    return _classes(classes, certificate)


def _classes(classes: Mapping[str, int], sums: Mapping[str, Any]) -> dict[str, int]:
    files = sums["attachments"]
    assert sum(sums["failed_by_reason"].values()) == classes["failed"]
    assert files["linked"] + files["failed"] == files["total"]
    assert sum(files["failed_by_reason"].values()) == files["failed"]
    return {name: count for name, count in classes.items() if count}
