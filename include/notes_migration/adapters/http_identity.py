"""The identity service over HTTP: at most 500 ids a call, every id asked once per run."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import structlog

from notes_migration.adapters.http_json import AnswerTooLarge, JsonApi, RemoteRefused, RemoteUnavailable
from notes_migration.domain.ids import crm_id
from notes_migration.ports.identity import OwnerLookup

_log = structlog.get_logger(__name__)

RESOLVE_PATH = "/private/users/resolve"
MAX_IDS = 500
MAX_SSO_ID = 128


class HttpIdentity:
    """OwnerDirectory over `POST /private/users/resolve`, remembering known and unknown ids."""

    def __init__(self, api: JsonApi, *, company_sso_id: str) -> None:
        self._api = api
        self._company = company_sso_id
        self._asked: dict[str, str | None] = {}

    def resolve(self, creator_ids: Collection[str]) -> OwnerLookup:
        new = sorted(set(creator_ids) - self._asked.keys(), key=int)
        complete = True
        for start in range(0, len(new), MAX_IDS):
            chunk = new[start : start + MAX_IDS]
            found = self._call(chunk)
            if found is None:
                complete = False
                break
            self._asked.update({creator_id: found.get(creator_id) for creator_id in chunk})
        known = {key: sso for key in creator_ids if (sso := self._asked.get(key)) is not None}
        return OwnerLookup(known, complete)

    def _call(self, creator_ids: Collection[str]) -> dict[str, str] | None:
        body = {"company_sso_id": self._company, "crm_user_ids": [int(key) for key in creator_ids]}
        try:
            return self._api.post(RESOLVE_PATH, body, parse=_parse_users)
        except (RemoteRefused, RemoteUnavailable, AnswerTooLarge) as error:
            _log.warning("identity_unavailable", problem=str(error.args[0]) if error.args else "too large")
            return None


def _parse_users(answer: Any) -> dict[str, str]:
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise ValueError
    users = {}
    for entry in answer["data"]:
        if not isinstance(entry, dict):
            raise ValueError
        user_id, sso_id = crm_id(entry.get("crm_user_id")), entry.get("sso_id")
        if user_id and isinstance(sso_id, str) and 0 < len(sso_id) <= MAX_SSO_ID:
            users[user_id] = sso_id
    return users
