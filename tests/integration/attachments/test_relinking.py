"""The real parts together: a hostile CDN, libmagic, the S3 API."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from notes_migration.adapters.file_magic import LibMagic
from notes_migration.adapters.s3_storage import S3Storage
from notes_migration.adapters.safe_download import SafeDownloader
from notes_migration.domain.attachments import AttachmentLimits
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.notes import CrmNote, parse_note
from notes_migration.services.relink_attachments import AttachmentProcessor
from notes_migration.services.sweep_orphans import sweep_orphans
from sandbox.services import EmbeddedServices
from tests.fakes.hostile_server import Client, HostileServer, ok, redirect, status

pytestmark = pytest.mark.integration

MIB = 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\2\0\0\0" + bytes(100)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def bucket(embedded_services: EmbeddedServices) -> Iterator[tuple[Any, str]]:
    client, name = embedded_services.storage.client(), f"relinking-{uuid4()}"
    client.create_bucket(Bucket=name)
    yield client, name
    client.close()


def a_note(**associations: list[dict[str, Any]]) -> CrmNote:
    raw = {"id": 5, "crm_note_type_id": 1, "created_at": "2021-03-04T10:00:00+07:00", **associations}
    return parse_note(raw, now=NOW)


def a_processor(server: HostileServer, bucket: tuple[Any, str]) -> AttachmentProcessor:
    return AttachmentProcessor(
        source=SafeDownloader(["cdn.example"], [server.place], sleep=lambda seconds: None),
        storage=S3Storage(*bucket),
        magic=LibMagic(),
        limits=AttachmentLimits(max_bytes=25 * MIB, timeout_seconds=20, concurrency=8),
        company_sso_id="acme",
        file_proxy_base_url="https://files.example",
    )


def by_path(client: Client) -> None:
    answers = {
        "/photo": ok(PNG),
        "/moved": redirect("/photo"),
        "/metadata": redirect("http://169.254.169.254/latest/meta-data/"),
        "/page": ok(b"<html><script>alert(1)</script>"),
        "/table": ok(b"name,remark\nSari,<html>\n"),
        "/text": ok(b"not a picture"),
    }
    answers.get(client.path, status(404))(client)


def test_given_a_note_with_files_of_every_kind_when_relinked_then_each_ends_as_it_should(
    bucket: tuple[Any, str],
) -> None:
    with HostileServer(by_path).running() as server:
        note = a_note(
            images=[
                {"id": 1, "url": server.url("/photo"), "file_name": "../../x\u202e.png"},
                {"id": "2", "url": server.url("/moved"), "file_name": "b.png"},
                {"id": 3, "url": server.url("/metadata"), "file_name": "c.png"},
                {"id": 4, "url": server.url("/text"), "file_name": "d.png"},
                {"id": "5/../6", "url": server.url("/photo"), "file_name": "e.png"},
                {"id": 7, "url": "https://evil.example/photo", "file_name": "f.png"},
            ],
            documents=[
                {"id": 1, "url": server.url("/table"), "file_name": "a.csv", "content_type": "text/csv"},
                {"id": 2, "url": server.url("/page"), "file_name": "b.csv", "content_type": "text/csv"},
                {"id": 3, "url": server.url("/gone"), "file_name": "c.pdf"},
            ],
        )
        processor = a_processor(server, bucket)
        outcomes = processor.relink([note], quota_left_bytes=MIB)["5"]

    assert {each.asset: each.reason for each in outcomes} == {
        "image-1": None,
        "image-2": None,
        "image-3": ReasonCode.ATTACHMENT_HOST_NOT_ALLOWED,
        "image-4": ReasonCode.ATTACHMENT_TYPE_MISMATCH,
        "image-invalid-4": ReasonCode.ATTACHMENT_DOWNLOAD_FAILED,
        "image-7": ReasonCode.ATTACHMENT_HOST_NOT_ALLOWED,
        "document-1": None,
        "document-2": ReasonCode.ATTACHMENT_TYPE_UNSUPPORTED,
        "document-3": ReasonCode.ATTACHMENT_DOWNLOAD_FAILED,
    }
    storage = S3Storage(*bucket)
    assert list(storage.keys("")) == ["acme/5/document-1", "acme/5/image-1", "acme/5/image-2"]
    head = storage.head("acme/5/document-1")
    assert head is not None
    assert head.content_type == "application/octet-stream"


def test_given_a_second_run_when_relinked_then_the_objects_stay_untouched_and_can_be_swept(
    bucket: tuple[Any, str],
) -> None:
    client, name = bucket
    with HostileServer(by_path).running() as server:
        note = a_note(images=[{"id": 1, "url": server.url("/photo"), "file_name": "a.png"}])
        first = a_processor(server, bucket).relink([note], quota_left_bytes=MIB)
        client.copy_object(
            Bucket=name,
            Key="acme/5/image-1",
            CopySource=f"{name}/acme/5/image-1",
            Metadata={"sha256": hashlib.sha256(PNG).hexdigest(), "mark": "untouched"},
            MetadataDirective="REPLACE",
            ContentType="image/png",
        )
        second = a_processor(server, bucket).relink([note], quota_left_bytes=MIB)

    assert first == second
    assert client.head_object(Bucket=name, Key="acme/5/image-1")["Metadata"]["mark"] == "untouched"
    assert sweep_orphans(S3Storage(*bucket), company_sso_id="acme", candidates=["5"], written=()) == 1
    assert list(S3Storage(*bucket).keys("")) == []


def test_given_large_files_in_flight_when_relinked_then_memory_stays_small(bucket: tuple[Any, str]) -> None:
    def large(client: Client) -> None:
        client.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(PNG) + 20 * MIB}\r\n\r\n".encode() + PNG)
        for _ in range(20 * 16):
            client.send(bytes(65536))

    with HostileServer(large).running() as server:
        images = [{"id": n, "url": server.url(f"/{n}"), "file_name": "a.png"} for n in range(1, 7)]
        processor = a_processor(server, bucket)
        tracemalloc.start()
        try:
            outcomes = processor.relink([a_note(images=images)], quota_left_bytes=1024 * MIB)["5"]
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert [each.reason for each in outcomes] == [None] * 6
    assert peak < 40 * MIB  # of 120 MiB that passed through
