"""The modelled account in memory: what its users and neighbours do to it, and what is found of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState
from notes_migration.domain.verification import StoredNote
from tests.support.sequences.memory_pipeline import FILES, MemoryPipeline, MemoryResources, MemoryUndoing
from tests.support.sequences.model import Thing
from tests.support.sequences.source import COMPANY, PNG, SourceNote

CID = "acme"
CDN = "https://cdn.example"


@dataclass(frozen=True)
class Found:
    """How a run ended, as its durable record has it.

    files: linked, failed, bytes. owners: resolved, by label.
    """

    outcome: Outcome
    classes: dict[str, int]
    reasons: dict[str, int]
    files: tuple[int, int, int]
    owners: tuple[int, int]


class MemoryAccount:
    """One account with everything around it; nothing outlives it."""

    files_base = FILES

    def __init__(self, settings: dict[str, Any]) -> None:
        self.resources = MemoryResources()
        self.resources.owners.sso_ids = {"77": "sso-77"}
        self.pipeline = MemoryPipeline(self.resources, settings=settings)
        self.undoing = MemoryUndoing(self.resources)  # type: ignore[arg-type]
        self.mortality = self.resources.mortality

    def close(self) -> None:
        """Nothing to close."""

    def pass_time(self) -> None:
        self.resources.clock.pause(60)

    # ------------------------------------------------------------------ what others do
    def put_note(self, note: SourceNote) -> None:
        self.delete_note(note)
        self.resources.crm_source.organization.append(note.raw(CDN))
        if note.has_file:
            self.resources.source.files.setdefault(f"{CDN}/{note.note_id}.png", PNG)

    def delete_note(self, note: SourceNote) -> None:
        organization = self.resources.crm_source.organization
        organization[:] = [each for each in organization if each["id"] != note.note_id]

    def map_person(self, person: int) -> None:
        self.resources.contacts.contacts[str(person)] = [f"contact-{person}"]

    def know_user(self, user: int) -> None:
        self.resources.owners.sso_ids[str(user)] = f"sso-{user}"

    def switch(self, system: str, *, up: bool) -> None:
        switched = self.resources.owners if system == "identity" else self.resources.source
        switched.down = not up

    def replace_document(self, note: StoredNote) -> None:
        self.resources.notes.stored[note.note_id] = note

    def erase_document(self, note_id: str) -> None:
        del self.resources.notes.stored[note_id]

    # ------------------------------------------------------------------ what is found
    def documents(self) -> dict[str, StoredNote]:
        return dict(self.resources.notes.stored)

    def records(self) -> dict[Thing, ReasonCode]:
        found = self.resources.failures.of_account(CID)
        return {Thing(each.kind, each.note_id, each.asset): each.reason for each in found}

    def state(self) -> RunState:
        state: RunState = self.resources.accounts.state(CID)
        return state

    def certificate(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.resources.certificates.latest(CID)
        return found

    def delivered(self, run: Run) -> list[str]:
        classes = ("migrated", "already_present", "failed", "erased_in_cdp")
        found: list[str] = self.resources.batches.ids(run, classes)
        return found

    def mended(self, run_id: str) -> set[Thing]:
        return {Thing(*name.split(":")) for name in self.resources.batches.mended_by(run_id)}

    def objects(self) -> set[str]:
        return set(self.resources.buckets["attachments"].stored)

    def temporary_objects(self) -> set[str]:
        return set(self.resources.buckets["staging"].stored)

    def attachment_bytes(self) -> int:
        found: int = self.resources.batches.attachment_bytes(CID)
        return found

    def ended(self, run_id: str) -> Found | None:
        ledger: Ledger | None = self.resources.runs.ledgers.get(run_id)
        outcome = self.resources.runs.outcome(run_id)
        if ledger is None or outcome is None:
            return None
        counts = ledger.batches
        return Found(
            outcome=outcome,
            classes=ledger.classes(),
            reasons=dict(counts.failed_by_reason),
            files=(counts.attachments.linked, counts.attachments.failed, counts.attachments.bytes),
            owners=(counts.owners.resolved, counts.owners.by_label),
        )

    def object_notes(self) -> set[str]:
        """Return the ids of notes that have a file in storage."""
        return {key.split("/")[1] for key in self.objects()}

    def removed(self, run_id: str) -> int:
        run = self.resources.runs.find(run_id)
        return self.resources.batches.removed(run) if run else 0

    def counted(self, run_id: str) -> Mapping[str, Any] | None:
        """Return what a rollback has counted."""
        run = self.resources.runs.find(run_id)
        found: Mapping[str, Any] | None = run and self.resources.runs.reported(run).get("counted")
        return found

    def is_bound(self) -> bool:
        return bool(self.resources.accounts.bindings(cid=CID, company_sso_id=COMPANY))

    def is_held(self) -> bool:
        return self.resources.accounts.is_held(CID)
