"""One suite for every bucket: the fake may not drift from the S3 API."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol
from uuid import uuid4

import pytest

from notes_migration.domain.errors import TransientError
from notes_migration.ports.object_storage import (
    ListedObject,
    NewObject,
    ObjectHead,
    ObjectListing,
    ObjectStorage,
    ObjectSweeper,
)
from tests.fakes.object_storage import InMemoryStorage

if TYPE_CHECKING:
    from sandbox.services import EmbeddedServices

BODY = b"the bytes of a file"
SHA256 = hashlib.sha256(BODY).hexdigest()
DISPOSITION = "attachment; filename=\"a.png\"; filename*=UTF-8''a.png"


class Bucket(ObjectStorage, ObjectListing, ObjectSweeper, Protocol):
    """All ports."""


@pytest.fixture(params=["fake", pytest.param("s3", marks=pytest.mark.integration)])
def bucket(request: pytest.FixtureRequest) -> Iterator[Bucket]:
    if request.param == "fake":
        yield InMemoryStorage()
        return
    from notes_migration.adapters.s3_storage import S3Storage

    services: EmbeddedServices = request.getfixturevalue("embedded_services")
    client, name = services.storage.client(), f"contract-{uuid4()}"
    client.create_bucket(Bucket=name)
    yield S3Storage(client, name)
    client.close()


def new_object(key: str = "acme/5/image-1", *, body: bytes = BODY) -> NewObject:
    sha256 = hashlib.sha256(body).hexdigest()
    return NewObject(key, len(body), sha256, "image/png", DISPOSITION)


def test_given_an_object_when_put_then_head_and_get_tell_of_it(bucket: Bucket) -> None:
    body = io.BytesIO(BODY)
    body.read(5)

    bucket.put(new_object(), body)

    assert bucket.head("acme/5/image-1") == ObjectHead(len(BODY), SHA256, "image/png", SHA256)
    assert bucket.get("acme/5/image-1") == BODY


def test_given_no_object_when_asked_for_then_there_is_none(bucket: Bucket) -> None:
    assert bucket.head("acme/5/image-1") is None
    assert bucket.get("acme/5/image-1") is None


def test_given_an_object_when_put_again_then_it_is_replaced(bucket: Bucket) -> None:
    bucket.put(new_object(), io.BytesIO(BODY))
    bucket.put(new_object(body=b"other"), io.BytesIO(b"other"))

    assert bucket.get("acme/5/image-1") == b"other"
    assert list(bucket.keys("")) == ["acme/5/image-1"]


def test_given_an_empty_object_when_put_then_it_is_there(bucket: Bucket) -> None:
    bucket.put(new_object("staging/page", body=b""), io.BytesIO(b""))

    assert bucket.get("staging/page") == b""


def test_given_other_bytes_than_announced_when_put_then_it_fails_and_nothing_is_left(bucket: Bucket) -> None:
    with pytest.raises(TransientError):
        bucket.put(new_object(), io.BytesIO(BODY.upper()))

    assert bucket.head("acme/5/image-1") is None


def test_given_keys_when_listed_then_those_of_the_prefix_come_in_order(bucket: Bucket) -> None:
    for key in ("acme/5/image-2", "acme/5/audio-1", "acme/55/image-1", "acme/5/image-10"):
        bucket.put(new_object(key), io.BytesIO(BODY))

    assert list(bucket.keys("acme/5/")) == ["acme/5/audio-1", "acme/5/image-10", "acme/5/image-2"]
    assert list(bucket.keys("other/")) == []


def test_given_keys_when_deleted_then_they_alone_are_gone_and_missing_ones_are_no_error(
    bucket: Bucket,
) -> None:
    for key in ("acme/5/image-1", "acme/5/image-2"):
        bucket.put(new_object(key), io.BytesIO(BODY))

    assert bucket.delete(iter(["acme/5/image-1", "acme/5/image-9"])) == 2
    assert list(bucket.keys("acme/")) == ["acme/5/image-2"]
    assert bucket.delete([]) == 0


def test_given_a_prefix_when_what_it_lists_is_deleted_then_nothing_is_left(bucket: Bucket) -> None:
    for page in range(3):
        bucket.put(new_object(f"run-1/{page}"), io.BytesIO(BODY))

    assert bucket.delete(bucket.keys("run-1/")) == 3
    assert list(bucket.keys("run-1/")) == []


def test_given_objects_when_listed_then_those_below_the_prefix_come_with_their_sizes(bucket: Bucket) -> None:
    assert list(bucket.listed("acme/")) == []
    for key, body in (("acme/6/image-1", b"xy"), ("acme/5/image-1", b"x"), ("acme-2/5/image-1", b"xyz")):
        bucket.put(new_object(key, body=body), io.BytesIO(body))

    assert list(bucket.listed("acme/")) == [
        ListedObject("acme/5/image-1", 1),
        ListedObject("acme/6/image-1", 2),
    ]
