"""The whole pipeline over real services at the edges of the rules: thresholds, refusals, a CRM that errs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from notes_migration.adapters.mongo_index import INDEX_NAME
from notes_migration.domain.errors import FatalError, MigrationError, ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from sandbox.accounts.model import Account
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.faults import Content, Fault, Transport
from sandbox.simulators.process import Control
from tests.support.builders import a_crm_note
from tests.support.local_pipeline import LocalPipeline
from tests.support.small_account import small_account, some_notes

pytestmark = pytest.mark.integration
SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)
Document = dict[str, Any]
Loading = Callable[..., Account]


@pytest.fixture
def loaded(pipeline: LocalPipeline, world: Control) -> Iterator[Loading]:
    """Return a loader: gives an account's notes to the CRM and its contacts to the CDP."""
    cids: list[str] = []

    def load(notes: Sequence[Document], cid: str = "acme", **account: Any) -> Account:
        built = small_account(cid, notes, **account)
        world.load(built)
        seed_mongo(pipeline.resources.database, built)
        cids.append(cid)
        return built

    yield load
    for cid in cids:
        world.unload(cid)


def halted(reason: ReasonCode) -> Outcome:
    return Outcome(RunState.HALTED, reason)


def refusal_of(call: Callable[[], object]) -> ReasonCode:
    with pytest.raises(MigrationError) as caught:
        call()
    return caught.value.reason


def classes(pipeline: LocalPipeline, cid: str = "acme") -> dict[str, int]:
    record = pipeline.record(cid)
    counts: dict[str, int] = record["counts"]
    assert sum(counts.values()) == record["source_total"]
    return counts


def migrated_ids(pipeline: LocalPipeline) -> list[int]:
    notes = pipeline.resources.database["contact_notes"].find({"legacy_crm_note_id": {"$exists": True}})
    return sorted(int(note["legacy_crm_note_id"]) for note in notes)


def account_record(pipeline: LocalPipeline, cid: str = "acme") -> Document | None:
    found: Document | None = pipeline.resources.database["notes_migration_accounts"].find_one({"cid": cid})
    return found


def status_of(pipeline: LocalPipeline, cid: str = "acme") -> Document | None:
    found = pipeline.resources.redis_client.get(f"notes_migration:{cid}")
    return None if found is None else json.loads(found)


# ---------------------------------------------------------------------- thresholds
@pytest.mark.parametrize(
    ("unmapped", "outcome"),
    [(1, SUCCESS), (2, halted(ReasonCode.COVERAGE_BELOW_THRESHOLD))],
    ids=["exactly 99 %", "one person under"],
)
def test_given_coverage_at_the_threshold_when_run_then_exactly_at_it_passes(
    pipeline: LocalPipeline, loaded: Loading, unmapped: int, outcome: Outcome
) -> None:
    notes = [a_crm_note(each, crm_person_id=each) for each in range(1, 101)]
    loaded(notes, contacts={person: f"c{person}" for person in range(1, 101 - unmapped)})

    assert pipeline.run("acme") == outcome

    written = migrated_ids(pipeline)
    assert written == (list(range(1, 100)) if outcome == SUCCESS else [])
    record = account_record(pipeline)
    assert record is not None
    assert ("company_sso_id" in record) is (outcome == SUCCESS)
    assert (record["state"], record["active_run"]) == (outcome.state, None)


@pytest.mark.parametrize(
    ("failing", "outcome"),
    [(2, SUCCESS), (3, halted(ReasonCode.FAILURE_RATE_EXCEEDED))],
    ids=["exactly 1 %", "one over"],
)
def test_given_failures_at_the_threshold_when_run_then_exactly_at_it_is_good(
    pipeline: LocalPipeline, loaded: Loading, failing: int, outcome: Outcome
) -> None:
    loaded([*some_notes(200 - failing), *(a_crm_note(1000 + n, created_at=None) for n in range(failing))])

    assert pipeline.run("acme", batch_size=50) == outcome

    assert pipeline.record("acme")["failed_by_reason"] == {"NOTE_INVALID": failing}
    failures = pipeline.resources.database["notes_migration_failures"]
    assert failures.count_documents({"cid": "acme", "kind": "note"}) == failing


def test_given_no_notes_when_run_then_it_is_a_success_with_nothing_to_do(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded([a_crm_note(1, crm_note_type_id=2)])

    assert pipeline.run("acme") == SUCCESS

    assert classes(pipeline)["out_of_scope"] == 1
    assert pipeline.record("acme")["match_pct"] == 100.0
    record = account_record(pipeline)
    assert record is not None
    assert "company_sso_id" not in record


# ---------------------------------------------------------------------- refusals
def test_given_an_unknown_organization_when_guarded_then_nothing_is_left_behind(
    pipeline: LocalPipeline, world: Control
) -> None:
    assert refusal_of(lambda: pipeline.guard("nobody")) is ReasonCode.CID_NOT_FOUND
    assert account_record(pipeline, "nobody") is None


def test_given_the_flag_off_when_guarded_then_the_crm_is_not_asked(
    pipeline: LocalPipeline, loaded: Loading, world: Control
) -> None:
    loaded(some_notes(3))
    pipeline.resources.flag.on = False

    assert refusal_of(lambda: pipeline.guard("acme")) is ReasonCode.FLAG_DISABLED
    assert world.requests("crm") == []
    assert account_record(pipeline) is None


def test_given_the_flag_thrown_during_a_run_when_it_goes_on_then_the_batch_in_hand_is_finished(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded(some_notes(30))
    pipeline.resources.flag.looks_left = 2  # guard, and one batch

    assert pipeline.run("acme", batch_size=10) == halted(ReasonCode.FLAG_DISABLED)
    assert len(migrated_ids(pipeline)) == 10

    pipeline.resources.flag.looks_left = None
    assert pipeline.run("acme", batch_size=10) == SUCCESS
    assert (classes(pipeline)["migrated"], classes(pipeline)["already_present"]) == (20, 10)


@pytest.mark.parametrize(
    ("cid", "company"), [("acme", "rival-company"), ("rival", "acme-company")], ids=["account", "company"]
)
def test_given_a_bound_pair_when_either_half_is_asked_for_then_it_is_refused_before_the_crm_is_read(
    pipeline: LocalPipeline, loaded: Loading, world: Control, cid: str, company: str
) -> None:
    loaded(some_notes(3))
    loaded([], cid="rival")
    assert pipeline.run("acme") == SUCCESS
    world.clear_journal()
    before = account_record(pipeline, cid)

    reason = refusal_of(lambda: pipeline.guard(cid, company=company, rerun=True))

    assert reason is ReasonCode.TENANT_MISMATCH
    assert world.requests("crm") == []
    assert account_record(pipeline, cid) == before


def test_given_a_mistaken_pair_that_wrote_nothing_when_corrected_then_it_is_not_bound(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded(some_notes(3))

    assert pipeline.run("acme", company="mistaken") == halted(ReasonCode.COVERAGE_BELOW_THRESHOLD)
    assert pipeline.run("acme") == SUCCESS


def test_given_a_success_when_triggered_again_then_it_is_refused_and_the_status_stays(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded(some_notes(3))
    pipeline.run("acme")
    before = account_record(pipeline)

    assert refusal_of(lambda: pipeline.guard("acme")) is ReasonCode.ALREADY_MIGRATED
    assert account_record(pipeline) == before


@pytest.mark.parametrize("filtered_by", [None, {"$type": "string"}], ids=["missing", "type filter"])
def test_given_an_index_that_is_not_the_one_when_guarded_then_it_is_refused(
    pipeline: LocalPipeline, loaded: Loading, filtered_by: Document | None
) -> None:
    loaded(some_notes(1))
    notes = pipeline.resources.database["contact_notes"]
    notes.drop_index(INDEX_NAME)
    if filtered_by:
        key = [("company_sso_id", 1), ("legacy_crm_note_id", 1)]
        partial = {"legacy_crm_note_id": filtered_by}
        notes.create_index(key, name=INDEX_NAME, unique=True, partialFilterExpression=partial)

    assert refusal_of(lambda: pipeline.guard("acme")) is ReasonCode.INDEX_MISSING
    assert account_record(pipeline) is None


def test_given_native_notes_of_another_shape_when_guarded_then_it_is_refused(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded(some_notes(1))
    native = {"company_sso_id": "rival-company", "contact_id": "c", "note": "n", "created_at": 1_614_826_800}
    pipeline.resources.database["contact_notes"].insert_one(native)

    assert refusal_of(lambda: pipeline.guard("acme")) is ReasonCode.SCHEMA_MISMATCH
    assert account_record(pipeline) is None


def test_given_a_missing_bucket_when_guarded_then_it_is_refused_before_a_file_could_be_lost(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded(some_notes(1))
    pipeline.resources.s3_client.delete_bucket(Bucket=pipeline.resources.storage.attachments_bucket)

    assert refusal_of(lambda: pipeline.guard("acme")) is ReasonCode.DEPENDENCY_UNAVAILABLE
    assert account_record(pipeline) is None


# ---------------------------------------------------------------------- a CRM that does not answer
DOWN = Fault(target="crm", kind=Transport.STATUS, status=503)


@pytest.mark.parametrize("fault", [DOWN, DOWN.model_copy(update={"status": 401})], ids=["503", "401"])
def test_given_a_crm_that_is_down_at_guard_when_run_then_it_halts_and_the_status_says_why(
    pipeline: LocalPipeline, loaded: Loading, world: Control, fault: Fault
) -> None:
    loaded(some_notes(3))
    world.add_fault(fault)

    assert pipeline.run("acme") == halted(ReasonCode.CRM_EXTRACT_FAILED)
    status = status_of(pipeline)
    assert status is not None
    assert (status["status"], status["reason_code"]) == ("halted", "CRM_EXTRACT_FAILED")


PERSONS = "/api/v4/migration/person_notes/person_ids"


def test_given_a_crm_that_fails_during_coverage_when_run_then_it_halts(
    pipeline: LocalPipeline, loaded: Loading, world: Control
) -> None:
    loaded(some_notes(3))
    world.add_fault(DOWN.model_copy(update={"path_prefix": PERSONS}))

    assert pipeline.run("acme") == halted(ReasonCode.CRM_EXTRACT_FAILED)


def test_given_a_crm_that_fails_during_extraction_when_run_then_nothing_is_written(
    pipeline: LocalPipeline, loaded: Loading, world: Control
) -> None:
    loaded(some_notes(30))
    # guard's count, two calls at the gate, one page
    world.add_fault(DOWN.model_copy(update={"skip": 4}))

    assert pipeline.run("acme", batch_size=10) == halted(ReasonCode.CRM_EXTRACT_FAILED)
    assert migrated_ids(pipeline) == []
    assert staged_keys(pipeline) == []


def test_given_a_crm_that_fails_at_the_end_when_validated_then_validation_is_skipped(
    pipeline: LocalPipeline, loaded: Loading, world: Control
) -> None:
    loaded(some_notes(3))
    run = pipeline.guard("acme")
    pipeline.migrate(run, pipeline.extract(run))
    world.add_fault(DOWN)

    outcome = pipeline.end(run)

    assert outcome == Outcome(RunState.COMPLETED_WITH_ERRORS, ReasonCode.VALIDATION_SKIPPED)
    assert migrated_ids(pipeline) == [1, 2, 3]


# ---------------------------------------------------------------------- a CRM that errs
def test_given_notes_deleted_and_added_between_pages_when_run_then_no_other_is_skipped(
    pipeline: LocalPipeline, loaded: Loading, world: Control
) -> None:
    loaded(some_notes(30))
    run = pipeline.guard("acme", batch_size=10)
    world.delete_note("acme", 5)
    world.delete_note("acme", 25)
    world.put_note("acme", a_crm_note(99))

    pipeline.migrate(run, pipeline.extract(run))

    assert pipeline.end(run) == SUCCESS
    assert migrated_ids(pipeline) == [each for each in range(1, 31) if each not in {5, 25}]
    assert classes(pipeline)["vanished_at_source"] == 2


PAGES = Fault(target="crm", kind=Content.BACKWARDS, path_prefix="/api/v4/migration/person_notes")


HARMLESS = [
    *(Content.BACKWARDS, Content.IDS_AS_STRINGS, Content.OVERLAPPING_PAGE),
    *(Content.UNASKED_TYPES, Content.COUNT_OFF),
]


@pytest.mark.parametrize("kind", HARMLESS)
def test_given_a_crm_that_breaks_the_contract_harmlessly_when_run_then_every_note_is_there_once(
    pipeline: LocalPipeline, loaded: Loading, world: Control, kind: Content
) -> None:
    loaded([*some_notes(25), a_crm_note(26, crm_note_type_id=2)])
    world.add_fault(PAGES.model_copy(update={"kind": kind}))

    assert pipeline.run("acme", batch_size=10) == SUCCESS

    assert migrated_ids(pipeline) == list(range(1, 26))
    assert (classes(pipeline)["migrated"], classes(pipeline)["out_of_scope"]) == (25, 1)


def test_given_a_page_that_repeats_for_ever_when_run_then_it_halts_and_does_not_hang(
    pipeline: LocalPipeline, loaded: Loading, world: Control
) -> None:
    loaded(some_notes(25))
    world.add_fault(PAGES.model_copy(update={"kind": Content.REPEATED_PAGE}))

    assert pipeline.run("acme", batch_size=10) == halted(ReasonCode.CRM_EXTRACT_FAILED)
    assert migrated_ids(pipeline) == []


@pytest.mark.parametrize("bad_id", [None, "x", 10**19])
def test_given_a_note_with_an_unusable_id_at_the_end_of_a_page_when_run_then_it_fails_once(
    pipeline: LocalPipeline, loaded: Loading, world: Control, bad_id: object
) -> None:
    loaded(some_notes(120))
    world.change_note("acme", 40, id=bad_id)

    assert pipeline.run("acme", batch_size=40) == SUCCESS

    assert (classes(pipeline)["migrated"], classes(pipeline)["failed"]) == (119, 1)
    assert pipeline.record("acme")["failed_by_reason"] == {"NOTE_INVALID": 1}


@pytest.mark.parametrize(("lost", "state"), [(1, "completed_success"), (2, "completed_with_errors")])
def test_given_notes_that_the_crm_counts_and_does_not_deliver_when_run_then_it_is_no_silent_success(
    pipeline: LocalPipeline, loaded: Loading, world: Control, lost: int, state: str
) -> None:
    loaded(some_notes(100))
    skipped = tuple(range(40, 40 + lost))
    world.add_fault(PAGES.model_copy(update={"kind": Content.SKIPPED_NOTES, "ids": skipped}))

    outcome = pipeline.run("acme")

    assert outcome.state == state
    assert classes(pipeline)["vanished_at_source"] == lost


def test_given_strange_values_in_a_note_when_run_then_only_that_note_is_affected(
    pipeline: LocalPipeline, loaded: Loading, world: Control
) -> None:
    loaded(some_notes(120))
    world.change_note("acme", 3, creator_id=None, creator_name="half\ud83d <b>Sari</b>", images=None)
    world.change_note("acme", 4, crm_person_id={"$gt": ""})
    world.change_note("acme", 5, note="\ud800")

    assert pipeline.run("acme").state == RunState.COMPLETED_SUCCESS

    assert pipeline.record("acme")["failed_by_reason"] == {"NOTE_INVALID": 1}
    third = pipeline.resources.database["contact_notes"].find_one({"legacy_crm_note_id": "3"})
    assert third is not None
    assert third["legacy_owner_label"] == "half Sari"


def staged_keys(pipeline: LocalPipeline) -> list[str]:
    bucket = pipeline.resources.storage.staging_bucket
    found = pipeline.resources.s3_client.list_objects_v2(Bucket=bucket)
    return [entry["Key"] for entry in found.get("Contents", [])]


def test_given_a_redirecting_crm_when_guarded_then_nobody_else_hears_the_secret(
    pipeline: LocalPipeline, loaded: Loading, world: Control, running_simulators: Any
) -> None:
    loaded(some_notes(1))
    elsewhere = running_simulators.addresses.identity + "/private/users/resolve"
    world.add_fault(Fault(target="crm", kind=Transport.REDIRECT, location=elsewhere))

    assert pipeline.run("acme") == halted(ReasonCode.CRM_EXTRACT_FAILED)
    assert world.requests("identity") == []


def test_given_a_conf_that_is_wrong_when_guarded_then_nothing_is_read_or_written(
    pipeline: LocalPipeline, world: Control
) -> None:
    for conf in ({"batch_size": 5000}, {"colour": "red"}, {"company": "../x"}):
        with pytest.raises(FatalError) as caught:
            pipeline.guard("acme", **conf)
        assert caught.value.reason is ReasonCode.INVALID_REQUEST
    assert world.requests("crm") == []
    assert pipeline.resources.database.list_collection_names() == ["contact_notes"]
