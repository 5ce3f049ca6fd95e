"""Objects whose note was not written are removed, and nothing else is."""

from __future__ import annotations

import hashlib
import io

from notes_migration.ports.object_storage import NewObject
from notes_migration.services.sweep_orphans import orphan_keys, sweep_orphans
from tests.fakes.object_storage import InMemoryStorage


def a_bucket(*keys: str) -> InMemoryStorage:
    storage = InMemoryStorage()
    for key in keys:
        storage.put(NewObject(key, 1, hashlib.sha256(b"x").hexdigest(), "image/png"), io.BytesIO(b"x"))
    return storage


def test_given_a_note_that_was_not_written_when_swept_then_its_objects_alone_are_gone() -> None:
    storage = a_bucket(
        "acme/5/image-1",
        "acme/5/audio-2",
        "acme/6/image-1",
        "acme/7/image-1",
        "acme/55/image-1",
        "other/5/image-1",
    )

    removed = sweep_orphans(storage, company_sso_id="acme", candidates=["5", "6", "5"], written={"6"})

    assert removed == 2
    assert sorted(storage.stored) == [
        "acme/55/image-1",
        "acme/6/image-1",
        "acme/7/image-1",
        "other/5/image-1",
    ]


def test_given_objects_of_other_names_when_swept_then_they_stay() -> None:
    foreign = ["acme/5/report.pdf", "acme/5/image-1/x", "acme/5/image-0", "acme/5/image-invalid-0", "acme/5/"]
    storage = a_bucket("acme/5/document-9", *foreign)

    assert sweep_orphans(storage, company_sso_id="acme", candidates=["5"], written=()) == 1
    assert sorted(storage.stored) == sorted(foreign)


def test_given_it_was_swept_when_swept_again_then_nothing_is_left_to_do() -> None:
    storage = a_bucket("acme/5/image-1")

    assert [
        sweep_orphans(storage, company_sso_id="acme", candidates=["5"], written=()) for _ in range(2)
    ] == [1, 0]


def test_given_keys_outside_the_prefix_when_picked_then_none_is() -> None:
    assert orphan_keys("acme/5/", ["acme/55/image-1", "x/acme/5/image-1", "acme/5/image-1"]) == [
        "acme/5/image-1"
    ]
