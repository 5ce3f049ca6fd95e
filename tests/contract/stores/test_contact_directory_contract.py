"""Contacts by CRM person: the fake may not drift from MongoDB."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from bson import ObjectId

from notes_migration.ports.contacts import ContactDirectory, ContactLookup
from tests.fakes.contacts import InMemoryContacts

if TYPE_CHECKING:
    from pymongo.database import Database

Make = Callable[[dict[str, list[str]]], ContactDirectory]


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def directory(request: pytest.FixtureRequest) -> Make:
    """Return a maker: person -> contact ids, oldest first."""
    if request.param == "fake":
        return InMemoryContacts
    database = request.getfixturevalue("database")

    def make(contacts: dict[str, list[str]]) -> ContactDirectory:
        # Stored newest first, so that the order of storing is not what is read.
        for person, ids in contacts.items():
            for age, contact_id in reversed(list(enumerate(ids))):
                put(database, contact_id, {"id": person}, age=age)
        return mongo_contacts(database)

    return make


def put(database: Database[dict[str, Any]], contact_id: object, crm_data: object, **fields: Any) -> None:
    age = fields.pop("age", 0)
    database["contacts"].insert_one(
        {
            "_id": ObjectId(f"{age + 1:08x}" + ObjectId().binary.hex()[8:]),
            "id": contact_id,
            "company_sso_id": "acme-company",
            "crm_data": crm_data,
            "is_deleted": False,
            **fields,
        }
    )


def mongo_contacts(database: Database[dict[str, Any]], **options: bool) -> ContactDirectory:
    from notes_migration.adapters.mongo_contacts import MongoContacts

    return MongoContacts(database["contacts"], company_sso_id="acme-company", **options)


def test_given_persons_when_looked_up_then_those_with_a_contact_are_found(directory: Make) -> None:
    contacts = directory({"1": ["a"], "2": ["b"], "11": ["c"]})

    assert contacts.of_persons({"1", "2", "3"}) == ContactLookup({"1": "a", "2": "b"}, 0)
    assert contacts.of_persons([]) == ContactLookup({}, 0)


def test_given_several_contacts_when_looked_up_then_the_oldest_is_taken_and_counted(
    directory: Make,
) -> None:
    contacts = directory({"1": ["oldest", "middle", "newest"], "2": ["b"]})

    assert contacts.of_persons(["1", "2"]) == ContactLookup({"1": "oldest", "2": "b"}, 1)


@pytest.mark.integration
def test_given_contacts_that_do_not_count_when_looked_up_then_they_are_not_found(
    database: Database[dict[str, Any]],
) -> None:
    put(database, "deleted", {"id": "1"}, is_deleted=True)
    put(database, "others", {"id": "2"}, company_sso_id="rival-company")
    put(database, "number", {"id": 3})
    put(database, "in-array", {"id": ["4", "x"]})
    put(database, "array", [{"id": "5"}])
    put(database, None, {"id": "6"})
    put(database, "", {"id": "7"})
    put(database, 8, {"id": "8"})
    put(database, "none", None)
    put(database, "source", None, source="crm", source_id="9")

    assert mongo_contacts(database).of_persons([str(each) for each in range(1, 10)]) == ContactLookup({}, 0)


@pytest.mark.integration
def test_given_a_contact_without_the_deleted_field_when_looked_up_then_it_counts(
    database: Database[dict[str, Any]],
) -> None:
    database["contacts"].insert_one({"id": "a", "company_sso_id": "acme-company", "crm_data": {"id": "1"}})

    assert mongo_contacts(database).of_persons(["1"]).contact_ids == {"1": "a"}


@pytest.mark.integration
def test_given_the_fallback_when_looked_up_then_only_unmapped_persons_are_sought_by_source_id(
    database: Database[dict[str, Any]],
) -> None:
    put(database, "by-crm", {"id": "1"}, age=5)
    put(database, "by-source-older", None, source="crm", source_id="1", age=1)
    put(database, "by-source", None, source="crm", source_id="2")
    put(database, "elsewhere", None, source="import", source_id="3")
    put(database, "deleted", None, source="crm", source_id="4", is_deleted=True)

    with_fallback = mongo_contacts(database, source_id_fallback=True)

    assert with_fallback.of_persons(["1", "2", "3", "4"]) == ContactLookup(
        {"1": "by-crm", "2": "by-source"}, 0
    )


@pytest.mark.integration
def test_given_more_persons_than_one_query_takes_when_looked_up_then_all_are_found(
    database: Database[dict[str, Any]],
) -> None:
    database["contacts"].insert_many(
        {"id": f"c{each}", "company_sso_id": "acme-company", "crm_data": {"id": str(each)}}
        for each in range(1, 2101)
    )

    found = mongo_contacts(database).of_persons([str(each) for each in range(1, 2101)])

    assert len(found.contact_ids) == 2100
