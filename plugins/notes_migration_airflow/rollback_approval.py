"""A person's word before anything is removed; whatever is not an approval ends the run red."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.exceptions import HITLRejectException, HITLTimeoutError
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from notes_migration.domain.rollback import RollbackEnd
from notes_migration_airflow import rollback_tasks

APPROVAL_HOURS = 24
SUBJECT = "Roll back account {{ dag_run.conf['cid'] }}?"
BODY = """\
{% set counts = ti.xcom_pull(task_ids="count_notes") -%}
**Approve** removes from the CDP what the migration of account `{{ dag_run.conf["cid"] }}` \
(`{{ dag_run.conf["company_sso_id"] }}`) has written: **{{ counts.documents }} documents** and \
{{ counts.objects }} files ({{ counts.bytes }} bytes). It cannot be undone; a new migration writes them again.

Stay as they are, because somebody has touched them since: \
{% for reason, count in counts.kept.items() %}{{ count }} {{ reason }}{{ ", " if not loop.last }}\
{% else %}none{% endfor %}. Notes of the CDP's own are never touched.

**Reject** leaves everything as it is. Without an answer within {{ task.hours }} hours it is the same.
"""


class ApproveRollback(ApprovalOperator):
    """Asks once. The answer is kept in the run's record, which the removal looks at."""

    def __init__(self, *, hours: int = APPROVAL_HOURS, **kwargs: Any) -> None:
        self.hours = hours
        super().__init__(
            subject=SUBJECT,
            body=BODY,
            fail_on_reject=True,
            response_timeout=timedelta(hours=hours),
            retries=0,  # another try would ask again
            **kwargs,
        )

    def execute_complete(self, context: Context, event: dict[str, Any]) -> None:
        by = (event.get("responded_by_user") or {}).get("name")
        try:
            super().execute_complete(context, event)
        except HITLRejectException:
            rollback_tasks.keep_refusal(RollbackEnd.REJECTED, by)
            raise AirflowFailException("rejected: nothing was removed") from None
        except HITLTimeoutError:
            rollback_tasks.keep_refusal(RollbackEnd.NOT_ANSWERED, None)
            raise AirflowFailException(
                f"not answered within {self.hours} hours: nothing was removed"
            ) from None
        if not by:
            raise AirflowFailException("nobody is named who has approved: nothing was removed")
        rollback_tasks.keep_approval(by)
