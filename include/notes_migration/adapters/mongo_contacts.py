"""The CDP's contacts in MongoDB, read only (contracts, section 5)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pymongo.collection import Collection as MongoCollection

from notes_migration.adapters.mongo_border import translated
from notes_migration.ports.contacts import ContactLookup

Document = dict[str, Any]
CHUNK = 1000


class MongoContacts:
    """ContactDirectory over `contacts`; every query carries the company."""

    def __init__(
        self, collection: MongoCollection[Document], *, company_sso_id: str, source_id_fallback: bool = False
    ) -> None:
        self._contacts = collection
        self._company = company_sso_id
        self._fallback = source_id_fallback

    def of_persons(self, person_ids: Collection[str]) -> ContactLookup:
        ids = sorted(set(person_ids))
        found: dict[str, str] = {}
        ambiguous = 0
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            many = self._find({"crm_data.id": {"$in": chunk}}, _crm_data_id)
            if self._fallback:
                missing = [person for person in chunk if person not in many]
                many |= self._find(
                    {"source": "crm", "source_id": {"$in": missing}}, lambda contact: contact.get("source_id")
                )
            found |= {person: contacts[0] for person, contacts in many.items()}
            ambiguous += sum(len(contacts) > 1 for contacts in many.values())
        return ContactLookup(found, ambiguous)

    def _find(
        self, condition: Mapping[str, Any], person_of: Callable[[Document], object]
    ) -> dict[str, list[str]]:
        query = {**condition, "company_sso_id": self._company, "is_deleted": {"$ne": True}}
        fields = {"id": 1, "crm_data.id": 1, "source_id": 1}
        with translated("looking contacts up"):
            contacts = list(self._contacts.find(query, fields))
        grouped: dict[str, list[str]] = {}
        # An ObjectId begins with its time: the smallest is the oldest.
        for contact in sorted(contacts, key=lambda each: str(each["_id"])):
            person, contact_id = person_of(contact), contact.get("id")
            # MongoDB matches inside arrays, too; such a contact is not of the contract's shape.
            if isinstance(person, str) and isinstance(contact_id, str) and contact_id:
                grouped.setdefault(person, []).append(contact_id)
        return grouped


def _crm_data_id(contact: Document) -> object:
    crm_data = contact.get("crm_data")
    return crm_data.get("id") if isinstance(crm_data, dict) else None
