"""The demo's hands: Airflow's API, the stores, and the simulators' journal."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import httpx
import redis
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from sandbox.accounts.compare import compare_account, reading_order_differences
from sandbox.accounts.model import Account
from sandbox.airflow_api import AirflowApi
from sandbox.seeding import opened_database
from sandbox.services.s3_server import Storage
from sandbox.simulators.process import Control
from sandbox.stack import Stack

DAG_ID = "crm_notes_migration"
FLAG_VARIABLE = "crm_notes_migration_enabled"


@dataclass(frozen=True, slots=True)
class Triggered:
    """A run that was asked for, and when (monotonic seconds)."""

    cid: str
    run_id: str
    at: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a rerun must not change: a hash over all documents' raw BSON, and the CDN's requests."""

    documents: int
    digest: str
    cdn_requests: int


@dataclass(slots=True)
class DemoWorld:
    """Context manager over the entered stack."""

    airflow: AirflowApi
    database: Database[dict[str, Any]]
    cache: redis.Redis
    control: Control
    storage: Storage
    file_proxy_base_url: str
    accounts: dict[str, Account]
    _closing: ExitStack = field(default_factory=ExitStack)

    @classmethod
    def of(cls, stack: Stack) -> DemoWorld:
        """Open everything that the stack's addresses name."""
        closing, at = ExitStack(), stack.addresses
        access = stack.airflow.access
        storage = Storage(
            at["s3_endpoint_url"], at["s3_access_key"], at["s3_secret_key"], at["attachments_bucket"]
        )
        return cls(
            airflow=closing.enter_context(AirflowApi(access.url, access.username, access.password)),
            database=closing.enter_context(opened_database(at["mongo_uri"])),
            cache=closing.enter_context(redis.Redis.from_url(at["redis_url"], decode_responses=True)),
            control=closing.enter_context(stack.simulators.control()),
            storage=storage,
            file_proxy_base_url=stack.file_proxy_base_url,
            accounts=stack.accounts,
            _closing=closing,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.__exit__(kind, error, trace)

    def switch_on(self, cids: Sequence[str]) -> None:
        """Set the feature flag for these accounts."""
        self.airflow.set_variable(FLAG_VARIABLE, json.dumps(dict.fromkeys(cids, True)))

    def trigger(self, cid: str, *, rerun: bool = False) -> Triggered:
        """Start a run of the account."""
        conf: dict[str, Any] = {"cid": cid, "company_sso_id": self.accounts[cid].company_sso_id}
        if rerun:
            conf["rerun"] = True
        return Triggered(cid, self.airflow.trigger(DAG_ID, conf), time.monotonic())

    def state(self, run: Triggered) -> str:
        """Return Airflow's state of the run; "unknown" while Airflow is too busy to answer."""
        try:
            return self.airflow.run_state(DAG_ID, run.run_id)
        except httpx.TransportError:
            return "unknown"

    def failed_tasks(self, run_id: str) -> list[str]:
        """Return the run's failed tasks."""
        return self.airflow.failed_tasks(DAG_ID, run_id)

    def status(self, run: Triggered) -> dict[str, Any]:
        """Return the status record in Redis, empty while it is not yet this run's."""
        text = self.cache.get(f"notes_migration:{run.cid}")
        record: dict[str, Any] = json.loads(text) if isinstance(text, str) else {}
        return record if record.get("job_id") == run.run_id else {}

    def record(self, run_id: str) -> dict[str, Any]:
        """Return the durable record of the run, empty where there is none."""
        return self.database["notes_migration_runs"].find_one({"_id": run_id}) or {}

    def differences(self, cid: str) -> list[str]:
        """Return how CDP and storage differ from what the generator expects; ids and field names only."""
        account = self.accounts[cid]
        bucket = self.storage.attachments_bucket
        found = compare_account(
            self.database, self.storage.client(), bucket, account, self.file_proxy_base_url
        )
        return found + reading_order_differences(self.database, account)

    def evidence(self, cid: str) -> Evidence:
        """Return what a rerun of the account must leave as it is."""
        options: CodecOptions[RawBSONDocument] = CodecOptions(RawBSONDocument)
        raw = self.database.with_options(codec_options=options)["contact_notes"]
        digest, documents = hashlib.sha256(), 0
        query = {"company_sso_id": self.accounts[cid].company_sso_id}
        for document in raw.find(query).sort("_id", 1):
            digest.update(document.raw)
            documents += 1
        return Evidence(documents, digest.hexdigest(), sum(self.control.counts("cdn").values()))
