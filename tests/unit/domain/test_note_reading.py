"""One note of the CRM: strict where a guess would lose or misplace data, lenient elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes_migration.domain.errors import ReasonCode, RejectedNote
from notes_migration.domain.notes import AssetKind, CrmNote, parse_note
from notes_migration.domain.parsing import parse_batch
from tests.support.builders import NOW, a_crm_note

CANARY = "canary-text"


def read(**changes: Any) -> CrmNote:
    return parse_note(a_crm_note(**changes), now=NOW)


def rejection_of(raw: dict[str, Any]) -> RejectedNote:
    with pytest.raises(RejectedNote) as caught:
        parse_note(raw, now=NOW)
    assert caught.value.reason is ReasonCode.NOTE_INVALID
    return caught.value


def test_given_a_note_of_the_contract_when_read_then_every_field_is_there() -> None:
    note = parse_note(a_crm_note(crm_checkin={"id": 5}), now=NOW)

    assert note == CrmNote(
        note_id="51",
        type_id=1,
        html="<p>Spoke to Sari</p>",
        person_id="9001",
        creator_id="77",
        creator_name="Sari W.",
        created_at=datetime(2021, 3, 4, 3, tzinfo=UTC),
        updated_at=datetime(2021, 3, 5, 1, 30, microsecond=250_000, tzinfo=UTC),
        assets=(),
        has_checkin=True,
    )


def test_given_ids_as_strings_when_read_then_they_are_the_same_ids() -> None:
    strings = {"note_id": "51", "crm_person_id": "9001", "creator_id": "77", "crm_note_type_id": "1"}

    assert read(**strings) == read()


@pytest.mark.parametrize("field", ["id", "crm_note_type_id"])
@pytest.mark.parametrize("value", [None, 0, -5, "abc", "051", 1.0, True, [], {"$ne": 1}, "1" * 20])
def test_given_an_unusable_id_or_type_when_read_then_the_note_is_invalid(field: str, value: object) -> None:
    rejection_of({**a_crm_note(), field: value})


@pytest.mark.parametrize("field", ["crm_person_id", "creator_id"])
@pytest.mark.parametrize("value", [0, -5, "abc", "", "051", 1.0, True, [], "1" * 20])
def test_given_a_reference_that_is_no_id_when_read_then_the_note_is_invalid(
    field: str, value: object
) -> None:
    rejection_of({**a_crm_note(), field: value})


@pytest.mark.parametrize("field", ["crm_person_id", "creator_id"])
def test_given_no_reference_when_read_then_there_is_none(field: str) -> None:
    absent = {name: value for name, value in a_crm_note().items() if name != field}

    assert parse_note(absent, now=NOW) == read(**{field: None})


@pytest.mark.parametrize(
    "value", [None, "2021-03-04T10:00:00", "yesterday", 1614826800, "1999-12-31T00:00:00Z"]
)
def test_given_an_unusable_created_at_when_read_then_the_note_is_invalid(value: object) -> None:
    rejection_of(a_crm_note(created_at=value))


@pytest.mark.parametrize("value", ["2021-03-04T10:00:00", "", 0, False])
def test_given_an_unusable_updated_at_when_read_then_it_is_not_replaced_by_a_guess(value: object) -> None:
    rejection_of(a_crm_note(updated_at=value))


def test_given_no_updated_at_when_read_then_it_is_the_creation() -> None:
    note = read(updated_at=None)

    assert note.updated_at == note.created_at


@pytest.mark.parametrize("value", [1, ["<p>"], {"html": "x"}, True])
def test_given_text_that_is_no_string_when_read_then_the_note_is_invalid(value: object) -> None:
    rejection_of(a_crm_note(note=value))


def test_given_no_text_when_read_then_it_is_empty() -> None:
    assert read(note=None).html == ""


@pytest.mark.parametrize("value", [None, 7, ["Sari"], {"first": "Sari"}])
def test_given_a_creator_name_that_is_no_string_when_read_then_it_is_empty(value: object) -> None:
    assert read(creator_name=value).creator_name == ""


def test_given_a_note_that_is_rejected_when_read_then_the_message_holds_nothing_of_it() -> None:
    error = rejection_of(a_crm_note(note=CANARY, creator_name=CANARY, created_at=CANARY))

    assert CANARY not in str(error)
    assert CANARY not in repr(error)


def test_given_files_of_each_association_when_read_then_names_are_unique_within_the_note() -> None:
    file = {"id": 7, "url": "https://cdn.example/a", "file_name": "a.png", "content_type": "image/png"}

    note = read(images=[file, {**file, "id": 8}], audios=[file], documents=[file])

    assert [asset.name for asset in note.assets] == ["image-7", "image-8", "audio-7", "document-7"]
    assert [asset.kind for asset in note.assets][2:] == [AssetKind.AUDIO, AssetKind.DOCUMENT]


def test_given_the_same_file_twice_when_read_then_it_is_one() -> None:
    file = {"id": 7, "url": "https://cdn.example/a"}

    assert len(read(images=[file, file, {**file, "id": "7"}]).assets) == 1


@pytest.mark.parametrize(
    "entry",
    [
        *(None, "x", 5, [], {}, {"id": None, "url": "https://a"}, {"id": "../../x", "url": "https://a"}),
        *({"id": 7}, {"id": 7, "url": None}, {"id": 7, "url": ""}, {"id": 7, "url": ["https://a"]}),
    ],
)
def test_given_a_file_that_cannot_be_one_when_read_then_it_stays_as_an_asset_that_will_fail(
    entry: object,
) -> None:
    (asset,) = read(documents=[entry]).assets

    assert asset.url is None
    assert asset.name in {"document-7", "document-invalid-0"}


@pytest.mark.parametrize("field", ["images", "audios", "documents"])
@pytest.mark.parametrize("value", [{}, "x", 5, True])
def test_given_files_that_are_no_list_when_read_then_the_note_is_invalid(field: str, value: object) -> None:
    rejection_of(a_crm_note(**{field: value}))


@pytest.mark.parametrize("checkin", [None, {}, False])
def test_given_no_checkin_when_read_then_none_is_dropped(checkin: object) -> None:
    assert not read(crm_checkin=checkin).has_checkin


def test_given_unknown_fields_when_read_then_they_are_ignored() -> None:
    assert read(**{"$where": "1", "mentions": [1], "": None}) == read()


def test_given_a_page_when_read_then_every_note_is_in_scope_or_invalid_or_not_asked_for() -> None:
    page = [
        a_crm_note(1),
        a_crm_note(2, crm_note_type_id=6),
        a_crm_note(3, crm_note_type_id=2),
        a_crm_note(4, created_at=None),
        a_crm_note(None),
        a_crm_note(6, crm_note_type_id=None),
    ]

    parsed = parse_batch(page, type_ids=(1, 6), now=NOW)

    assert [note.note_id for note in parsed.notes] == ["1", "2"]
    assert [each.note_id for each in parsed.invalid] == ["4", "", "6"]
    assert parsed.not_asked == 1
    assert parsed.ids == ["1", "2", "4", "6"]


FIELDS = st.sampled_from(sorted(a_crm_note()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=4), max_size=6))
def test_given_any_json_in_any_field_when_a_page_is_read_then_none_is_lost(
    changes: list[dict[str, Any]],
) -> None:
    page = [{**a_crm_note(), **each} for each in changes]

    parsed = parse_batch(page, type_ids=(1, 6), now=NOW)

    assert len(parsed.notes) + len(parsed.invalid) + parsed.not_asked == len(page)
