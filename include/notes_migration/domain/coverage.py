"""The coverage gate: how many of the CRM's persons are contacts of this company (RFC, OQ-2)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from notes_migration.domain.ledger import percent


@dataclass(frozen=True, slots=True)
class Coverage:
    """Distinct CRM persons with notes in scope, and how many of them resolve."""

    persons: int
    resolved: int

    def reaches(self, threshold_pct: float) -> bool:
        """Whether the gate opens; exactly at the threshold passes, compared in whole numbers."""
        return 100 * self.resolved >= Fraction(str(threshold_pct)) * self.persons

    @property
    def pct(self) -> float:
        return 100.0 if self.persons == 0 else percent(self.resolved, self.persons)
