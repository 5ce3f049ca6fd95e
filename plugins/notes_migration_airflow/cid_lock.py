"""The account's lock: a deferred task that occupies the one slot of the account's pool for a whole run.

A pool on every task is no lock of a run: two runs would interleave task by task. So one task takes
the slot, defers at once and is ended in the triggerer when the run's work is over. It never passes
through `scheduled` again, where it would hold no slot (docs/decisions/0002-lock.md).
"""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowFailException
from airflow.triggers.base import BaseTrigger, TaskFailedEvent, TaskSuccessEvent, TriggerEvent

from notes_migration_airflow.task_states import DONE, read_states

POLL_SECONDS = 0.5
HOLDER = "hold_cid_lock"


class _StateTrigger(BaseTrigger):
    """Watches task states of one run until `verdict` has an event."""

    # No attribute may be called `task_id`: Airflow overwrites it.
    def __init__(self, dag_id: str, run_id: str, watch: list[str]) -> None:
        super().__init__()
        self.dag_id, self.run_id, self.watch = dag_id, run_id, watch

    def serialize(self) -> tuple[str, dict[str, Any]]:
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {"dag_id": self.dag_id, "run_id": self.run_id, "watch": self.watch}

    @abstractmethod
    def verdict(self, states: Mapping[str, str | None]) -> TriggerEvent | None:
        """Return the event that ends the task, or None to go on watching."""

    async def run(self) -> AsyncIterator[TriggerEvent]:
        from asgiref.sync import sync_to_async

        while True:
            event = None
            try:
                states = await sync_to_async(read_states)(self.dag_id, self.run_id, self.watch)
                event = self.verdict(states)
            except Exception as error:  # noqa: BLE001 - whatever it is, the slot must be kept
                self.log.warning("cannot_read_task_states", kind=type(error).__name__)
            if event is not None:
                yield event
                return
            await asyncio.sleep(POLL_SECONDS)


class RunEndedTrigger(_StateTrigger):
    """watch = [releasing task, *terminal tasks]; ends the holder of the lock."""

    def verdict(self, states: Mapping[str, str | None]) -> TriggerEvent | None:
        release, *ends = self.watch
        if states.get(release) not in DONE:
            return None
        # An operator's "mark failed" skips every task that has not run, and skipped leaves give a
        # green run: then the holder is the leaf that says no.
        cancelled = all(states.get(end) in {None, "skipped", "removed"} for end in ends)
        return TaskFailedEvent() if cancelled or states[release] != "success" else TaskSuccessEvent()


class LockHeldTrigger(_StateTrigger):
    """watch = [holder]; ends the waiting task once the lock is held."""

    def verdict(self, states: Mapping[str, str | None]) -> TriggerEvent | None:
        state = states.get(self.watch[0])
        if state == "deferred":
            return TaskSuccessEvent()
        return TaskFailedEvent() if state in DONE else None


class HoldCidLock(BaseOperator):
    """Takes the slot and keeps it until `release_task_id` is done."""

    ui_color = "#e8def8"

    def __init__(self, *, release_task_id: str, end_task_ids: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.release_task_id = release_task_id
        self.end_task_ids = list(end_task_ids)

    def execute(self, context: Context) -> None:
        ti = context["ti"]
        watch = [self.release_task_id, *self.end_task_ids]
        # No timeout: a task that times out passes through `scheduled`.
        self.defer(trigger=RunEndedTrigger(ti.dag_id, ti.run_id, watch), method_name="execute", timeout=None)


class AwaitCidLock(BaseOperator):
    """Waits until the run's holder has the slot: a moment in the worker, then in the triggerer."""

    ui_color = "#e8def8"

    def __init__(self, *, lock_task_id: str, patience_seconds: float = 4.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lock_task_id = lock_task_id
        self.patience_seconds = patience_seconds

    def execute(self, context: Context) -> None:
        ti, until = context["ti"], time.monotonic() + self.patience_seconds
        while time.monotonic() < until:
            state = read_states(ti.dag_id, ti.run_id, [self.lock_task_id]).get(self.lock_task_id)
            if state == "deferred":
                return
            if state in DONE:
                raise AirflowFailException(
                    f"the account's lock is not held ({state}): clear {self.lock_task_id} with this task"
                )
            time.sleep(0.2)
        trigger = LockHeldTrigger(ti.dag_id, ti.run_id, [self.lock_task_id])
        self.defer(trigger=trigger, method_name="execute", timeout=None)


def take_cid_lock(*, release_task_id: str, end_task_ids: Sequence[str]) -> AwaitCidLock:
    """Put the lock into the DAG at hand and return the task after which a run holds it.

    release_task_id: the teardown after which it is let go. end_task_ids: the run's ends; where none has
    run, the run was cancelled, and the holder fails it.
    """
    HoldCidLock(
        task_id=HOLDER,
        task_display_name="Hold the account's lock",
        doc_md=f"Occupies the only slot of the account's pool until `{release_task_id}` is done.",
        pool="cid_lock",
        release_task_id=release_task_id,
        end_task_ids=end_task_ids,
        retries=0,  # between two tries the slot would be free
        weight_rule="absolute",
        priority_weight=100,
    ).as_teardown(on_failure_fail_dagrun=True)
    return AwaitCidLock(
        task_id="await_lock", task_display_name="Wait for the account's lock", lock_task_id=HOLDER
    )
