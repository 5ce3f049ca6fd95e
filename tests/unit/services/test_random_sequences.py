"""Whatever happens to an account in whatever order, its sums, documents and certificate fit a small model."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

from tests.support.sequences.machine import AccountMachine
from tests.support.sequences.memory_account import MemoryAccount


class MemoryMachine(AccountMachine):
    """The machine over in-memory stores."""

    open_account = staticmethod(MemoryAccount)


TestRandomSequences = MemoryMachine.TestCase
TestRandomSequences.settings = settings(
    max_examples=40,
    stateful_step_count=12,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
