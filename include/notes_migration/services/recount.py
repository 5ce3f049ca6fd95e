"""The CRM counted again at the end of a run: what it has now up to the frozen id, and above it."""

from __future__ import annotations

from notes_migration.domain.errors import MigrationError, ReasonCode
from notes_migration.domain.run import CrmCount, Run
from notes_migration.ports.crm import CrmSource


def recount(crm: CrmSource, run: Run) -> int | None:
    """Ask for the count in scope up to the frozen id; None where the CRM gives none."""
    if run.max_id == 0:
        return 0
    return _in_scope(_count(crm, until_id=run.max_id), run)


def added_since(crm: CrmSource, run: Run, *, frozen: int | None) -> int | None:
    """Ask for the notes in scope above the frozen id, which are no part of the run; None as above.

    frozen: what `recount` has returned.
    """
    if frozen is None:
        return None
    everything = _in_scope(_count(crm), run)
    return None if everything is None else max(0, everything - frozen)


def _count(crm: CrmSource, *, until_id: int | None = None) -> CrmCount | None:
    try:
        return crm.count(until_id=until_id)
    except MigrationError as error:
        if error.reason not in {ReasonCode.CRM_EXTRACT_FAILED, ReasonCode.CID_NOT_FOUND}:
            raise
        return None


def _in_scope(count: CrmCount | None, run: Run) -> int | None:
    return None if count is None else count.in_scope(run.settings.note_type_ids)
