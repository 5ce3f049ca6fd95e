"""Contacts by CRM person id, in memory: ContactDirectory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from notes_migration.ports.contacts import ContactLookup


class InMemoryContacts:
    """`contacts` maps a person to contact ids, oldest first; `asked` are the ids of every call."""

    def __init__(self, contacts: Mapping[str, list[str]] | None = None) -> None:
        self.contacts = dict(contacts or {})
        self.asked: list[set[str]] = []

    def of_persons(self, person_ids: Collection[str]) -> ContactLookup:
        self.asked.append(set(person_ids))
        known = {key: self.contacts[key] for key in person_ids if self.contacts.get(key)}
        return ContactLookup(
            {key: ids[0] for key, ids in known.items()}, sum(len(ids) > 1 for ids in known.values())
        )
