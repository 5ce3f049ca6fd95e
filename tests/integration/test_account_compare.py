"""The comparison finds each kind of difference in a real database and a real bucket, and says no content."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import boto3
import pytest
from bson import ObjectId
from pymongo import MongoClient
from pymongo.database import Database

from sandbox.accounts.builder import build
from sandbox.accounts.compare import compare_account, reading_order_differences
from sandbox.accounts.contacts import neighbour_of
from sandbox.accounts.model import Account
from sandbox.accounts.plan import Plan
from sandbox.accounts.seed import seed_mongo
from sandbox.services import EmbeddedServices

pytestmark = pytest.mark.integration

CDN = "http://127.0.0.1:8099"
PROXY = "https://files.cdp.example/proxy/"
SMALL = Plan(family="qa-small", in_scope=40, activities=4, mapped=12, with_files=4, failing_files=1)
HALTED = Plan(family="qa-stopped", in_scope=100, activities=0, mapped=20, with_files=3, faults=2)


@dataclass(frozen=True)
class World:
    database: Database[dict[str, Any]]
    s3: Any
    bucket: str
    account: Account

    def differences(self) -> list[str]:
        return compare_account(self.database, self.s3, self.bucket, self.account, PROXY)

    def order(self) -> list[str]:
        return reading_order_differences(self.database, self.account)

    def a_note(self) -> dict[str, Any]:
        """Return the query of one migrated note that has files and a text."""
        found = next(
            name
            for name, each in self.account.expected.documents.items()
            if each["attachments"] and each["note"]
        )
        return {"company_sso_id": self.account.company_sso_id, "legacy_crm_note_id": found}

    def change(self, **fields: Any) -> None:
        self.database["contact_notes"].update_one(self.a_note(), {"$set": fields})

    def a_key(self) -> str:
        return min(self.account.expected.objects)


@cache
def small_account(halted: bool = False) -> Account:
    return build("qa-stopped" if halted else "qa-small", HALTED if halted else SMALL, cdn_url=CDN)


@pytest.fixture
def make_world(embedded_services: EmbeddedServices) -> Iterator[Callable[[Account], World]]:
    client: MongoClient[dict[str, Any]] = MongoClient(embedded_services.mongo_uri)
    s3 = boto3.client(
        "s3",
        endpoint_url=embedded_services.s3_endpoint_url,
        aws_access_key_id=embedded_services.s3_access_key,
        aws_secret_access_key=embedded_services.s3_secret_key,
        region_name="us-east-1",
    )
    name = f"compare-{uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)

    def make(account: Account) -> World:
        world = World(client[name], s3, name, account)
        seed_mongo(world.database, account)
        _migrate(world)
        return world

    yield make
    client.drop_database(name)
    client.close()
    s3.close()


@pytest.fixture
def world(make_world: Callable[[Account], World]) -> World:
    return make_world(small_account())


def _migrate(world: World) -> None:
    """Write what is expected, as a flawless run does."""
    account = world.account
    world.database["contact_notes"].insert_many(
        {**each, "attachments": [_with_url(one) for one in each["attachments"]]}
        for each in account.expected.documents.values()
    )
    contents = _contents_by_key(account)
    for key in account.expected.objects:
        world.s3.put_object(Bucket=world.bucket, Key=key, Body=contents[key])


def _with_url(attachment: dict[str, Any]) -> dict[str, Any]:
    return attachment | {"url": f"{PROXY}{attachment['url']}"}


def _contents_by_key(account: Account) -> dict[str, bytes]:
    contents = {}
    for note in account.notes:
        for association, kind in (("images", "image"), ("audios", "audio"), ("documents", "document")):
            for entry in note[association]:
                file = account.files.get(urlsplit(entry["url"]).path.lstrip("/"))
                key = f"{account.company_sso_id}/{note['id']}/{kind}-{entry['id']}"
                contents[key] = file.content if file else b""
    return contents


def test_given_a_flawless_run_when_compared_then_there_is_no_difference(world: World) -> None:
    assert world.differences() == []
    assert world.order() == []


def test_given_a_seeded_account_when_seeded_again_then_nothing_changes(world: World) -> None:
    before = [list(world.database[name].find().sort("_id")) for name in ("contacts", "contact_notes")]

    seed_mongo(world.database, world.account)

    assert [list(world.database[name].find().sort("_id")) for name in ("contacts", "contact_notes")] == before
    assert "crm_data.id_1" not in world.database["contacts"].index_information()
    assert world.database["contacts"].index_information()["crm_contact_index"]["key"] == [("crm_data.id", 1)]


def _a_millisecond_later(world: World) -> None:
    note = world.database["contact_notes"].find_one(world.a_note())
    assert note is not None
    world.change(created_at=note["created_at"] + timedelta(milliseconds=1))


def _second_document(world: World) -> None:
    document = dict(world.account.expected.documents[world.a_note()["legacy_crm_note_id"]])
    world.database["contact_notes"].insert_one(document | {"legacy_crm_note_id": "5"})


def _native(world: World, company: str, change: dict[str, Any]) -> None:
    query = {"company_sso_id": company, "owner_id": {"$type": "string"}}
    native = world.database["contact_notes"].find_one(
        query | {"_id": {"$in": [note["_id"] for note in world.account.native_notes]}}
    )
    assert native is not None
    world.database["contact_notes"].update_one({"_id": native["_id"]}, change)


def _a_native_touched(world: World) -> None:
    _native(world, world.account.company_sso_id, {"$set": {"updated_at": datetime(2026, 1, 1, tzinfo=UTC)}})


def _a_native_marked(world: World) -> None:
    _native(world, world.account.company_sso_id, {"$set": {"legacy_crm_note_id": None}})


def _a_neighbour_touched(world: World) -> None:
    _native(world, neighbour_of(world.account.company_sso_id), {"$set": {"note": "diubah"}})


def _a_native_gone(world: World) -> None:
    world.database["contact_notes"].delete_one({"_id": world.account.native_notes[0]["_id"]})


def _into_the_neighbour(world: World) -> None:
    document = dict(world.account.expected.documents[world.a_note()["legacy_crm_note_id"]])
    company = neighbour_of(world.account.company_sso_id)
    world.database["contact_notes"].insert_one(
        document | {"company_sso_id": company, "legacy_crm_note_id": "77"}
    )


def _contact_touched(world: World) -> None:
    world.database["contacts"].update_one(
        {"_id": world.account.contacts[0]["_id"]}, {"$set": {"is_deleted": None}}
    )


def _contact_added(world: World) -> None:
    world.database["contacts"].insert_one(
        {"_id": ObjectId(), "id": "baru", "company_sso_id": world.account.company_sso_id}
    )


PLANTED: dict[str, tuple[Callable[[World], Any], str]] = {
    "a note missing": (lambda w: w.database["contact_notes"].delete_one(w.a_note()), ": missing"),
    "a note too many": (_second_document, "note 5: not expected"),
    "another text": (lambda w: w.change(note="rahasia"), ": note: other value"),
    "another contact": (lambda w: w.change(contact_id="rahasia"), ": contact_id: other value"),
    "a label beside an owner": (
        lambda w: w.change(legacy_owner_label="rahasia", owner_id="rahasia"),
        ": owner_id: ",
    ),
    "a millisecond": (_a_millisecond_later, ": created_at: other value"),
    "a date as text": (lambda w: w.change(updated_at="2021-03-04"), ": updated_at: type str"),
    "a field too many": (lambda w: w.change(migrated_by="rahasia"), ": migrated_by: not expected"),
    "a size of 32 bits": (
        lambda w: w.change(**{"attachments.0.file_size_in_byte": 5}),
        ": attachments[0].file_size_in_byte: type int, expected Int64",
    ),
    "a foreign url": (
        lambda w: w.change(**{"attachments.0.url": "https://crm.example/rahasia"}),
        ": attachments[0].url: other value",
    ),
    "no attachments": (lambda w: w.change(attachments=[]), ": attachments: 0 elements"),
    "attachments null": (lambda w: w.change(attachments=None), ": attachments: type NoneType"),
    "a native note touched": (_a_native_touched, ": updated_at: other value"),
    "a native note marked": (_a_native_marked, "note None: not expected"),
    "a native note gone": (_a_native_gone, ": missing"),
    "a neighbour's note touched": (_a_neighbour_touched, ": note: other value"),
    "a note in the neighbour": (_into_the_neighbour, "native note "),
    "a contact touched": (_contact_touched, ": is_deleted: type NoneType"),
    "a contact added": (_contact_added, "contact "),
    "other bytes": (
        lambda w: w.s3.put_object(Bucket=w.bucket, Key=w.a_key(), Body=b"rahasia"),
        ": other bytes",
    ),
    "an object missing": (lambda w: w.s3.delete_object(Bucket=w.bucket, Key=w.a_key()), ": missing"),
    "an object too many": (
        lambda w: w.s3.put_object(
            Bucket=w.bucket, Key=f"{w.account.company_sso_id}/1/image-1", Body=b"rahasia"
        ),
        "/1/image-1: not expected",
    ),
    "an object of the neighbour": (
        lambda w: w.s3.put_object(
            Bucket=w.bucket, Key=f"{neighbour_of(w.account.company_sso_id)}/1/image-1", Body=b"rahasia"
        ),
        "-neighbour/1/image-1: not expected",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_given_one_planted_difference_when_compared_then_it_is_found_without_content(
    world: World, name: str
) -> None:
    plant, said = PLANTED[name]
    plant(world)

    found = world.differences()

    assert any(said in line for line in found), found
    assert len(found) <= 2
    assert not any("rahasia" in line for line in found)


def test_given_a_wrong_time_when_read_as_the_cdp_does_then_the_order_is_wrong(world: World) -> None:
    world.change(created_at=datetime(2012, 1, 1, tzinfo=UTC))

    assert [line for line in world.order() if "order" in line]


def test_given_a_deleted_note_when_read_as_the_cdp_does_then_it_is_missed(world: World) -> None:
    world.change(is_deleted=True)

    assert [line for line in world.order() if "order" in line]


def test_given_a_note_without_author_when_read_as_the_cdp_does_then_it_is_named(world: World) -> None:
    world.database["contact_notes"].update_one(
        world.a_note(), {"$set": {"owner_id": None}, "$unset": {"legacy_owner_label": ""}}
    )

    assert world.order() == [f"note {world.a_note()['legacy_crm_note_id']}: no author"]


def test_given_a_halted_account_when_notes_are_missing_then_that_is_no_difference(
    make_world: Callable[[Account], World],
) -> None:
    world = make_world(small_account(halted=True))
    unread = world.a_note()
    world.database["contact_notes"].delete_one(unread)
    prefix = f"{world.account.company_sso_id}/{unread['legacy_crm_note_id']}/"
    left_over = sorted(key for key in world.account.expected.objects if key.startswith(prefix))

    # objects of a note that was not written are left over from it
    assert sorted(world.differences()) == [f"object {key}: not expected" for key in left_over]
    for key in left_over:
        world.s3.delete_object(Bucket=world.bucket, Key=key)

    assert world.differences() == []
    assert world.order() == []


def test_given_a_halted_account_when_a_written_note_is_wrong_then_it_is_found(
    make_world: Callable[[Account], World],
) -> None:
    world = make_world(small_account(halted=True))
    world.change(note="rahasia")

    assert world.differences() == [f"note {world.a_note()['legacy_crm_note_id']}: note: other value"]
