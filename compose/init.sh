#!/bin/bash
# One-shot before Airflow starts: its tables, the marker pool of the account locks, the one user, the
# knobs. Running it again changes nothing that an operator has set since.
set -euo pipefail

airflow db migrate
# A task whose pool is missing waits for ever without an error (docs/decisions/0002-lock.md).
airflow pools set cid_lock 1 "marker; config/airflow_local_settings.py puts the account's pool here" --include-deferred

umask 077
python - <<'PYTHON'
import json, os, pathlib

path = pathlib.Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
path.write_text(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}) + "\n")
PYTHON

settings=crm_notes_migration_settings
if ! airflow variables get "$settings" >/dev/null 2>&1; then
  timeout_seconds=${CRM_NOTES_EXTRACT_TIMEOUT%s}
  airflow variables set "$settings" "{\"extract_timeout_seconds\": ${timeout_seconds}}"
fi
