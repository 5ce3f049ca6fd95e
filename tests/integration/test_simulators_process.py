"""The simulators over real sockets: quick to start, loaded through the control API, broken on demand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.accounts.model import Account, ExpectedOutcome, SourceFile
from sandbox.processes.lifeline import Lifeline
from sandbox.simulators.faults import Fault, Transport
from sandbox.simulators.process import Control, Simulators, start_simulators

pytestmark = pytest.mark.integration

COUNT = "/api/v4/migration/person_notes/count"


def an_account(cid: str, notes: int = 3) -> Account:
    nothing = ExpectedOutcome("completed_success", None, notes, 0, {}, {}, {}, 0, {}, 0, 0, "100.00")
    return Account(
        cid=cid,
        company_sso_id=f"{cid}-company",
        notes=tuple(
            {"id": n, "crm_note_type_id": 1, "crm_person_id": 100 + n, "note": "<p>x</p>"}
            for n in range(1, notes + 1)
        ),
        files={f"{cid}/a.jpg": SourceFile(f"{cid}/a.jpg", b"\xff\xd8\xff" * 1000, "image/jpeg")},
        identities={7: {"sso_id": "s-7", "name": "Sari"}},
        contacts=(),
        native_notes=(),
        expected=nothing,
    )


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    with Lifeline() as lifeline:
        yield start_simulators(Path(tmp_path_factory.mktemp("simulators")), lifeline=lifeline)


@pytest.fixture
def control(simulators: Simulators) -> Iterator[Control]:
    with simulators.control() as control:
        control.load(an_account("acme"))
        yield control
        control.clear_faults()
        control.clear_journal()


def crm(simulators: Simulators) -> httpx.Client:
    headers = {"Authorization": simulators.tokens.crm}
    return httpx.Client(base_url=simulators.addresses.crm, headers=headers, trust_env=False)


def cdn(simulators: Simulators) -> httpx.Client:
    return httpx.Client(base_url=simulators.addresses.cdn, trust_env=False)


def test_given_a_loaded_account_when_asked_then_crm_identity_and_cdn_know_it(
    simulators: Simulators, control: Control
) -> None:
    with crm(simulators) as client:
        assert client.get(COUNT, params={"organization_id": "acme"}).json()["total_count"] == 3
    with cdn(simulators) as client:
        file = client.get("/acme/a.jpg")
    assert (file.headers["content-type"], len(file.content)) == ("image/jpeg", 3000)
    assert control.counts("cdn") == {"GET /acme/a.jpg": 1}
    assert [one["query"] for one in control.requests("crm")] == ["organization_id=acme"]


def test_given_a_note_deleted_added_and_changed_when_asked_then_the_crm_shows_it(
    simulators: Simulators, control: Control
) -> None:
    control.delete_note("acme", 1)
    control.put_note("acme", {"id": 9, "crm_note_type_id": 1, "crm_person_id": 5})
    control.change_note("acme", 2, note=None)

    with crm(simulators) as client:
        page = client.get(COUNT.removesuffix("/count"), params={"organization_id": "acme"}).json()["data"]

    assert [(one["id"], one.get("note")) for one in page] == [(2, None), (3, "<p>x</p>"), (9, None)]


def test_given_a_dripping_cdn_when_read_then_the_pieces_come_apart(
    simulators: Simulators, control: Control
) -> None:
    control.add_fault(Fault(target="cdn", kind=Transport.DRIP, seconds=0.05, piece_bytes=1000))
    began = time.monotonic()

    with cdn(simulators) as client:
        content = client.get("/acme/a.jpg").content

    assert len(content) == 3000
    assert time.monotonic() - began > 0.09  # two pauses: the client has all with the third piece


def test_given_an_answer_broken_off_when_read_then_the_client_sees_less_than_was_announced(
    simulators: Simulators, control: Control
) -> None:
    control.add_fault(Fault(target="cdn", kind=Transport.BROKEN_OFF))

    with cdn(simulators) as client, pytest.raises(httpx.RemoteProtocolError):
        client.get("/acme/a.jpg")


def test_given_a_hanging_crm_when_the_caller_waits_less_then_it_times_out(
    simulators: Simulators, control: Control
) -> None:
    control.add_fault(Fault(target="crm", kind=Transport.HANG, seconds=5))

    with crm(simulators) as client, pytest.raises(httpx.ReadTimeout):
        client.get(COUNT, params={"organization_id": "acme"}, timeout=0.1)


def test_given_two_accounts_with_different_files_at_one_path_when_loaded_then_it_is_refused(
    control: Control,
) -> None:
    other = an_account("other")
    clash = SourceFile("acme/a.jpg", b"else", "image/jpeg")

    with pytest.raises(httpx.HTTPStatusError, match="409"):
        control.load(
            Account(
                other.cid,
                other.company_sso_id,
                other.notes,
                {clash.path: clash},
                {},
                (),
                (),
                other.expected,
            )
        )
