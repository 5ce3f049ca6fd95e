"""Documents are compared by value and by type, and told apart by the path of the field alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from bson.int64 import Int64

from sandbox.accounts.differences import differences

AT = datetime(2021, 3, 4, 10, 0, 0, 250_000, tzinfo=UTC)


def a_document(**changes: Any) -> dict[str, Any]:
    document = {
        "note": "rahasia",
        "owner_id": None,
        "attachments": [{"type": "pdf", "file_size_in_byte": Int64(5)}],
        "created_at": AT,
    }
    return document | changes


def test_given_equal_documents_when_compared_then_nothing_is_said() -> None:
    assert list(differences(a_document(), a_document())) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"note": "lain"}, "note: other value"),
        ({"owner_id": "x"}, "owner_id: type str, expected NoneType"),
        ({"created_at": AT.replace(microsecond=251_000)}, "created_at: other value"),
        ({"created_at": "2021-03-04"}, "created_at: type str, expected datetime"),
        ({"attachments": []}, "attachments: 0 elements, expected 1"),
        ({"attachments": None}, "attachments: type NoneType, expected list"),
        (
            {"attachments": [{"type": "pdf", "file_size_in_byte": 5}]},
            "attachments[0].file_size_in_byte: type int, expected Int64",
        ),
        ({"attachments": [{"type": "pdf"}]}, "attachments[0].file_size_in_byte: missing"),
        ({"extra": 1}, "extra: not expected"),
    ],
)
def test_given_one_changed_field_when_compared_then_it_is_named(changes: dict[str, Any], line: str) -> None:
    assert list(differences(a_document(), a_document(**changes))) == [line]


def test_given_different_notes_when_compared_then_no_content_is_said() -> None:
    lines = list(differences(a_document(), a_document(note="terbuka", owner_id="abc")))

    assert not any(word in line for line in lines for word in ("rahasia", "terbuka", "abc"))
