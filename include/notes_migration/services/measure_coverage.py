"""The coverage gate: below it nothing is read further and nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from notes_migration.domain.conf import Mode
from notes_migration.domain.coverage import Coverage
from notes_migration.domain.errors import FatalError, MigrationError, ReasonCode
from notes_migration.domain.ids import crm_id
from notes_migration.domain.outcome import stops_reading
from notes_migration.domain.paging import IdRange, split_ranges
from notes_migration.domain.run import Run
from notes_migration.ports.contacts import ContactDirectory
from notes_migration.ports.crm import CrmSource
from notes_migration.ports.run_records import RunRecords
from notes_migration.services.kill_switch import KillSwitch
from notes_migration.services.publish_progress import PublishProgress

PERSONS_PER_PAGE = 1000
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MeasureCoverage:
    """Asks the CRM for its persons, looks them up and opens or shuts the gate."""

    crm: CrmSource
    contacts: ContactDirectory
    runs: RunRecords
    progress: PublishProgress
    switch: KillSwitch

    def ranges_to_read(self, run: Run) -> list[IdRange]:
        """Return the id ranges to extract; none where the run stops here or has no notes."""
        if run.stopped is not None:
            return []
        if run.mode is Mode.REPLAY_FAILED:
            return [IdRange(0, run.max_id)] if run.max_id else []
        if run.mode is Mode.VERIFY:
            return split_ranges(max_id=run.max_id, notes=run.in_scope)
        self.progress.publish(run, "coverage_gate")
        try:
            coverage = self._measure(run)
        except MigrationError as error:
            reason = stops_reading(error)
            if reason is None:
                raise
            return self._stop(run, reason)
        _log.info(
            "coverage_measured",
            job_id=run.run_id,
            cid=run.cid,
            persons=coverage.persons,
            resolved=coverage.resolved,
            coverage_pct=coverage.pct,
        )
        reached = coverage.reaches(run.settings.coverage_threshold_pct)
        if run.mode is Mode.DRY_RUN:
            # It reads on below the gate: its report is about the whole account.
            self.runs.report(run, _reported(coverage, reached=reached))
        elif not reached:
            return self._stop(run, ReasonCode.COVERAGE_BELOW_THRESHOLD)
        return split_ranges(max_id=run.max_id, notes=run.in_scope)

    def _stop(self, run: Run, reason: ReasonCode) -> list[IdRange]:
        self.runs.stop(run, reason)
        return []

    def _measure(self, run: Run) -> Coverage:
        if run.in_scope == 0:
            return Coverage(0, 0)
        persons = resolved = cursor = 0
        unreadable: set[str] = set()
        while True:
            self.switch.require_on(run)
            page = self.crm.person_ids(after_id=cursor, until_id=run.max_id, per_page=PERSONS_PER_PAGE)
            ids = {text for text in map(crm_id, page) if text is not None}
            unreadable |= {repr(each) for each in page if crm_id(each) is None}
            new = {text for text in ids if int(text) > cursor}
            if not new and len(page) >= PERSONS_PER_PAGE:
                raise FatalError(
                    ReasonCode.CRM_EXTRACT_FAILED, "the CRM repeats a full page of persons and does not go on"
                )
            if not new:
                return Coverage(persons + len(unreadable), resolved)
            persons += len(new)
            resolved += len(self.contacts.of_persons(new).contact_ids)
            cursor = max(int(text) for text in new)


def _reported(coverage: Coverage, *, reached: bool) -> dict[str, int | float | bool]:
    return {
        "persons": coverage.persons,
        "persons_resolved": coverage.resolved,
        "coverage_pct": coverage.pct,
        "coverage_reached": reached,
    }
