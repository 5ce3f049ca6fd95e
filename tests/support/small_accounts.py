"""Accounts of a few plain notes, for scenarios in which only the numbers matter."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bson import ObjectId

from sandbox.accounts.model import Account, ExpectedOutcome

# Strings that must never be seen outside the CDP's own documents.
CANARY_TEXT = "kanarimerahrahasia"
CANARY_NAME = "Kanariwati"
_NOTHING = ExpectedOutcome("completed_success", None, 0, 0, {}, {}, {}, 0, {}, 0, 0, "100.00")


def small_account(cid: str, *, persons: int, mapped: int | None = None, notes_per_person: int = 1) -> Account:
    """Return an account with `persons` x `notes_per_person` notes; the first `mapped` persons resolve."""
    company = f"{cid}-company"
    numbers = range(1, persons + 1)
    return Account(
        cid=cid,
        company_sso_id=company,
        notes=tuple(
            _note(number * 1000 + turn, person=500 + number)
            for number in numbers
            for turn in range(notes_per_person)
        ),
        files={},
        identities={7: {"sso_id": "sso-7", "name": CANARY_NAME}},
        contacts=tuple(_contacts(company, list(numbers)[: persons if mapped is None else mapped])),
        native_notes=(),
        expected=_NOTHING,
    )


def _note(note_id: int, *, person: int) -> dict[str, Any]:
    return {
        "id": note_id,
        "type": "Crm::PersonNote",
        "crm_note_type_id": 1,
        "note": f"<p>{CANARY_TEXT} {note_id}</p>",
        "creator_id": 7 if note_id % 2 else 8,
        "creator_name": CANARY_NAME,
        "crm_person_id": person,
        "created_at": "2021-03-04T10:00:00+07:00",
        "updated_at": "2021-03-05T08:30:00.250+07:00",
        "images": [],
        "audios": [],
        "documents": [],
        "crm_checkin": None,
    }


def _contacts(company: str, numbers: Iterable[int]) -> Iterable[dict[str, Any]]:
    for number in numbers:
        yield {
            "_id": ObjectId(),
            "id": f"{company}-contact-{number}",
            "company_sso_id": company,
            "crm_data": {"id": str(500 + number)},
            "is_deleted": False,
        }
