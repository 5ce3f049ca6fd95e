"""The board's views as JSON; ids, counts, codes, names of users and times, nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from notes_migration.domain.board import classes_of
from notes_migration.domain.conf import Mode
from notes_migration.domain.run import RollbackMode
from notes_migration.domain.states import RunState
from notes_migration.domain.status import iso
from notes_migration.ports.board import FailureGroup, SeenDryRun, SeenRun
from notes_migration.services.read_board import AccountView, Overview
from notes_migration.services.show_certificate import CertificateView


def overview_json(view: Overview) -> bytes:
    """Return all accounts and the totals."""
    return _encoded(
        {
            "now": iso(view.now),
            "live": view.live,
            "totals": asdict(view.totals),
            "accounts": [asdict(row) for row in view.rows],
        }
    )


def account_json(view: AccountView) -> bytes:
    """Return one account, its runs, its failures by reason and the report of its last dry run."""
    return _encoded(
        {
            "now": iso(view.now),
            "live": view.live,
            "account": asdict(view.row),
            "runs": [_run(run) for run in view.runs],
            "failures": [_failure(group) for group in view.failures],
            "dry_run": _dry_run(view.dry_run) if view.dry_run else None,
        }
    )


def certificate_json(view: CertificateView) -> bytes:
    """Return the certificate as the HTTP endpoint has it, and what happened since."""
    account, last = view.seen.account, view.seen.last_run
    return _encoded(
        {
            "now": iso(view.now),
            "live": True,
            "cid": account.cid,
            "company_sso_id": account.company_sso_id or (last.company_sso_id if last else None),
            "status": account.state,
            "certificate": view.certificate,
            "written_since": [
                {
                    "run_id": run.run_id,
                    "mode": run.mode,
                    "status": run.state,
                    "started_at": iso(run.started_at),
                }
                for run in view.written_since
            ],
            "verifying": view.verifying.run_id if view.verifying else None,
        }
    )


def _run(run: SeenRun) -> dict[str, Any]:
    done = run.state in {RunState.COMPLETED_SUCCESS, RunState.COMPLETED_WITH_ERRORS}
    matched = done and run.mode not in set(RollbackMode)
    attachments = run.ledger.batches.attachments
    return {
        "run_id": run.run_id,
        "mode": run.mode,
        "triggered_by": run.triggered_by,
        "status": run.state,
        "reason_code": run.reason_code,
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at) if run.finished_at else None,
        "source_total": run.ledger.source_total,
        "classes": classes_of(run.ledger, run.state),
        "attachments_linked": attachments.linked,
        "attachments_failed": attachments.failed,
        "match_pct": run.ledger.match_pct if matched else None,
        "failure_rate": run.ledger.failure_rate,
    }


def _dry_run(run: SeenDryRun) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "mode": Mode.DRY_RUN,
        "company_sso_id": run.company_sso_id,
        "triggered_by": run.triggered_by,
        "status": run.state,
        "reason_code": run.reason_code,
        "started_at": iso(run.started_at),
        "report": dict(run.report),
    }


def _failure(group: FailureGroup) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "reason_code": group.reason_code,
        "count": group.count,
        "last_seen": iso(group.last_seen),
        "note_ids": list(group.note_ids),
    }


def _encoded(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
