"""Attachments without files: Relinker."""

from __future__ import annotations

from collections.abc import Sequence

from notes_migration.domain.attachments import AssetOutcome, StoredAttachment
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.notes import CrmAsset, CrmNote


class StubRelinker:
    """Links every file that has an address, 10 bytes each; `relinked` are the notes of every call."""

    def __init__(self) -> None:
        self.relinked: list[list[str]] = []
        self.quotas: list[int] = []

    def relink(
        self, notes: Sequence[CrmNote], *, quota_left_bytes: int
    ) -> dict[str, tuple[AssetOutcome, ...]]:
        self.relinked.append([note.note_id for note in notes])
        self.quotas.append(quota_left_bytes)
        return {note.note_id: tuple(_outcome(asset) for asset in note.assets) for note in notes}


def _outcome(asset: CrmAsset) -> AssetOutcome:
    if asset.url is None:
        return AssetOutcome(asset.name, reason=ReasonCode.ATTACHMENT_DOWNLOAD_FAILED)
    stored = StoredAttachment(f"https://files.example/{asset.name}", "image", 10, "10 B", asset.name)
    return AssetOutcome(asset.name, attachment=stored, sha256="00")
