"""Counts as documents and back: the one place that knows their field names in Mongo and XCom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from notes_migration.domain.ledger import AttachmentCounts, BatchCounts, OwnerCounts


def counts_to_document(counts: BatchCounts) -> dict[str, Any]:
    """Return the counts as plain numbers and maps."""
    return asdict(counts)


def counts_from_document(document: Mapping[str, Any]) -> BatchCounts:
    """Return the counts that `counts_to_document` wrote."""
    fields = dict(document)
    fields["attachments"] = AttachmentCounts(**fields["attachments"])
    fields["owners"] = OwnerCounts(**fields["owners"])
    return BatchCounts(**fields)
