"""Read one range of ids by key and stage it page by page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from notes_migration.domain.batching import StagedPage
from notes_migration.domain.errors import FatalError, MigrationError, ReasonCode
from notes_migration.domain.outcome import stops_reading
from notes_migration.domain.paging import IdRange, accept_page
from notes_migration.domain.run import Run
from notes_migration.ports.crm import CrmSource
from notes_migration.ports.run_records import RunRecords
from notes_migration.ports.staging import PageStaging
from notes_migration.services.kill_switch import KillSwitch

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ExtractRange:
    """Extracts a range; a CRM that fails stops the run and is no error of the task."""

    crm: CrmSource
    staging: PageStaging
    runs: RunRecords
    switch: KillSwitch

    def extract(self, run: Run, id_range: IdRange) -> list[StagedPage]:
        """Return the staged pages, ascending; empty where the run stops or has been stopped."""
        if run.stopped is not None:
            return []
        try:
            return self._read(run, id_range)
        except MigrationError as error:
            reason = stops_reading(error)
            if reason is None:
                raise
            _log.warning("extract_failed", job_id=run.run_id, cid=run.cid, problem=error.message)
            self.runs.stop(run, reason)
            return []

    def _read(self, run: Run, id_range: IdRange) -> list[StagedPage]:
        """Read until a page is empty: a short page is not proof of the end, and asking costs one call."""
        pages: list[StagedPage] = []
        seen: set[str] = set()
        cursor, breaches = id_range.after_id, 0
        while True:
            self.switch.require_on(run)
            raw = self.crm.notes(after_id=cursor, until_id=id_range.until_id, per_page=run.batch_size)
            page = accept_page(raw, cursor=cursor, until_id=id_range.until_id)
            breaches += page.breaches
            notes = [*page.notes, *_unseen(page.unreadable, seen)]
            if notes:
                key = f"{run.staging_prefix}{run.attempt}/{id_range.after_id}-{len(pages):05d}.json.gz"
                pages.append(self.staging.stage(key, notes, first_id=page.first_id, last_id=page.last_id))
            if page.cursor == cursor:
                break
            cursor = page.cursor
            self.switch.pause(run, run.settings.inter_page_delay_ms / 1000)
        if len(raw) >= run.batch_size:
            raise FatalError(ReasonCode.CRM_EXTRACT_FAILED, "the CRM repeats a full page and does not go on")
        if breaches:
            _log.warning("crm_contract_breach", job_id=run.run_id, cid=run.cid, notes_left_out=breaches)
        return pages


def _unseen(notes: Iterable[dict[str, Any]], seen: set[str]) -> list[dict[str, Any]]:
    """Return the notes that are not in `seen` (digests), and add them: a cursor cannot step over these."""
    new = []
    for note in notes:
        digest = hashlib.sha256(json.dumps(note, sort_keys=True).encode()).hexdigest()
        if digest not in seen:
            seen.add(digest)
            new.append(note)
    return new
