"""What a rollback may remove, whose account it may take, and what its conf may say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.rollback import (
    Kept,
    RollbackConf,
    Stamp,
    note_of_key,
    parse_rollback_conf,
    refuse_rollback,
    sort_out,
)
from notes_migration.domain.run import RollbackMode
from notes_migration.domain.states import RunState
from tests.support.builders import NOW

PAIR = {"cid": "acme", "company_sso_id": "acme-company"}
LATER = NOW + timedelta(seconds=1)
WRITTEN = frozenset({NOW})


def an_account(**changes: Any) -> AccountRecord:
    fields = {**PAIR, "state": RunState.COMPLETED_SUCCESS, "last_run_id": "acme__1"}
    return AccountRecord(**{**fields, **changes})


def test_given_no_word_about_a_dry_run_when_parsed_then_it_is_one() -> None:
    assert parse_rollback_conf(PAIR) == RollbackConf(**PAIR, dry_run=True)
    assert parse_rollback_conf(PAIR).mode is RollbackMode.ROLLBACK_DRY_RUN
    assert parse_rollback_conf({**PAIR, "dry_run": False}).mode is RollbackMode.ROLLBACK


@pytest.mark.parametrize(
    ("conf", "field"),
    [
        ([], "conf"),
        ({}, "cid"),
        ({"cid": "acme"}, "company_sso_id"),
        ({**PAIR, "cid": "../x"}, "cid"),
        ({**PAIR, "cid": "acme\n"}, "cid"),
        ({**PAIR, "cid": 7}, "cid"),
        ({**PAIR, "dry_run": "false"}, "dry_run"),
        ({**PAIR, "dry_run": 0}, "dry_run"),
        ({**PAIR, "dry_run": None}, "dry_run"),
        ({**PAIR, "mode": "migrate"}, "mode: unknown key"),
        ({**PAIR, "s3cr3t": 1}, "s3cr3t: unknown key"),
    ],
)
def test_given_a_conf_that_is_wrong_when_parsed_then_the_field_is_named_and_no_value(
    conf: object, field: str
) -> None:
    with pytest.raises(FatalError) as caught:
        parse_rollback_conf(conf)

    assert caught.value.reason is ReasonCode.INVALID_REQUEST
    assert field in caught.value.message
    assert "../x" not in caught.value.message


@pytest.mark.parametrize("state", [state for state in RunState if state is not RunState.NOT_STARTED])
def test_given_an_account_that_wrote_something_when_asked_then_it_may_be_rolled_back(state: RunState) -> None:
    assert refuse_rollback(parse_rollback_conf(PAIR), [an_account(state=state)], run_id="back") is None


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([an_account(company_sso_id="other-company")], ReasonCode.TENANT_MISMATCH),
        ([an_account(), an_account(cid="rival")], ReasonCode.TENANT_MISMATCH),
        ([an_account(cid="rival")], ReasonCode.TENANT_MISMATCH),
        ([], ReasonCode.CID_NOT_FOUND),
        ([an_account(company_sso_id=None, state=RunState.HALTED)], ReasonCode.CID_NOT_FOUND),
        ([an_account(state=RunState.NOT_STARTED)], ReasonCode.CID_NOT_FOUND),
        ([an_account(active_run_id="acme__2")], ReasonCode.JOB_ALREADY_RUNNING),
    ],
    ids=[
        "bound to another",
        "the company is another's too",
        "another's",
        "never seen",
        "never wrote",
        "rolled back",
        "busy",
    ],
)
def test_given_an_account_that_may_not_be_touched_when_asked_then_it_is_refused_with_its_code(
    records: list[AccountRecord], reason: ReasonCode
) -> None:
    refusal = refuse_rollback(parse_rollback_conf(PAIR), records, run_id="back")

    assert refusal is not None
    assert refusal.reason is reason


def test_given_the_next_attempt_of_a_rollback_when_asked_then_its_own_hold_does_not_refuse_it() -> None:
    account = an_account(active_run_id="back", state=RunState.IN_PROGRESS)

    assert refuse_rollback(parse_rollback_conf(PAIR), [account], run_id="back") is None


def test_given_stored_notes_when_sorted_out_then_only_the_untouched_may_go() -> None:
    intended = {str(each): WRITTEN for each in range(1, 7)} | {
        "10": frozenset({LATER, NOW}),
        "7": frozenset(),
    }
    stored = {
        "1": Stamp(NOW, is_deleted=False),
        "2": Stamp(LATER, is_deleted=False),
        "3": Stamp(NOW, is_deleted=True),
        "4": Stamp(None, is_deleted=False),
        "7": Stamp(NOW, is_deleted=False),
        "10": Stamp(LATER, is_deleted=False),
        "99": Stamp(NOW, is_deleted=False),
    }

    found = sort_out(intended, stored)

    assert list(found.removable.items()) == [("1", WRITTEN), ("10", frozenset({LATER, NOW}))]
    assert found.kept == {"2": Kept.EDITED, "3": Kept.DELETED, "4": Kept.EDITED, "7": Kept.NOT_KNOWN}
    assert found.absent == ("5", "6")
    assert found.kept_by_reason() == {"edited": 2, "deleted": 1, "not_known": 1}
    assert found.kept_ids() == {"deleted": ["3"], "edited": ["2", "4"], "not_known": ["7"]}


@pytest.mark.parametrize(
    ("key", "note_id"),
    [
        ("acme-company/51/image-7", "51"),
        ("acme-company/51/document-9999999999999999999", "51"),
        ("acme-company/51/report.pdf", None),
        ("acme-company/51/image-7/thumbnail", None),
        ("acme-company/051/image-7", None),
        ("acme-company/51/image-0", None),
        ("acme-company/image-7", None),
        ("acme-company-2/51/image-7", None),
        ("other/acme-company/51/image-7", None),
        ("", None),
    ],
)
def test_given_a_key_when_read_then_only_the_migrations_own_name_a_note(
    key: str, note_id: str | None
) -> None:
    assert note_of_key("acme-company", key) == note_id
