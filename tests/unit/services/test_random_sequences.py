"""Whatever happens to an account in whatever order, its sums, documents and certificate fit a small model.

And the model can tell: code that is broken in one place is found out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from notes_migration.domain.errors import FatalError
from notes_migration.services import remove_notes
from notes_migration.services.remove_notes import RemoveNotes
from tests.fakes.batch_ledger import InMemoryLedger
from tests.fakes.failure_records import InMemoryFailures
from tests.support.sequences.machine import AccountMachine
from tests.support.sequences.memory_account import MemoryAccount

SETTINGS = settings(
    max_examples=80,
    stateful_step_count=14,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
DEFECTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "an erased note is written again": (InMemoryLedger, "written_before", lambda *_: set()),
    "what is written stays on record as failed": (InMemoryFailures, "resolve", lambda *_: None),
    "what failed is not on record": (InMemoryFailures, "record", lambda *_: None),
    "a rollback leaves files behind": (RemoveNotes, "_remove_files", lambda *_: 0),
    "a rollback that died forgets what it removed": (remove_notes, "settle_removals", lambda *_: None),
    "a rollback leaves the records of failures": (InMemoryFailures, "clear", lambda *_: None),
}


class MemoryMachine(AccountMachine):
    """The machine over in-memory stores."""

    open_account = staticmethod(MemoryAccount)


TestRandomSequences = MemoryMachine.TestCase
TestRandomSequences.settings = SETTINGS


@pytest.mark.parametrize("defect", DEFECTS)
def test_given_code_with_a_defect_when_sequences_are_tried_then_it_is_found(
    defect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where, name, broken = DEFECTS[defect]
    monkeypatch.setattr(where, name, broken)

    with pytest.raises((AssertionError, FatalError)):
        run_state_machine_as_test(
            MemoryMachine, settings=settings(SETTINGS, max_examples=300, phases=[Phase.generate])
        )
