"""The size and the faults of each synthetic account."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Plan:
    """Counts of one account; accounts of one `family` have the same notes.

    in_scope, activities: notes of types in scope and of other types.
    mapped, unmapped: CRM persons with notes in scope, with and without a contact to take.
    with_files, failing_files: notes that carry files, and files among them that cannot be stored.
    faults: notes of mapped persons (or of none) that must fail; every unmapped person adds one.
    """

    family: str
    in_scope: int
    activities: int
    mapped: int
    unmapped: int = 0
    with_files: int = 0
    failing_files: int = 0
    faults: int = 0


_QA_5000 = Plan(
    family="qa-5000", in_scope=5_000, activities=1_100, mapped=1_200, with_files=240, failing_files=12
)
_QA_ERRORS = Plan(
    family="qa-errors",
    in_scope=2_000,
    activities=300,
    mapped=990,
    unmapped=10,
    with_files=60,
    failing_files=4,
    faults=10,
)

PLANS: dict[str, Plan] = {
    "qa-100": Plan(family="qa-100", in_scope=100, activities=40, mapped=40, with_files=52, failing_files=4),
    "qa-5000": _QA_5000,
    "qa-text": replace(_QA_5000, with_files=0, failing_files=0),
    "qa-errors": _QA_ERRORS,
    "qa-halt": replace(_QA_ERRORS, faults=11),
}
