"""Log lines of a run that only looks, or repairs, say so: an alert on failures must not count a rehearsal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from notes_migration.composition import Composition, Resources
from notes_migration.domain.conf import Mode
from tests.support.builders import a_run


@pytest.mark.parametrize("mode", Mode)
def test_given_a_run_when_it_emits_an_event_then_it_carries_any_mode_but_that_of_the_real_thing(
    mode: Mode,
) -> None:
    run = replace(a_run(), mode=mode)
    expected: dict[str, Any] = {
        "event": "crm_notes_migration_note_failed",
        "job_id": run.run_id,
        "cid": run.cid,
        "company_sso_id": run.company_sso_id,
        "reason_code": "NOTE_INVALID",
        "log_level": "info",
    }

    with capture_logs() as logged, Composition.for_run(cast(Resources, None), run) as composition:
        composition.events.emit("crm_notes_migration_note_failed", reason_code="NOTE_INVALID")

    assert logged == [expected | ({} if mode is Mode.MIGRATE else {"mode": mode})]
