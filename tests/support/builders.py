"""Values for tests: valid as they come, each changed by name where a test cares."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from notes_migration.domain.attachments import StoredAttachment
from notes_migration.domain.conf import Mode
from notes_migration.domain.documents import CdpNote
from notes_migration.domain.ledger import AttachmentCounts, BatchCounts, Ledger
from notes_migration.domain.owners import Owner
from notes_migration.domain.run import Run
from notes_migration.domain.settings import parse_settings

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)


def a_run(**changes: Any) -> Run:
    """Return an attempt of `acme__1`; `settings` may be the Variable's JSON object."""
    settings = changes.pop("settings", None)
    run = Run(
        run_id="acme__1",
        attempt=1,
        cid="acme",
        company_sso_id="acme-company",
        mode=Mode.MIGRATE,
        rerun=False,
        triggered_by="tests",
        settings=parse_settings(settings),
        batch_size=500,
        started_at=NOW,
        in_scope=100,
        out_of_scope=10,
        max_id=1000,
    )
    return replace(run, **changes)


def a_crm_note(note_id: object = 51, **changes: Any) -> dict[str, Any]:
    """Return a note as the CRM's JSON has it."""
    return {
        "id": note_id,
        "type": "Crm::PersonNote",
        "crm_note_type_id": 1,
        "note": "<p>Spoke to Sari</p>",
        "creator_id": 77,
        "creator_name": "Sari W.",
        "crm_person_id": 9001,
        "crm_company_id": None,
        "created_at": "2021-03-04T10:00:00+07:00",
        "updated_at": "2021-03-05T08:30:00.250+07:00",
        "images": [],
        "audios": [],
        "documents": [],
        "crm_checkin": None,
        **changes,
    }


def a_cdp_note(note_id: str = "51", **changes: Any) -> CdpNote:
    """Return a note with an owner and one attachment."""
    note = CdpNote(
        company_sso_id="acme-company",
        contact_id="contact-1",
        note="<p>Hi</p>",
        attachments=(StoredAttachment("https://files.example/a", "image", 9, "9 B", "a.png"),),
        owner=Owner(sso_id="sso-77"),
        legacy_crm_note_id=note_id,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(note, **changes)


def a_ledger(*, in_scope: int = 100, out_of_scope: int = 0, **counts: Any) -> Ledger:
    """Return a ledger; `counts` are those of BatchCounts."""
    return Ledger(in_scope, out_of_scope, BatchCounts(**counts))


def attachment_counts(linked: int = 0, failed: int = 0, size: int = 0) -> AttachmentCounts:
    """Return counts whose failures all have one reason."""
    return AttachmentCounts(linked, failed, size, {"ATTACHMENT_TOO_LARGE": failed} if failed else {})
