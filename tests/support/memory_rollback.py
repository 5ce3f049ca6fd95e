"""The services of a rollback over in-memory adapters, beside a world in which `acme` is migrated."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import Any

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.rollback import parse_rollback_conf
from notes_migration.domain.run import Run
from notes_migration.ports.object_storage import NewObject
from notes_migration.services.count_rollback import CountRollback
from notes_migration.services.end_rollback import EndRollback
from notes_migration.services.guard_rollback import GuardRollback, RollbackRequest
from notes_migration.services.remove_notes import RemoveNotes
from notes_migration.services.sort_notes import SortNotes
from notes_migration.services.verify_rollback import VerifyRollback
from tests.fakes.certificates import InMemoryCertificates
from tests.fakes.documents import InMemoryDocuments
from tests.fakes.front_door import InMemoryDirectory
from tests.support.builders import a_crm_note
from tests.support.memory_world import MemoryWorld


class MemoryRollback:
    """Notes 1 to `count` of `acme` are migrated; a test may replace any part, and step by step roll back."""

    def __init__(self, count: int = 3) -> None:
        self.world = MemoryWorld(notes=InMemoryDocuments())
        self.world.crm.organization = [a_crm_note(each) for each in range(1, count + 1)]
        self.world.run()
        self.directory = InMemoryDirectory()
        self.certificates = InMemoryCertificates()
        self.notes: Any = self.world.notes
        self.objects: Any = self.world.objects
        self.ledger: Any = self.world.ledger

    def put(self, key: str, body: bytes = b"x") -> None:
        new = NewObject(key, len(body), sha256(body).hexdigest(), "image/png")
        self.objects.put(new, io.BytesIO(body))

    def guard(self, run_id: str = "back", **conf: Any) -> Run:
        state = self.world.accounts.state("acme")
        self.directory.records["acme"] = AccountRecord("acme", "acme-company", state)
        service = GuardRollback(self.directory, self.world.accounts, self.world.runs, self.world.clock)
        parsed = parse_rollback_conf({"cid": "acme", "company_sso_id": "acme-company", **conf})
        return service.start(RollbackRequest(run_id, parsed, "tests"))

    @property
    def sorting(self) -> SortNotes:
        return SortNotes(self.ledger, self.notes)

    @property
    def counter(self) -> CountRollback:
        return CountRollback(self.sorting, self.objects, self.world.runs)

    @property
    def remover(self) -> RemoveNotes:
        return RemoveNotes(
            accounts=self.world.accounts,
            hold=self.world.accounts,
            runs=self.world.runs,
            intended=self.ledger,
            ledger=self.ledger,
            notes=self.notes,
            listing=self.objects,
            sweeper=self.objects,
            certificates=self.certificates,
            progress=self.world.progress,
        )

    @property
    def verifier(self) -> VerifyRollback:
        return VerifyRollback(self.sorting, self.ledger, self.objects, self.world.runs)

    @property
    def ender(self) -> EndRollback:
        return EndRollback(
            accounts=self.world.accounts,
            runs=self.world.runs,
            ledger=self.ledger,
            notes=self.notes,
            failures=self.world.failures,
            alerts=self.world.alerts,
            progress=self.world.progress,
            clock=self.world.clock,
        )

    def approved(self, run_id: str = "back") -> Run:
        """Return a rollback that is guarded and approved."""
        run = self.guard(run_id, dry_run=False)
        self.ender.approve(run, by="approver")
        return run
