"""An account of a few notes for the simulators and the CDP, whose outcome the test itself knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from sandbox.accounts.model import Account, ExpectedOutcome, SourceFile
from tests.support.builders import a_crm_note

UNKNOWN = ExpectedOutcome("", None, 0, 0, {}, {}, {}, 0, {}, 0, 0, "")


def small_account(
    cid: str = "acme",
    notes: Sequence[dict[str, Any]] = (),
    *,
    company: str | None = None,
    contacts: Mapping[int, str] | None = None,
    files: Sequence[SourceFile] = (),
) -> Account:
    """Return an account whose user 77 is known to identity; by default person 9001 has a contact."""
    company = company or f"{cid}-company"
    persons = {9001: "contact-1"} if contacts is None else contacts
    return Account(
        cid=cid,
        company_sso_id=company,
        notes=tuple(notes),
        files={file.path: file for file in files},
        identities={77: {"sso_id": "sso-77", "name": "Sari W."}},
        contacts=tuple(a_contact(company, person, contact) for person, contact in persons.items()),
        native_notes=(),
        expected=UNKNOWN,
    )


def a_contact(company: str, person: int, contact_id: str) -> dict[str, Any]:
    """Return a document of `contacts`."""
    return {
        "_id": ObjectId(),
        "id": contact_id,
        "company_sso_id": company,
        "crm_data": {"id": str(person)},
        "source": "crm",
        "source_id": str(person),
        "is_deleted": False,
    }


def some_notes(count: int, **changes: Any) -> list[dict[str, Any]]:
    """Return notes 1 to `count`."""
    return [a_crm_note(each, **changes) for each in range(1, count + 1)]
