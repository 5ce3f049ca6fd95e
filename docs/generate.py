"""Write docs/configuration.md out of the code: `python docs/generate.py` (needs `include/` on the path).

Tables come from the models that check the values, and from docker-compose.yaml; a test compares the
page with what this file would write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import get_args, get_origin

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from notes_migration.domain.conf import MigrationConf, param_schemas
from notes_migration.domain.rollback import RollbackConf
from notes_migration.domain.settings import GIB, MIB, MigrationSettings

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/configuration.md"
COMMAND = "python docs/generate.py"

CONNECTIONS: Mapping[str, tuple[str, str]] = {
    "crm_api": (
        "http",
        "host: root URL; password: the whole value of the `Authorization` header; extra "
        "`attachment_hosts`: list of hosts that files may come from (exact names, or `.suffix`), extra "
        "`attachment_private_hosts`: list of `host:port` that may be plain http on private addresses "
        "(sandbox only)",
    ),
    "identity_api": ("http", "host: root URL; password: the whole value of the `Authorization` header"),
    "cdp_mongo": ("mongo", "the CDP's MongoDB; schema: name of the database"),
    "cdp_storage": (
        "aws",
        "S3-compatible storage; login and password: access key and secret; extra `endpoint_url` where it "
        "is not AWS, `attachments_bucket`, `staging_bucket`, `file_proxy_base_url` (what attachment URLs "
        "begin with)",
    ),
    "migration_redis": ("redis", "where the status records go"),
    "pagerduty": ("http", "host: root URL of the Events API v2; password: the routing key"),
    "slack_cdp_ops": (
        "http",
        "host: the whole incoming-webhook URL; or root in host, port and schema, secret path in the password",
    ),
    "notes_migration_api": (
        "generic",
        "login and password of the callers of `/private/notes/*`; more of them in extra `principals`",
    ),
}

# Name in the environment -> why it matters; the value is docker-compose.yaml's.
AIRFLOW: Mapping[str, str] = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": (
        "a task whose process was killed is noticed after this many seconds (300 by default)"
    ),
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "how often that is looked for",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": (
        "tasks of a dead scheduler or worker are taken over after this many seconds (300 by default)"
    ),
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": (
        "seconds between two steps of a run (1 by default); lower costs an idle scheduler some CPU"
    ),
    "AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE": (
        "API server only: a run that is triggered from inside a request takes a second connection"
    ),
    "AIRFLOW__CORE__PARALLELISM": "task processes at once per scheduler; about 4 per core",
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": "task processes at once per worker",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "ready at once; the feature flag guards",
    "AIRFLOW__CORE__FERNET_KEY": "encrypts secrets in Airflow's database; the same in all processes",
    "AIRFLOW__API__SECRET_KEY": "secret, the same in all processes",
    "AIRFLOW__API_AUTH__JWT_SECRET": "signs the tokens of users and tasks; secret, the same in all processes",
}
PYTHON_PATH = "`PYTHONPATH` has to hold `include/`; Airflow adds `dags/`, `plugins/` and `config/` by itself."


def page() -> str:
    """Return the text of docs/configuration.md."""
    return "\n".join(
        [
            "# Configuration",
            "",
            f"Made from the code by `{COMMAND}`; edit there. Secrets and addresses are in Connections, "
            "limits in a Variable, what differs per run in the conf. All of it is read inside tasks, never "
            "while a DAG file is parsed.",
            *_section(
                "Conf of `crm_notes_migration`", "Unknown keys are refused by name.", _conf(MigrationConf)
            ),
            *_section(
                "Conf of `crm_notes_rollback`", "Unknown keys are refused by name.", _conf(RollbackConf)
            ),
            *_section(
                "Variable `crm_notes_migration_settings`",
                "A JSON object; every key may be left out, unknown keys are refused. A run works with the "
                "values that its `guard` has read. The limits keep anybody from switching a gate off here."
                + _ahead("Checked and not used yet", settings_ahead()),
                _settings(),
            ),
            *_section(
                "Variable `crm_notes_migration_enabled`",
                'Feature flag and kill-switch: `{"<cid>": true}`. A missing Variable, a missing cid and '
                "anything but `true` mean OFF. It is looked at by `guard` and before every batch.",
                [],
            ),
            *_section(
                "Connections",
                "In the environment as `AIRFLOW_CONN_<ID>` (JSON or URI), or made in Airflow."
                + _ahead("Not read yet", connections_ahead()),
                _table(
                    ("connection", "type", "carries"),
                    ((f"`{name}`", *rest) for name, rest in CONNECTIONS.items()),
                ),
            ),
            *_section("Airflow's own settings that matter", PYTHON_PATH, _airflow()),
            "",
        ]
    )


def connections_ahead() -> list[str]:
    """Return the connections that the contract names and no code reads yet."""
    code = _code("plugins")
    return [name for name in CONNECTIONS if f'"{name}"' not in code]


def settings_ahead() -> list[str]:
    """Return the knobs that are checked and not used yet."""
    code = _code("include", "plugins")
    return [name for name in MigrationSettings.model_fields if not re.search(rf"\.{name}\b", code)]


def _code(*folders: str) -> str:
    return "".join(path.read_text() for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _ahead(words: str, names: Sequence[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in names)
    return f" {words}: {listed}." if names else ""


def _section(title: str, text: str, table: Sequence[str]) -> list[str]:
    return ["", f"## {title}", "", text, *(["", *table] if table else [])]


def _conf(model: type[BaseModel]) -> list[str]:
    fields = param_schemas(model)
    return _model(model, {name: field.get("type", "") for name, field in fields.items()})


def _settings() -> list[str]:
    properties = MigrationSettings.model_json_schema()["properties"]
    # Where an integer or a decimal may stand, the schema names both.
    return _model(
        MigrationSettings, {name: field.get("type", "number") for name, field in properties.items()}
    )


def _model(model: type[BaseModel], types: Mapping[str, str | list[str]]) -> list[str]:
    rows = (
        (f"`{name}`", _kind(types[name]), _default(name, field), _limits(field), field.description or "")
        for name, field in model.model_fields.items()
    )
    return _table(("key", "type", "default", "limits", "what it is"), rows)


def _airflow() -> list[str]:
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"]
    environment = services["scheduler"]["environment"] | services["api-server"]["environment"]
    rows = ((f"`{name}`", _shown(str(environment[name])), why) for name, why in AIRFLOW.items())
    return _table(("setting", "in docker-compose.yaml", "why"), rows)


def _shown(value: str) -> str:
    return "from `.env`" if "${" in value else f"`{value}`"


def _kind(types: str | list[str]) -> str:
    return types if isinstance(types, str) else " or ".join(types)


def _default(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    text = f"`{json.dumps(field.default)}`"
    for unit, size in (("GiB", GIB), ("MiB", MIB)):
        if name.endswith("_bytes") and field.default % size == 0:
            return f"{text} ({field.default // size} {unit})"
    return text


def _limits(field: FieldInfo) -> str:
    """Say a field's own constraints, and those of what is in it: a nullable value, a list's items."""
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return ", ".join(f"`{value}`" for value in kind)
    inner = [part for variant in get_args(kind) for part in getattr(variant, "__metadata__", ())]
    each = "each " if get_origin(kind) is tuple else ""
    said = [*map(_limit, field.metadata), *(each + _limit(part) for part in _flat(inner))]
    return ", ".join(filter(None, said))


def _flat(parts: Iterable[object]) -> Iterable[object]:
    for part in parts:
        yield from part.metadata if isinstance(part, FieldInfo) else (part,)


def _limit(rule: object) -> str:
    if getattr(rule, "pattern", None):
        return "1 to 64 of `A-Z a-z 0-9 _ -`, the first a letter or digit"
    words = {"ge": "at least", "gt": "above", "le": "at most"}
    words |= {"min_length": "length at least", "max_length": "length at most"}
    return ", ".join(
        f"{said} {value}" for name, said in words.items() if (value := getattr(rule, name, None)) is not None
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


if __name__ == "__main__":
    PAGE.write_text(page())
