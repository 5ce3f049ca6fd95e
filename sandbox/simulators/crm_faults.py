"""The CRM's well-formed wrong answers: each function applies one content fault, or none."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel

from sandbox.simulators.faults import Content, Fault
from sandbox.simulators.world import Note

_ID_FIELDS = ("id", "creator_id", "crm_person_id", "crm_company_id", "crm_deal_id", "ticket_id")


Query = TypeVar("Query", bound=BaseModel)


def of_count(fault: Fault | None, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the count's answer as the fault has it."""
    match fault and fault.kind:
        case Content.COUNT_OFF if fault:
            return {**answer, "total_count": answer["total_count"] + fault.offset}
        case Content.OTHER_ORGANIZATION:
            return {**answer, "organization_id": f"{answer['organization_id']}-other"}
        case Content.IDS_AS_STRINGS:
            return {**answer, "max_id": str(answer["max_id"])}
        case _:
            return answer


def of_query(fault: Fault | None, query: Query) -> Query:
    """Return the query for notes as the faulty server understands it."""
    after_id: int = getattr(query, "after_id", 0)
    match fault and fault.kind:
        case Content.REPEATED_PAGE:
            return query.model_copy(update={"after_id": 0})
        case Content.OVERLAPPING_PAGE:
            return query.model_copy(update={"after_id": max(0, after_id - 1)})
        case Content.UNASKED_TYPES:
            return query.model_copy(update={"crm_note_type_ids": None})
        case _:
            return query


def of_page(fault: Fault | None, page: list[Note]) -> list[Note]:
    """Return the page of notes as the faulty server sends it."""
    match fault and fault.kind:
        case Content.SKIPPED_NOTES if fault:
            return [note for note in page if note["id"] not in fault.ids]
        case Content.BACKWARDS:
            return page[::-1]
        case Content.IDS_AS_STRINGS:
            return [_with_string_ids(note) for note in page]
        case _:
            return page


def of_persons(fault: Fault | None, persons: set[int]) -> set[int]:
    """Return the distinct persons as the faulty server counts them."""
    return persons | set(fault.ids) if fault and fault.kind is Content.MORE_PERSONS else persons


def _with_string_ids(note: Note) -> Note:
    return note | {name: str(note[name]) for name in _ID_FIELDS if note.get(name) is not None}
