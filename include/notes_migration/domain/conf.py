"""What a run is asked to do: the DAG's conf, checked once for Airflow's Params and once for ourselves.

One model is the source of both (contracts, section 1). Messages name the field and the rule and
never echo a value: a conf may hold anything, and messages end in logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints, ValidationError

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.settings import describe

# `$` would let a trailing newline through: ids become keys and paths.
ACCOUNT_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}(?![\s\S])"
AccountId = Annotated[str, StringConstraints(strict=True, pattern=ACCOUNT_ID_PATTERN)]


class Mode(StrEnum):
    """What a run does with the account."""

    MIGRATE = "migrate"
    DRY_RUN = "dry_run"
    REPLAY_FAILED = "replay_failed"
    VERIFY = "verify"

    @property
    def writes(self) -> bool:
        """Whether it needs the feature flag, takes the fence and sets the account's status."""
        return self in {Mode.MIGRATE, Mode.REPLAY_FAILED}


class MigrationConf(BaseModel):
    """The conf of one run; unknown keys are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", regex_engine="python-re")

    cid: AccountId = Field(title="Account (cid)", description="CRM organization id of the account")
    company_sso_id: AccountId = Field(
        title="CDP tenant", description="company_sso_id of the account in the CDP"
    )
    mode: Mode = Field(
        Mode.MIGRATE,
        title="What to do",
        description="`migrate` writes; `dry_run` and `verify` only report; `replay_failed` repairs",
    )
    batch_size: Annotated[StrictInt, Field(ge=1, le=1000)] | None = Field(
        None, title="Notes per batch", description="1 to 1000; empty: as in the settings"
    )
    reasons: tuple[ReasonCode, ...] | None = Field(
        None, title="Reason codes to replay", description="only with `replay_failed`; empty: all"
    )
    rerun: StrictBool = Field(
        False,
        title="Run a completed account again",
        description="writes only what is missing, skips the rest",
    )

    @property
    def writes(self) -> bool:
        """Whether this mode needs the feature flag and sets the account's status."""
        return self.mode.writes


def parse_conf(raw: object) -> MigrationConf:
    """Read a run's conf.

    Raises:
        FatalError: INVALID_REQUEST, naming each bad field.
    """
    if not isinstance(raw, Mapping):
        raise FatalError(ReasonCode.INVALID_REQUEST, "conf is not a JSON object")
    fields = dict(raw)
    if isinstance(fields.get("reasons"), list):
        fields["reasons"] = tuple(fields["reasons"])
    try:
        conf = MigrationConf.model_validate(fields)
    except ValidationError as error:
        raise FatalError(ReasonCode.INVALID_REQUEST, describe(error)) from None
    if conf.reasons and conf.mode is not Mode.REPLAY_FAILED:
        raise FatalError(ReasonCode.INVALID_REQUEST, "reasons: only with mode replay_failed")
    return conf


def param_schemas(model: type[BaseModel] = MigrationConf) -> dict[str, dict[str, Any]]:
    """Return each field's JSON schema in the form Airflow's Param and its trigger form want.

    Nullable fields become `type: [x, "null"]`, references are put in place, and a field without
    default stays without, so that Airflow asks for it.
    """
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    return {name: _flat(field, definitions) for name, field in schema["properties"].items()}


def _flat(field: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    flat = {key: value for key, value in field.items() if key not in {"anyOf", "$ref"}}
    variants = field.get("anyOf", [{"$ref": field["$ref"]}] if "$ref" in field else [])
    for variant in variants:
        resolved = _resolved(variant, definitions)
        types = [*_types(flat), *_types(resolved)]
        flat = {**resolved, **flat, "type": types if len(types) > 1 else types[0]}
    if isinstance(flat.get("items"), dict):
        flat["items"] = _resolved(flat["items"], definitions)
    return flat


def _resolved(schema: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    target = definitions[schema["$ref"].rsplit("/", 1)[-1]]
    return {key: value for key, value in target.items() if key not in {"title", "description"}}


def _types(schema: Mapping[str, Any]) -> list[str]:
    found = schema.get("type", [])
    return list(found) if isinstance(found, list) else [found]
