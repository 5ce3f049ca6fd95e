"""A button on the DAG's tasks that opens the run's account on the board."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.sdk import DAG, BaseOperator, BaseOperatorLink
from airflow.sdk.configuration import conf

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey


class BoardLink(BaseOperatorLink):
    """Airflow stores the address when the task ends; the board finds the account that the run is of."""

    name = "CRM notes board"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 - Airflow's
        root = conf.get("api", "base_url", fallback="").rstrip("/")
        return f"{root}/crm-notes/runs/{quote(ti_key.run_id, safe='')}"


def link_to_board(dag: DAG) -> None:
    """Put the button on every task that is not mapped: of these Airflow makes new ones for each index."""
    for task in dag.tasks:
        if isinstance(task, BaseOperator):
            task.operator_extra_links = (BoardLink(),)
