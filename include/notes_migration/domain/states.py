"""The states of an account's migration and how it may go from one to the next (RFC detail 2.3)."""

from __future__ import annotations

from enum import StrEnum


class RunState(StrEnum):
    """One word per state; the words of the RFC."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    HALTED = "halted"
    COMPLETED_WITH_ERRORS = "completed_with_errors"
    COMPLETED_SUCCESS = "completed_success"

    @property
    def terminal(self) -> bool:
        return self not in {RunState.NOT_STARTED, RunState.IN_PROGRESS}


TRANSITIONS: dict[RunState, frozenset[RunState]] = {
    # a first run, or one after a rollback
    RunState.NOT_STARTED: frozenset({RunState.IN_PROGRESS}),
    # a run ends; or the next attempt of a crashed run starts over; or a rollback is done
    RunState.IN_PROGRESS: frozenset(
        {
            RunState.IN_PROGRESS,
            RunState.NOT_STARTED,
            RunState.HALTED,
            RunState.COMPLETED_WITH_ERRORS,
            RunState.COMPLETED_SUCCESS,
        }
    ),
    # re-trigger: writes are idempotent; or a rollback removes
    RunState.HALTED: frozenset({RunState.IN_PROGRESS}),
    RunState.COMPLETED_WITH_ERRORS: frozenset({RunState.IN_PROGRESS}),
    # only a rerun, a replay or a rollback leaves it
    RunState.COMPLETED_SUCCESS: frozenset({RunState.IN_PROGRESS}),
}


def may_go(current: RunState, target: RunState) -> bool:
    """Whether the table allows the step."""
    return target in TRANSITIONS[current]
