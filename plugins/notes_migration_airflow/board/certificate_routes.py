"""The certificate's data: what its page shows, and two files to hand on."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from notes_migration.board import Board
from notes_migration.domain.spreadsheet import safe_cell
from notes_migration_airflow.board.board_json import certificate_json
from notes_migration_airflow.board.board_routes import PREFIX, Account
from notes_migration_airflow.board.viewer import Access

_COLUMNS = ("legacy_crm_note_id", "kind")


def certificate_router(board: Board, access: Access) -> APIRouter:
    """Return what readers may ask for; an account that was not verified has a view and no files."""
    router = APIRouter(prefix=f"{PREFIX}/api/accounts/{{cid}}", dependencies=[Depends(access.reader)])

    def found(cid: Account) -> Mapping[str, Any]:
        certificate = board.certificate().show(cid).certificate
        if certificate is None:
            raise HTTPException(404)
        return certificate

    @router.get("/certificate")
    def certificate(cid: Account) -> Response:
        return Response(certificate_json(board.certificate().show(cid)), media_type="application/json")

    @router.get("/certificate.json")
    def as_file(cid: Account, certificate: Mapping[str, Any] = Depends(found)) -> Response:
        return JSONResponse(certificate, headers=_named(f"certificate-{cid}.json"))

    @router.get("/differences.csv")
    def differences(cid: Account, certificate: Mapping[str, Any] = Depends(found)) -> Response:
        text = _csv(certificate["differences"])
        return Response(text, media_type="text/csv", headers=_named(f"differences-{cid}.csv"))

    return router


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _csv(differences: Sequence[Mapping[str, str]]) -> str:
    text = io.StringIO()
    rows = ([safe_cell(each[name]) for name in _COLUMNS] for each in differences)
    csv.writer(text).writerows([_COLUMNS, *rows])
    return text.getvalue()
