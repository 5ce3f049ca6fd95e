"""CRM notes as the extraction API sends them, and the CDP documents that must come of them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from sandbox.accounts.assets import Assets
from sandbox.accounts.bodies import Body
from sandbox.accounts.moments import Moment, later, write
from sandbox.accounts.people import Creator

ACTIVITY_TYPES = (2, 3, 4, 5, 7)


@dataclass(frozen=True, slots=True)
class Draft:
    """A note before it is written down: each fact once, for both sides."""

    note_id: int
    type_id: int
    person_id: int
    creator: Creator
    body: Body
    created: Moment
    updated: Moment | None
    assets: Assets
    has_checkin: bool = False


def updated_after(created: Moment, rng: Random) -> Moment | None:
    """Return when a note was changed: never (None, then it equals `created`), or some time later."""
    return None if rng.random() < 0.15 else write(later(created.instant, rng), rng)


def crm_json(draft: Draft, rng: Random) -> dict[str, Any]:
    """Write the note as the CRM sends it."""
    created = draft.created.text
    note: dict[str, Any] = {
        "id": draft.note_id,
        # the class it was made as; the parents say what it hangs on
        "type": rng.choice(("Crm::PersonNote",) * 9 + ("Crm::DealNote",)),
        "crm_note_type_id": draft.type_id,
        "note": draft.body.source,
        "creator_id": draft.creator.crm_user_id,
        "creator_name": draft.creator.name,
        "crm_person_id": draft.person_id,
        "crm_company_id": _sometimes(rng, 0.25, 400),
        "crm_deal_id": _sometimes(rng, 0.2, 7_000),
        "ticket_id": _sometimes(rng, 0.08, 88_000),
        "created_at": created,
        "updated_at": created if draft.updated is None else draft.updated.text,
        **draft.assets.entries,
        "crm_checkin": {"id": draft.note_id + 3, "checkin_time": created} if draft.has_checkin else None,
    }
    if draft.updated is None:
        _leave_out(note, rng)
    return note


def cdp_document(draft: Draft, *, company_sso_id: str, contact_id: str) -> dict[str, Any]:
    """Write the document that must be stored, without `_id`, urls as storage keys."""
    document: dict[str, Any] = {
        "contact_id": contact_id,
        "company_sso_id": company_sso_id,
        "note": draft.body.stored,
        "attachments": draft.assets.attachments,
        "owner_id": draft.creator.sso_id,
        "legacy_crm_note_id": str(draft.note_id),
        "is_deleted": False,
        "created_at": draft.created.instant,
        "updated_at": (draft.updated or draft.created).instant,
    }
    if draft.creator.sso_id is None:
        document["legacy_owner_label"] = draft.creator.label
    return document


def _sometimes(rng: Random, chance: float, base: int) -> int | None:
    return base + rng.randrange(300) if rng.random() < chance else None


def _leave_out(note: dict[str, Any], rng: Random) -> None:
    match rng.randrange(3):
        case 0:
            note["updated_at"] = None
        case 1:
            del note["updated_at"]
