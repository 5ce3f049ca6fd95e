"""The modelled account over real MongoDB, S3 API, Redis and HTTP; its neighbours are the simulators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notes_migration.adapters.mongo_accounts import MongoAccounts
from notes_migration.adapters.mongo_batches import MongoBatches
from notes_migration.adapters.mongo_certificates import MongoCertificates
from notes_migration.adapters.mongo_failures import MongoFailures
from notes_migration.adapters.mongo_removals import MongoRemovals
from notes_migration.adapters.mongo_runs import MongoRuns
from notes_migration.adapters.mongo_stored_notes import MongoStoredNotes
from notes_migration.adapters.system_clock import SystemClock
from notes_migration.composition import Composition
from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import RollbackMode, Run
from notes_migration.domain.states import RunState
from notes_migration.domain.verification import StoredNote
from notes_migration.mode_composition import composition_for
from notes_migration.rollback_composition import RollbackComposition, rollback_composition_for
from sandbox.accounts.model import SourceFile
from sandbox.simulators.faults import Fault, Transport
from sandbox.simulators.process import Control
from tests.support.local_pipeline import LocalPipeline, LocalResources
from tests.support.local_rollback import LocalRollback
from tests.support.sequences.memory_account import CID, Found
from tests.support.sequences.model import Thing
from tests.support.sequences.mortality import Mortality
from tests.support.sequences.source import COMPANY, PNG, SourceNote
from tests.support.sequences.watched_composition import STORES, watched
from tests.support.small_account import a_contact, small_account

IDENTITIES = {77: {"sso_id": "sso-77", "name": "Sari W."}}
HIGHEST_FILE = 2000
# Refusals: what is refused is not asked again after a pause.
DOWN = {
    "identity": Fault(target="identity", kind=Transport.STATUS, status=400),
    "cdn": Fault(target="cdn", kind=Transport.STATUS, status=404),
}
DELIVERED = ("migrated", "already_present", "failed", "erased_in_cdp")


@dataclass
class MortalResources(LocalResources):
    """LocalResources whose every process has this `mortality`."""

    mortality: Mortality = field(default_factory=lambda: Mortality(stores=STORES))


class RealPipeline(LocalPipeline):
    """LocalPipeline, watched."""

    @staticmethod
    def composition_for(mode: Mode) -> type[Composition]:
        return watched(composition_for(mode))


class RealUndoing(LocalRollback):
    """LocalRollback, watched."""

    @staticmethod
    def composition_for(mode: RollbackMode) -> type[RollbackComposition]:
        return watched(rollback_composition_for(mode))


class RealAccount:
    """As MemoryAccount; `close` leaves nothing in database and buckets."""

    def __init__(
        self, settings: dict[str, Any], resources: MortalResources, control: Control, cdn: str
    ) -> None:
        self.resources, self.control, self.cdn = resources, control, cdn
        self.files_base = resources.storage.file_proxy_base_url
        self.mortality = resources.mortality
        self.pipeline, self.undoing = (
            RealPipeline(resources, settings=settings),
            RealUndoing(resources),
        )
        self.identities, self.down = dict(IDENTITIES), set[str]()
        files = [SourceFile(f"{each}.png", PNG, "image/png") for each in range(5, HIGHEST_FILE, 5)]
        control.load(small_account(CID, contacts={}, files=files))

    def close(self) -> None:
        self.control.clear_faults()
        self.control.unload(CID)
        database, storage = self.resources.database, self.resources.storage
        database.client.drop_database(database.name)
        for bucket in (storage.attachments_bucket, storage.staging_bucket):
            for key in self._keys(bucket):
                self.resources.s3_client.delete_object(Bucket=bucket, Key=key)

    def pass_time(self) -> None:
        """It passes by itself."""

    # ------------------------------------------------------------------ what others do
    def put_note(self, note: SourceNote) -> None:
        self.control.put_note(CID, note.raw(self.cdn))

    def delete_note(self, note: SourceNote) -> None:
        self.control.delete_note(CID, note.note_id)

    def map_person(self, person: int) -> None:
        contacts = self.resources.database["contacts"]
        if contacts.find_one({"crm_data.id": str(person)}) is None:
            contacts.insert_one(a_contact(COMPANY, person, f"contact-{person}"))

    def know_user(self, user: int) -> None:
        self.identities[user] = {"sso_id": f"sso-{user}", "name": "Budi"}
        self.control.set_identities(CID, self.identities)

    def switch(self, system: str, *, up: bool) -> None:
        self.down = self.down - {system} if up else self.down | {system}
        self.control.clear_faults()
        for each in sorted(self.down):
            self.control.add_fault(DOWN[each])

    def replace_document(self, note: StoredNote) -> None:
        changes = {"note": note.note, "updated_at": note.updated_at, "is_deleted": note.is_deleted}
        self._notes.update_one({"legacy_crm_note_id": note.note_id}, {"$set": changes})

    def erase_document(self, note_id: str) -> None:
        self._notes.delete_one({"legacy_crm_note_id": note_id})

    # ------------------------------------------------------------------ what is found
    def documents(self) -> dict[str, StoredNote]:
        stored = MongoStoredNotes(self._notes, company_sso_id=COMPANY)
        return stored.read([key for chunk in stored.ids() for key in chunk])

    def records(self) -> dict[Thing, ReasonCode]:
        found = MongoFailures(self._collection("failures"), now=SystemClock().now).of_account(CID)
        return {Thing(each.kind, each.note_id, each.asset): each.reason for each in found}

    def state(self) -> RunState:
        return MongoAccounts(self._collection("accounts")).state(CID)

    def certificate(self) -> dict[str, Any] | None:
        return MongoCertificates(self._collection("certificates")).latest(CID)

    def delivered(self, run: Run) -> list[str]:
        return self._ledger.ids(run, DELIVERED)

    def mended(self, run_id: str) -> set[Thing]:
        batches = self._collection("batches").find({"run_id": run_id}, {"mended": 1})
        return {Thing(*name.split(":")) for each in batches for name in each.get("mended", ())}

    def objects(self) -> set[str]:
        return self._keys(self.resources.storage.attachments_bucket)

    def object_notes(self) -> set[str]:
        return {key.split("/")[1] for key in self.objects()}

    def temporary_objects(self) -> set[str]:
        return self._keys(self.resources.storage.staging_bucket)

    def attachment_bytes(self) -> int:
        return self._ledger.attachment_bytes(CID)

    def ended(self, run_id: str) -> Found | None:
        record = self._record(run_id)
        if record is None or "counts" not in record or record["status"] == RunState.IN_PROGRESS:
            return None
        reason, files, owners = record["reason_code"], record["attachments"], record["owners"]
        return Found(
            outcome=Outcome(RunState(record["status"]), ReasonCode(reason) if reason else None),
            classes=record["counts"],
            reasons=record["failed_by_reason"],
            files=(files["linked"], files["failed"], files["bytes"]),
            owners=(owners["resolved"], owners["by_label"]),
        )

    def removed(self, run_id: str) -> int:
        run = MongoRuns(self._collection("runs"), code_version="").find(run_id)
        return MongoRemovals(self._collection("batches")).removed(run) if run else 0

    def counted(self, run_id: str) -> Mapping[str, Any] | None:
        """Return what a rollback has counted."""
        record = self._record(run_id)
        return record and record.get("report", {}).get("counted")

    def is_bound(self) -> bool:
        accounts = MongoAccounts(self._collection("accounts"))
        return bool(accounts.bindings(cid=CID, company_sso_id=COMPANY))

    def is_held(self) -> bool:
        held = {"cid": CID, "active_run": {"$type": "object"}}
        return self._collection("accounts").find_one(held) is not None

    # ------------------------------------------------------------------ parts
    @property
    def _notes(self) -> Any:
        return self.resources.database["contact_notes"]

    @property
    def _ledger(self) -> MongoBatches:
        return MongoBatches(self._collection("batches"))

    def _collection(self, part: str) -> Any:
        return self.resources.database[f"notes_migration_{part}"]

    def _record(self, run_id: str) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self._collection("runs").find_one({"_id": run_id})
        return found

    def _keys(self, bucket: str) -> set[str]:
        pages = self.resources.s3_client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {each["Key"] for page in pages for each in page.get("Contents", ())}
