"""CRM ids: `[1-9][0-9]{0,18}` as integer or decimal string, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes_migration.domain.ids import crm_id


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), ("1", "1"), (10**18, "1" + "0" * 18), ("9" * 19, "9" * 19), (int("9" * 19), "9" * 19)],
)
def test_given_an_id_of_at_most_19_digits_when_read_then_it_is_its_decimal_string(
    value: object, text: str
) -> None:
    assert crm_id(value) == text


@pytest.mark.parametrize(
    "value",
    [
        *(0, -1, "0", "-1", "+1", "01", "1.0", "1e3", "1_0", "0x1", "", " 1", "1 ", "1\n", "\n1"),
        *(True, False, 1.0, None, [], {}, b"1", 10**19, "1" + "0" * 19, -(10**19)),
        *("\u0661", "\uff11", "1²", "Ⅷ", "1\x00", "abc", "1/../2", "1 OR 1=1", {"$gt": ""}),
    ],
)
def test_given_anything_that_is_no_crm_id_when_read_then_there_is_none(value: object) -> None:
    assert crm_id(value) is None


@given(st.integers(min_value=1, max_value=10**19 - 1))
def test_given_any_id_when_read_as_number_and_as_string_then_both_are_one_key(number: int) -> None:
    assert crm_id(number) == crm_id(str(number)) == str(number)


@given(st.text())
def test_given_any_text_when_read_as_id_then_what_comes_out_is_safe_in_a_key(text: str) -> None:
    found = crm_id(text)

    assert found is None or (found == text and found.isascii() and found.isdigit() and len(found) <= 19)


def test_given_a_number_too_long_to_print_when_read_then_there_is_no_id() -> None:
    assert crm_id(10**5000) is None
