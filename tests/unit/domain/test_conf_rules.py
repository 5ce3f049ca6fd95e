"""A run's conf: which fields, which values, and messages that echo nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes_migration.domain.conf import Mode, param_schemas, parse_conf
from notes_migration.domain.errors import FatalError, ReasonCode

GOOD: dict[str, Any] = {"cid": "acme", "company_sso_id": "acme-company"}
SECRET = "s3cr3t value!"


def refusal_of(raw: object) -> FatalError:
    with pytest.raises(FatalError) as caught:
        parse_conf(raw)
    assert caught.value.reason is ReasonCode.INVALID_REQUEST
    return caught.value


def test_given_only_the_pair_when_read_then_the_defaults_are_a_plain_migration() -> None:
    conf = parse_conf(GOOD)

    assert (conf.mode, conf.batch_size, conf.reasons, conf.rerun) == (Mode.MIGRATE, None, None, False)
    assert conf.writes


@pytest.mark.parametrize(
    ("mode", "writes"), [("migrate", True), ("replay_failed", True), ("dry_run", False), ("verify", False)]
)
def test_given_a_mode_when_read_then_only_two_of_them_write(mode: str, writes: bool) -> None:
    assert parse_conf({**GOOD, "mode": mode}).writes is writes


@pytest.mark.parametrize("field", ["cid", "company_sso_id"])
@pytest.mark.parametrize("value", ["a", "A", "0", "a_b-C9", "a" * 64, "9-_"])
def test_given_an_account_id_of_the_alphabet_when_read_then_it_is_kept(field: str, value: str) -> None:
    assert getattr(parse_conf({**GOOD, field: value}), field) == value


@pytest.mark.parametrize("field", ["cid", "company_sso_id"])
@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            "-a",
            "_a",
            "a" * 65,
            "a b",
            "a/b",
            "../x",
            "a.b",
            "a:b",
            "a$",
            "ä",
            "a\n",
            "a\r\n",
            "\na",
            "a\x00",
        ),
        *("a\u2028", "\uff11", "a\u200b", 5, 5.0, True, None, ["a"], {"a": 1}, b"a"),
    ],
)
def test_given_another_account_id_when_read_then_the_field_is_named_and_the_value_is_not(
    field: str, value: object
) -> None:
    message = refusal_of({**GOOD, field: value}).message

    assert message.startswith(f"{field}: ")
    if isinstance(value, str) and len(value) > 2:
        assert value not in message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("mode", each) for each in (SECRET, "MIGRATE", "", None, 1, ["migrate"])),
        *(("batch_size", each) for each in (0, 1001, -1, True, 1.0, 1.5, "10", SECRET, [1])),
        *(("rerun", each) for each in ("true", 1, 0, None, SECRET)),
        *(("reasons", each) for each in ("NOTE_INVALID", SECRET, [SECRET], [None], {"a": 1}, 1)),
    ],
)
def test_given_a_bad_value_when_read_then_the_message_names_the_field_and_never_the_value(
    field: str, value: object
) -> None:
    message = refusal_of({**GOOD, "mode": "replay_failed", field: value}).message

    assert message.startswith(field)
    assert SECRET not in message


@pytest.mark.parametrize("size", [1, 500, 1000, None])
def test_given_a_batch_size_within_the_limits_when_read_then_it_is_kept(size: int | None) -> None:
    assert parse_conf({**GOOD, "batch_size": size}).batch_size == size


@pytest.mark.parametrize("field", ["cid", "company_sso_id"])
def test_given_a_missing_field_when_read_then_it_is_named(field: str) -> None:
    raw = {name: value for name, value in GOOD.items() if name != field}

    assert refusal_of(raw).message == f"{field}: Field required"


def test_given_several_mistakes_when_read_then_each_is_named_once() -> None:
    message = refusal_of({"cid": "../x", "batch_size": 5000, "colour": SECRET}).message

    assert [part.split(":")[0] for part in message.split("; ")] == [
        "cid",
        "company_sso_id",
        "batch_size",
        "colour",
    ]
    assert SECRET not in message


def test_given_an_unknown_key_when_read_then_its_name_is_bounded_and_on_one_line() -> None:
    key = "\x1b[31mred\n\u202edesrever\u2028" + "k" * 500

    message = refusal_of({**GOOD, key: SECRET}).message

    assert message.isprintable()
    assert message.endswith(": unknown key")
    assert len(message) < 100
    assert SECRET not in message


@pytest.mark.parametrize("key", [1, None, ("a",), "\ud800"])
def test_given_a_key_that_is_no_name_when_read_then_it_is_refused(key: object) -> None:
    refusal_of({**GOOD, key: SECRET})


@pytest.mark.parametrize("raw", [None, [], "conf", 1, [("cid", "a")]])
def test_given_no_object_when_read_then_it_is_refused(raw: object) -> None:
    assert refusal_of(raw).message == "conf is not a JSON object"


def test_given_reasons_with_replay_when_read_then_they_are_codes() -> None:
    conf = parse_conf({**GOOD, "mode": "replay_failed", "reasons": ["NOTE_INVALID", "CONTACT_NOT_MAPPED"]})

    assert conf.reasons == (ReasonCode.NOTE_INVALID, ReasonCode.CONTACT_NOT_MAPPED)


@pytest.mark.parametrize("mode", ["migrate", "dry_run", "verify"])
def test_given_reasons_with_another_mode_when_read_then_they_are_refused(mode: str) -> None:
    assert refusal_of({**GOOD, "mode": mode, "reasons": ["NOTE_INVALID"]}).message == (
        "reasons: only with mode replay_failed"
    )


def test_given_a_read_conf_when_changed_then_it_is_not_possible() -> None:
    conf = parse_conf(GOOD)

    with pytest.raises(ValueError, match="frozen"):
        conf.cid = "other"  # type: ignore[misc]


def test_given_the_model_when_made_into_params_then_airflow_gets_flat_schemas() -> None:
    schemas = param_schemas()

    assert set(schemas) == {"cid", "company_sso_id", "mode", "batch_size", "reasons", "rerun"}
    assert "default" not in schemas["cid"]
    assert "default" not in schemas["company_sso_id"]
    assert schemas["mode"]["enum"] == [mode.value for mode in Mode]
    assert schemas["batch_size"]["type"] == ["integer", "null"]
    assert (schemas["batch_size"]["minimum"], schemas["batch_size"]["maximum"]) == (1, 1000)
    assert "$ref" not in str(schemas)
    assert "anyOf" not in str(schemas)


@given(st.dictionaries(st.text(max_size=20), st.text(min_size=4, max_size=20), max_size=4))
def test_given_any_extra_fields_when_read_then_no_value_is_echoed(extra: dict[str, str]) -> None:
    marked = {key: f"canary-{value}" for key, value in extra.items()}

    try:
        parse_conf({**GOOD, **marked})
    except FatalError as error:
        assert "canary" not in error.message  # noqa: PT017 - both ends are right, an echo is not
