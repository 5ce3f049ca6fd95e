"""What is found of the account after a run, held against the model; messages name only what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from notes_migration.domain.verification import StoredNote
from notes_migration.services.finalize_run import Ending
from tests.support.sequences.model import Ended, Frozen, Model, Thing
from tests.support.sequences.source import COMPANY, PNG
from tests.support.sequences.staged_rollback import StagedRollback
from tests.support.sequences.staged_run import StagedRun
from tests.support.sequences.verdicts import Certified, linked_bytes

INTERRUPTED = Outcome(RunState.HALTED, ReasonCode.INTERNAL_ERROR)


def same(what: str, found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> None:
    """Compare two mappings, and say of which keys the values differ."""
    keys = found.keys() | expected.keys()
    differing = [key for key in keys if found.get(key) != expected.get(key)]
    lines = [f"{key}: found {found.get(key)}, expected {expected.get(key)}" for key in differing[:5]]
    assert not differing, f"{what}: {len(differing)} differ\n" + "\n".join(lines)


def check_run(account: Any, run: StagedRun, model: Model, expected: Ended) -> None:
    """A run that recorded its end, however often it died, is as one that did not die."""
    found, sums = account.ended(run.run_id), expected.sums
    same("documents", account.documents(), model.documents)
    same("records of failures", account.records(), model.records)
    same("classes", found.classes, expected.classes)
    same("failures by reason", found.reasons, sums.reasons)
    assert found.outcome == expected.outcome
    assert account.state() is model.state
    assert found.files == (sums.linked, sums.files_failed, sums.linked * len(PNG)), "files"
    assert found.owners == (sums.resolved, sums.by_label), "owners"
    _check_rest(account, model)


def check_given_up(account: Any, run: StagedRun, before: Model, complete: Model, expected: Ended) -> Model:
    """A run that was given up has done a part of what a complete one does, and its sums are exact.

    Return the model of the account as it is now.
    """
    model = before.copy()
    model.documents, model.records = account.documents(), account.records()
    _check_between("documents", before.documents, model.documents, complete.documents)
    _check_between("records of failures", before.records, model.records, complete.records)
    new = model.documents.keys() - before.documents.keys()
    model.written |= {key: model.documents[key].updated_at for key in new}
    model.linked |= {key for key, each in model.documents.items() if each.files}
    if run.ending is Ending.INTERRUPTED:
        model.counted |= _check_interrupted(account, run, [model.documents[key] for key in new], expected)
        kept = run.conf.get("mode") == "replay_failed" and before.state is RunState.COMPLETED_SUCCESS
        model.state = before.state if kept else RunState.HALTED
    model.bound = account.is_bound()
    assert model.bound or not before.bound
    if run.run is not None and complete.runs != before.runs:
        delivered = frozenset(account.delivered(run.run)) if run.ending is Ending.INTERRUPTED else frozenset()
        frozen = expected.frozen
        model.runs.append(Frozen(frozen.in_scope, frozen.out_of_scope, frozen.max_id, delivered))
    assert account.state() is model.state
    _check_rest(account, model)
    return model


def _check_interrupted(
    account: Any, run: StagedRun, written: list[StoredNote], expected: Ended
) -> set[Thing]:
    """Return what the run has mended and counted."""
    found, mended = account.ended(run.run_id), account.mended(run.run_id)
    files = sum(len(each.files) for each in written) + sum(each.kind == "attachment" for each in mended)
    owners = sum(bool(each.owner_id) for each in written) + sum(each.kind == "owner" for each in mended)
    assert (found.files[0], found.owners[0]) == (files, owners), "files linked, owners resolved"
    assert found.outcome.reason is ReasonCode.INTERNAL_ERROR
    assert found.classes["migrated"] == len(written)
    assert sum(found.classes.values()) == sum(expected.classes.values())
    assert sum(found.reasons.values()) == found.classes["failed"]
    for name in ("already_present", "failed", "erased_in_cdp"):
        assert found.classes[name] <= expected.classes[name], name
    return mended


def _check_between(what: str, before: Any, found: Any, after: Any) -> None:
    for key in before.keys() | found.keys() | after.keys():
        allowed = (before.get(key), after.get(key))
        assert found.get(key) in allowed, f"{what}: {key}: found {found.get(key)}, allowed {allowed}"


def _check_rest(account: Any, model: Model) -> None:
    """What holds whenever no run is on its way."""
    keys = account.object_notes()
    assert {key for key, each in model.documents.items() if each.files} <= keys, "files without an object"
    assert keys <= model.written.keys() | model.remnants, "objects of notes that were never written"
    assert all(key.startswith(f"{COMPANY}/") for key in account.objects())
    assert account.temporary_objects() == set()
    assert account.attachment_bytes() in linked_bytes(model), "bytes of the quota"
    assert not account.is_held()


def check_rolled_back(account: Any, run: StagedRollback, model: Model, removed: set[str]) -> None:
    """A rollback that recorded its end, however often it died, is as one that did not die."""
    assert account.removed(run.run_id) == len(removed)
    same("documents", account.documents(), model.documents)
    same("records of failures", account.records(), model.records)
    assert account.state() is model.state
    assert account.certificate() is None
    assert account.object_notes() <= model.documents.keys(), "files of notes without a document"
    _check_rest(account, model)


def check_rollback_given_up(account: Any, run: StagedRollback, before: Model, complete: Model) -> Model:
    """A rollback that was given up has removed a part of what a complete one does, and halted if any.

    Return the model of the account as it is now.
    """
    model = before.copy()
    model.documents, model.records = account.documents(), account.records()
    _check_between("documents", before.documents, model.documents, complete.documents)
    _check_between("records of failures", before.records, model.records, complete.records)
    model.written = {key: each for key, each in before.written.items() if key in _known(before, model)}
    if run.has_begun:
        _undo_in_part(account, model, before)
    assert run.has_begun or model.documents == before.documents
    assert account.removed(run.run_id) == len(before.documents) - len(model.documents)
    assert account.state() is model.state
    _check_rest(account, model)
    return model


def _known(before: Model, model: Model) -> set[str]:
    """Return what is still known as written: all but what was removed just now."""
    return before.written.keys() - (before.documents.keys() - model.documents.keys())


def _undo_in_part(account: Any, model: Model, before: Model) -> None:
    model.state, model.counted = RunState.HALTED, set()
    model.linked = before.linked & model.documents.keys()
    model.remnants = before.linked | before.remnants
    model.spare_files = account.attachment_bytes() // len(PNG) - len(model.linked)
    assert 0 <= model.spare_files <= before.spare_files + len(model.remnants), "bytes of the quota"


def check_certificate(found: Mapping[str, Any], expected: Certified) -> None:
    """The sums and every difference."""
    sums = expected.sums
    pairs = [(each["legacy_crm_note_id"], each["kind"]) for each in found["differences"]]
    assert sorted(pairs) == sorted(expected.differences), sorted(set(pairs) ^ expected.differences)
    same("classes", found["classes"], expected.classes)
    same("failures by reason", found["failed_by_reason"], sums.reasons)
    assert found["source_total"] == sum(found["classes"].values())
    assert found["notes_added_since"] == expected.added_since
    files = found["attachments"]
    assert (files["linked"], files["failed"]) == (sums.linked, sums.files_failed), "files"
    assert files["total"] == files["linked"] + files["failed"]
    assert files["bytes"] == sums.linked * len(PNG)
    assert found["owners"] == {"resolved": sums.resolved, "by_label": sums.by_label}
