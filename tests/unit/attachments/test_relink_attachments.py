"""Every asset ends in exactly one state; no asset fails another, its note or the batch."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes_migration.domain.attachments import AssetOutcome, AttachmentLimits, StoredAttachment
from notes_migration.domain.errors import DegradedNote, FatalError, ReasonCode, TransientError
from notes_migration.domain.file_facts import FileFacts
from notes_migration.domain.notes import AssetKind, CrmAsset, CrmNote
from notes_migration.domain.settings import MigrationSettings
from notes_migration.ports.object_storage import NewObject
from notes_migration.services.relink_attachments import AttachmentProcessor
from tests.fakes.attachment_source import InMemorySource
from tests.fakes.file_magic import SignatureMagic
from tests.fakes.object_storage import InMemoryStorage

PNG = b"\x89PNG\r\n\x1a\n" + bytes(92)
PDF = b"%PDF-1.4\n" + bytes(91)
URL = "https://cdn.example/{}"
WHEN = datetime(2021, 3, 4, tzinfo=UTC)
AMPLE = 10**9


def an_asset(
    number: int, *, kind: AssetKind = AssetKind.IMAGE, url: str | None = "", name: str = "a.png"
) -> CrmAsset:
    return CrmAsset(kind, f"{kind}-{number}", URL.format(number) if url == "" else url, name, "image/png")


def a_note(note_id: str, *assets: CrmAsset) -> CrmNote:
    return CrmNote(
        note_id=note_id,
        type_id=1,
        html="",
        person_id="9",
        creator_id=None,
        creator_name="",
        created_at=WHEN,
        updated_at=WHEN,
        assets=assets,
        has_checkin=False,
    )


class Bench:
    """A processor over fakes."""

    def __init__(self, files: dict[str, bytes | Exception] | None = None, *, concurrency: int = 4) -> None:
        self.source = InMemorySource(files)
        self.storage = InMemoryStorage()
        self.magic = SignatureMagic()
        self.processor = AttachmentProcessor(
            source=self.source,
            storage=self.storage,
            magic=self.magic,
            limits=AttachmentLimits(max_bytes=1000, timeout_seconds=30, concurrency=concurrency),
            company_sso_id="acme",
            file_proxy_base_url="https://files.example/proxy/",
        )

    def relink(self, *notes: CrmNote, quota: int = AMPLE) -> dict[str, tuple[AssetOutcome, ...]]:
        return self.processor.relink(notes, quota_left_bytes=quota)

    def reason(self, asset: CrmAsset, *, quota: int = AMPLE) -> ReasonCode | None:
        (outcome,) = self.relink(a_note("5", asset), quota=quota)["5"]
        return outcome.reason


def test_given_a_picture_when_relinked_then_it_is_stored_as_what_it_is_and_linked() -> None:
    bench = Bench({URL.format(17): PNG})

    outcomes = bench.relink(a_note("5", an_asset(17, name="../Größe.png")))

    sha256 = hashlib.sha256(PNG).hexdigest()
    linked = StoredAttachment(
        "https://files.example/proxy/acme/5/image-17", "image", 100, "100 B", "Größe.png"
    )
    assert outcomes == {"5": (AssetOutcome("image-17", attachment=linked, sha256=sha256),)}
    disposition = "attachment; filename=\"Gr__e.png\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.png"
    new = NewObject("acme/5/image-17", 100, sha256, "image/png", disposition)
    assert bench.storage.stored == {"acme/5/image-17": (new, PNG)}


def test_given_two_files_of_one_name_when_relinked_then_they_have_keys_of_their_own() -> None:
    bench = Bench({URL.format(1): PNG, URL.format(2): PDF})

    bench.relink(a_note("5", an_asset(1), an_asset(2, kind=AssetKind.DOCUMENT)))

    assert sorted(bench.storage.stored) == ["acme/5/document-2", "acme/5/image-1"]


def test_given_notes_when_relinked_then_outcomes_are_in_the_notes_order_and_every_note_is_there() -> None:
    bench = Bench({URL.format(n): PNG for n in range(1, 30, 2)})
    notes = [a_note("7", *map(an_asset, (9, 8, 3))), a_note("6"), a_note("5", *map(an_asset, range(20, 30)))]

    outcomes = bench.relink(*notes)

    assert {note_id: [each.asset for each in found] for note_id, found in outcomes.items()} == {
        "7": ["image-9", "image-8", "image-3"],
        "6": [],
        "5": [f"image-{n}" for n in range(20, 30)],
    }
    assert [each.attachment is None for each in outcomes["7"]] == [False, True, False]


def test_given_the_same_bytes_in_place_when_relinked_then_nothing_is_uploaded_again() -> None:
    bench = Bench({URL.format(17): PNG})

    first = bench.relink(a_note("5", an_asset(17)))
    second = bench.relink(a_note("5", an_asset(17)))

    assert first == second
    assert bench.storage.uploads == ["acme/5/image-17"]


@pytest.mark.parametrize(
    ("content", "content_type"), [(PDF, "image/png"), (PNG, "text/html"), (PNG[:-1] + b"x", "image/png")]
)
def test_given_anything_else_in_place_when_relinked_then_it_is_replaced(
    content: bytes, content_type: str
) -> None:
    bench = Bench({URL.format(17): PNG})
    there = NewObject("acme/5/image-17", len(content), hashlib.sha256(content).hexdigest(), content_type)
    bench.storage.put(there, io.BytesIO(content))

    bench.relink(a_note("5", an_asset(17)))

    stored, now = bench.storage.stored["acme/5/image-17"]
    assert (stored.content_type, now) == ("image/png", PNG)


def test_given_no_usable_url_when_relinked_then_the_download_failed_and_nothing_was_asked_for() -> None:
    bench = Bench()

    assert bench.reason(replace(an_asset(1), url=None)) is ReasonCode.ATTACHMENT_DOWNLOAD_FAILED
    assert bench.source.fetched == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"MZ\0", ReasonCode.ATTACHMENT_TYPE_UNSUPPORTED),
        (b"", ReasonCode.ATTACHMENT_TYPE_UNSUPPORTED),
        (PDF, ReasonCode.ATTACHMENT_TYPE_MISMATCH),
        (PNG * 11, ReasonCode.ATTACHMENT_TOO_LARGE),
        (DegradedNote(ReasonCode.ATTACHMENT_HOST_NOT_ALLOWED, "x"), ReasonCode.ATTACHMENT_HOST_NOT_ALLOWED),
        (TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "x"), ReasonCode.ATTACHMENT_DOWNLOAD_FAILED),
        (OSError("disk full"), ReasonCode.ATTACHMENT_DOWNLOAD_FAILED),
    ],
)
def test_given_a_file_that_cannot_be_taken_when_relinked_then_it_fails_alone_with_its_reason(
    content: bytes | Exception, reason: ReasonCode
) -> None:
    bench = Bench({URL.format(1): content, URL.format(2): PNG})

    failed, linked = bench.relink(a_note("5", an_asset(1), an_asset(2)))["5"]

    assert (failed.reason, failed.attachment, failed.sha256) == (reason, None, None)
    assert (linked.reason, linked.attachment is None) == (None, False)
    assert list(bench.storage.stored) == ["acme/5/image-2"]


@pytest.mark.parametrize(
    "failure",
    [
        TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "x"),
        FatalError(ReasonCode.DEPENDENCY_UNAVAILABLE, "x"),
        None,
    ],
)
def test_given_storage_that_fails_or_alters_bytes_when_relinked_then_the_upload_failed(
    failure: TransientError | FatalError | None,
) -> None:
    bench = Bench({URL.format(1): PNG})
    bench.storage.failure = failure
    bench.storage.corrupting = failure is None

    assert bench.reason(an_asset(1)) is ReasonCode.ATTACHMENT_UPLOAD_FAILED
    assert bench.storage.stored == {}


def test_given_a_look_into_a_file_that_breaks_when_relinked_then_its_type_is_unsupported() -> None:
    bench = Bench({URL.format(1): PNG})
    bench.magic.failure = RuntimeError("broken")

    assert bench.reason(an_asset(1)) is ReasonCode.ATTACHMENT_TYPE_UNSUPPORTED


def test_given_a_quota_when_it_is_used_up_exactly_then_the_next_file_is_not_even_fetched() -> None:
    bench = Bench({URL.format(n): PNG for n in range(1, 5)}, concurrency=1)

    outcomes = bench.relink(a_note("5", *map(an_asset, range(1, 5))), quota=200)["5"]

    over = ReasonCode.ATTACHMENT_QUOTA_EXCEEDED
    assert [each.reason for each in outcomes] == [None, None, over, over]
    assert bench.source.fetched == [URL.format(1), URL.format(2)]


@pytest.mark.parametrize("quota", [-5, 0, 99])
def test_given_less_quota_than_a_file_needs_when_relinked_then_it_is_not_stored(quota: int) -> None:
    bench = Bench({URL.format(1): PNG})

    assert bench.reason(an_asset(1), quota=quota) is ReasonCode.ATTACHMENT_QUOTA_EXCEEDED
    assert bench.storage.stored == {}


def test_given_an_upload_that_fails_when_relinked_then_its_bytes_are_free_for_the_next() -> None:
    bench = Bench({URL.format(1): PNG, URL.format(2): PNG}, concurrency=1)
    store = bench.storage.put

    def put(new: NewObject, body: BinaryIO) -> None:
        if new.key.endswith("image-1"):
            raise TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "x")
        store(new, body)

    bench.storage.put = put  # type: ignore[method-assign]

    outcomes = bench.relink(a_note("5", an_asset(1), an_asset(2)), quota=100)["5"]

    assert [each.reason for each in outcomes] == [ReasonCode.ATTACHMENT_UPLOAD_FAILED, None]


@given(quota=st.integers(0, 2500), files=st.integers(1, 20))
def test_given_any_quota_when_files_race_for_it_then_exactly_what_fits_is_stored(
    quota: int, files: int
) -> None:
    bench = Bench({URL.format(n): PNG for n in range(1, files + 1)}, concurrency=8)

    outcomes = bench.relink(a_note("5", *map(an_asset, range(1, files + 1))), quota=quota)["5"]

    linked = [each for each in outcomes if each.attachment]
    assert len(linked) == len(bench.storage.stored) == min(files, quota // 100)
    assert {each.reason for each in outcomes} <= {None, ReasonCode.ATTACHMENT_QUOTA_EXCEEDED}


def test_given_a_batch_when_relinked_then_its_files_are_in_flight_together_up_to_the_limit() -> None:
    bench = Bench({URL.format(n): PNG for n in range(1, 10)}, concurrency=3)
    meeting = Barrier(3)
    fetch = bench.source.fetch

    def fetch_together(url: str, into: BinaryIO, *, max_bytes: int, timeout_seconds: float) -> None:
        meeting.wait(timeout=10)  # passes only where three notes' files are fetched at once
        fetch(url, into, max_bytes=max_bytes, timeout_seconds=timeout_seconds)

    bench.source.fetch = fetch_together  # type: ignore[method-assign]

    outcomes = bench.relink(*[a_note(str(n), an_asset(n)) for n in range(1, 10)])

    assert all(found[0].attachment for found in outcomes.values())
    assert bench.source.most_in_flight <= 3


def test_given_a_task_that_is_stopped_when_relinking_then_files_not_begun_are_left() -> None:
    bench = Bench({URL.format(n): PNG for n in range(1, 200)}, concurrency=1)

    class Stopped(BaseException):
        pass

    def inspect(file: BinaryIO) -> FileFacts:
        raise Stopped

    bench.magic.inspect = inspect  # type: ignore[method-assign]

    with pytest.raises(Stopped):
        bench.relink(a_note("5", *map(an_asset, range(1, 200))))

    assert len(bench.source.fetched) < 199


def test_given_settings_when_limits_are_taken_then_they_are_those_of_the_run() -> None:
    limits = AttachmentLimits.of(MigrationSettings())

    assert limits == AttachmentLimits(max_bytes=25 * 1024**2, timeout_seconds=30, concurrency=8)
