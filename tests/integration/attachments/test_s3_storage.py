"""What only a real S3 API, or one that misbehaves, can show."""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from notes_migration.adapters import s3_storage
from notes_migration.adapters.s3_storage import CLIENT_CONFIG, S3Storage
from notes_migration.domain.errors import FatalError, MigrationError, TransientError
from notes_migration.ports.object_storage import NewObject
from sandbox.services import EmbeddedServices
from tests.fakes.hostile_server import Client, HostileServer, raw

pytestmark = pytest.mark.integration

BODY = b"the bytes of a file"
SHA256 = hashlib.sha256(BODY).hexdigest()
NEW = NewObject("acme/5/image-1", len(BODY), SHA256, "image/png", "attachment; filename*=UTF-8''a.png")


@pytest.fixture
def s3(embedded_services: EmbeddedServices) -> Iterator[tuple[Any, str]]:
    client, name = embedded_services.storage.client(), f"storage-{uuid4()}"
    client.create_bucket(Bucket=name)
    yield client, name
    client.close()


class Tampering:
    """A client between us and the bucket that alters what passes, and may vouch for it all the same."""

    def __init__(self, client: Any, answer: dict[str, Any] | None = None) -> None:
        self._client = client
        self._answer = answer or {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_object(self, **given: Any) -> dict[str, Any]:
        del given["ChecksumSHA256"]
        altered = given.pop("Body").read()[::-1]
        return {**self._client.put_object(Body=altered, **given), **self._answer}


def test_given_an_attachment_when_put_then_it_is_served_as_a_download_of_its_type(
    s3: tuple[Any, str],
) -> None:
    client, name = s3
    S3Storage(client, name).put(NEW, io.BytesIO(BODY))

    head = client.head_object(Bucket=name, Key=NEW.key)
    assert head["ContentType"] == "image/png"
    assert head["ContentDisposition"] == "attachment; filename*=UTF-8''a.png"
    assert head["Metadata"] == {"sha256": SHA256}


@pytest.mark.parametrize("other", [b"", b"other bytes", BODY[::-1]])
def test_given_bytes_altered_on_the_way_when_put_then_it_fails_and_they_are_removed(
    s3: tuple[Any, str], other: bytes
) -> None:
    client, name = s3
    vouched = {"ChecksumSHA256": b64encode(hashlib.sha256(other).digest()).decode()} if other else {}
    storage = S3Storage(Tampering(client, vouched), name)

    with pytest.raises(TransientError):
        storage.put(NEW, io.BytesIO(BODY))

    assert list(storage.keys("")) == []


class SmallPages:
    """A client whose listings come two keys at a time, and which counts its deletions."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.deletions = 0

    def get_paginator(self, name: str) -> Any:
        paginator = self._client.get_paginator(name)
        return SimpleNamespace(paginate=partial(paginator.paginate, PaginationConfig={"PageSize": 2}))

    def delete_objects(self, **given: Any) -> Any:
        self.deletions += 1
        assert len(given["Delete"]["Objects"]) <= 2
        return self._client.delete_objects(**given)


def test_given_more_keys_than_a_page_when_listed_and_deleted_then_none_is_missed(
    s3: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_storage, "_DELETE_BATCH", 2)
    client, name = s3
    paged = SmallPages(client)
    storage = S3Storage(paged, name)  # type: ignore[arg-type]
    for number in range(5):
        client.put_object(Bucket=name, Key=f"p/{number}", Body=b"")

    assert len(list(storage.keys("p/"))) == 5
    assert storage.delete(storage.keys("p/")) == 5
    assert list(storage.keys("p/")) == []
    assert paged.deletions == 3


def test_given_no_such_bucket_when_used_then_that_is_no_missing_object(s3: tuple[Any, str]) -> None:
    storage = S3Storage(s3[0], "no-such-bucket")

    for call in (
        storage.check,
        lambda: storage.get("a"),
        lambda: list(storage.keys("")),
        lambda: put(storage),
    ):
        with pytest.raises(FatalError):
            call()


def test_given_a_bucket_when_checked_then_nothing_is_said(s3: tuple[Any, str]) -> None:
    S3Storage(*s3).check()


def put(storage: S3Storage) -> None:
    storage.put(NEW, io.BytesIO(BODY))


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (raw(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), TransientError),
        (raw(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), FatalError),
        (Client.reset, TransientError),
        (Client.stay_silent, TransientError),
    ],
)
def test_given_a_storage_that_does_not_serve_when_used_then_the_error_says_nothing_of_it(
    answer: Any, kind: type[MigrationError]
) -> None:
    with HostileServer(answer).running() as server:
        client = boto3.client(
            "s3",
            endpoint_url=server.url(""),
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
            config=CLIENT_CONFIG.merge(
                Config(retries={"total_max_attempts": 1}, read_timeout=0.3, s3={"addressing_style": "path"})
            ),
        )
        storage = S3Storage(client, "bucket")
        calls = [
            storage.check,
            lambda: storage.head("acme/5"),
            lambda: storage.get("acme/5"),
            lambda: put(storage),
            lambda: list(storage.keys("acme/")),
            lambda: storage.delete(["acme/5"]),
        ]
        for call in calls:
            with pytest.raises(kind) as caught:
                call()
            assert caught.value.__cause__ is None
            assert not any(part in str(caught.value) for part in ("acme", "bucket", "127.0.0.1", "key"))
        client.close()
