"""The CRM's extraction interface over HTTP (contracts, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from notes_migration.adapters.http_json import AnswerTooLarge, JsonApi, RemoteRefused, RemoteUnavailable
from notes_migration.domain.errors import FatalError, ReasonCode, TransientError
from notes_migration.domain.ids import crm_id
from notes_migration.domain.run import CrmCount

T = TypeVar("T")

NOTES_PATH = "/api/v4/migration/person_notes"
COUNT_PATH = f"{NOTES_PATH}/count"
PERSON_IDS_PATH = f"{NOTES_PATH}/person_ids"


class HttpCrm:
    """CrmSource over the CRM's HTTP interface, for one organization and a set of note types."""

    def __init__(self, api: JsonApi, *, cid: str, type_ids: tuple[int, ...]) -> None:
        self._api = api
        self._cid = cid
        self._types = ",".join(str(type_id) for type_id in type_ids)

    def count(self, *, until_id: int | None = None) -> CrmCount:
        params = {} if until_id is None else {"until_id": str(until_id)}
        organization, count = self._get(COUNT_PATH, params, _parse_count)
        if organization != self._cid:
            raise FatalError(ReasonCode.CID_NOT_FOUND, "the CRM counts for another organization than asked")
        return count

    def notes(self, *, after_id: int, until_id: int, per_page: int) -> list[dict[str, Any]]:
        size = per_page
        while True:
            params = _keyset(after_id, until_id, size) | {"crm_note_type_ids": self._types}
            try:
                return self._get(NOTES_PATH, params, _parse_notes)
            except AnswerTooLarge:
                if size == 1:
                    raise FatalError(
                        ReasonCode.CRM_EXTRACT_FAILED, "a single note is larger than an answer may be"
                    ) from None
                size //= 2

    def person_ids(self, *, after_id: int, until_id: int, per_page: int) -> list[object]:
        params = _keyset(after_id, until_id, per_page) | {"crm_note_type_ids": self._types}
        return self._get(PERSON_IDS_PATH, params, _parse_data)

    def _get(self, path: str, params: Mapping[str, str], parse: Callable[[Any], T]) -> T:
        try:
            return self._api.get(path, {"organization_id": self._cid, **params}, parse=parse)
        except RemoteRefused as error:
            raise _refused(error.status) from None
        except RemoteUnavailable as error:
            raise TransientError(
                ReasonCode.CRM_EXTRACT_FAILED, f"the CRM gave no usable answer ({error.problem})"
            ) from None


def _refused(status: int) -> FatalError:
    if status == 404:
        return FatalError(ReasonCode.CID_NOT_FOUND, "the CRM does not know this organization")
    return FatalError(
        ReasonCode.CRM_EXTRACT_FAILED, f"the CRM refused (status {status}); check the connection crm_api"
    )


def _keyset(after_id: int, until_id: int, per_page: int) -> dict[str, str]:
    return {"after_id": str(after_id), "until_id": str(until_id), "per_page": str(per_page)}


def _parse_count(answer: Any) -> tuple[str, CrmCount]:
    if not isinstance(answer, dict) or not isinstance(answer.get("by_type"), dict):
        raise ValueError
    by_type = {int(type_id): _whole(count) for type_id, count in answer["by_type"].items()}
    max_id = answer.get("max_id")
    top = 0 if max_id in (None, 0, "0") else crm_id(max_id)
    if top is None:
        raise ValueError
    organization = answer.get("organization_id")
    return str(organization), CrmCount(_whole(answer.get("total_count")), by_type, int(top))


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError
    return value


def _parse_data(answer: Any) -> list[object]:
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise ValueError
    return list(answer["data"])


def _parse_notes(answer: Any) -> list[dict[str, Any]]:
    notes = _parse_data(answer)
    if not all(isinstance(note, dict) for note in notes):
        raise ValueError
    return [note for note in notes if isinstance(note, dict)]
