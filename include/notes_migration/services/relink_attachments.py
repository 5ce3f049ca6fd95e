"""Move the files of a batch's notes into the tenant's storage, each to exactly one outcome."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

from notes_migration.domain.attachment_types import decide_type
from notes_migration.domain.attachments import AssetOutcome, AttachmentLimits, StoredAttachment, storage_key
from notes_migration.domain.errors import DegradedNote, ReasonCode
from notes_migration.domain.file_names import clean_file_name, content_disposition, human_size
from notes_migration.domain.file_types import SAFE_EXTENSIONS, FileType
from notes_migration.domain.notes import CrmAsset, CrmNote
from notes_migration.ports.attachment_source import AttachmentSource
from notes_migration.ports.file_magic import FileMagic
from notes_migration.ports.object_storage import NewObject, ObjectStorage
from notes_migration.services.attachment_quota import AttachmentQuota

_IN_MEMORY_BYTES = 1024 * 1024


class AttachmentProcessor:
    """Relinks the attachments of one account's notes (RFC decision 8)."""

    def __init__(
        self,
        *,
        source: AttachmentSource,
        storage: ObjectStorage,
        magic: FileMagic,
        limits: AttachmentLimits,
        company_sso_id: str,
        file_proxy_base_url: str,
    ) -> None:
        self._source = source
        self._storage = storage
        self._magic = magic
        self._limits = limits
        self._company = company_sso_id
        self._base_url = file_proxy_base_url.rstrip("/")

    def relink(
        self, notes: Sequence[CrmNote], *, quota_left_bytes: int
    ) -> dict[str, tuple[AssetOutcome, ...]]:
        """Return note id -> one outcome per asset, in the note's order; no asset fails another.

        At most `limits.concurrency` files are in flight over the whole batch, each with at most one MiB
        in memory; the rest of a file is on disk.
        """
        quota = AttachmentQuota(quota_left_bytes)
        pool = ThreadPoolExecutor(self._limits.concurrency, thread_name_prefix="attachment")
        try:
            started = {
                note.note_id: [
                    pool.submit(self._outcome, note.note_id, asset, quota) for asset in note.assets
                ]
                for note in notes
            }
            return {note_id: tuple(each.result() for each in found) for note_id, found in started.items()}
        finally:
            # A task that is being stopped waits for the files in flight, not for those behind them.
            pool.shutdown(cancel_futures=True)

    def _outcome(self, note_id: str, asset: CrmAsset, quota: AttachmentQuota) -> AssetOutcome:
        try:
            return self._relink(note_id, asset, quota)
        except DegradedNote as failure:
            return AssetOutcome(asset.name, reason=failure.reason)

    def _relink(self, note_id: str, asset: CrmAsset, quota: AttachmentQuota) -> AssetOutcome:
        if asset.url is None:
            raise DegradedNote(ReasonCode.ATTACHMENT_DOWNLOAD_FAILED, "the CRM gave no usable file")
        quota.require_room()
        with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as spooled:
            file = cast(BinaryIO, spooled)
            with _failing_as(ReasonCode.ATTACHMENT_DOWNLOAD_FAILED):
                self._source.fetch(
                    asset.url,
                    file,
                    max_bytes=self._limits.max_bytes,
                    timeout_seconds=self._limits.timeout_seconds,
                )
            with _failing_as(ReasonCode.ATTACHMENT_TYPE_UNSUPPORTED):
                facts = self._magic.inspect(file)
                decided = decide_type(facts, asset)
            new = self._describe(note_id, asset, decided, file)
            with quota.taking(new.size), _failing_as(ReasonCode.ATTACHMENT_UPLOAD_FAILED):
                self._store(new, file)
        return self._linked(asset, decided, new)

    def _describe(self, note_id: str, asset: CrmAsset, decided: FileType, file: BinaryIO) -> NewObject:
        size, sha256 = _measure(file)
        return NewObject(
            key=storage_key(self._company, note_id, asset.name),
            size=size,
            sha256=sha256,
            content_type=decided.stored_as,
            content_disposition=content_disposition(
                clean_file_name(asset.file_name, default=asset.name),
                safe_extensions=SAFE_EXTENSIONS,
                own_extension=decided.extension,
            ),
        )

    def _store(self, new: NewObject, file: BinaryIO) -> None:
        present = self._storage.head(new.key)
        if present and (present.size, present.sha256, present.content_type) == (
            new.size,
            new.sha256,
            new.content_type,
        ):
            return
        self._storage.put(new, file)

    def _linked(self, asset: CrmAsset, decided: FileType, new: NewObject) -> AssetOutcome:
        attachment = StoredAttachment(
            url=f"{self._base_url}/{new.key}",
            type=decided.cdp_type,
            file_size_in_byte=new.size,
            file_size=human_size(new.size),
            file_name=clean_file_name(asset.file_name, default=asset.name),
        )
        return AssetOutcome(asset.name, attachment=attachment, sha256=new.sha256)


def _measure(file: BinaryIO) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    file.seek(0)
    while chunk := file.read(_IN_MEMORY_BYTES):
        size += len(chunk)
        digest.update(chunk)
    return size, digest.hexdigest()


@contextmanager
def _failing_as(reason: ReasonCode) -> Iterator[None]:
    """Turn whatever fails one file into its reason: a file never fails its note, nor the batch."""
    try:
        yield
    except DegradedNote:
        raise
    except Exception as error:  # noqa: BLE001 - see above; the class name is all that may be said
        raise DegradedNote(reason, type(error).__name__) from None
