"""The hostile account on a running Airflow: as expected, led nowhere, within bounds, harmless to readers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
import pytest
import redis
from pymongo import MongoClient

from sandbox.accounts.compare import compare_account, migrated_documents, reading_order_differences
from sandbox.accounts.hostile import markup
from sandbox.accounts.hostile.places import FORBIDDEN
from sandbox.accounts.model import Account
from sandbox.accounts.registry import HOSTILE, build_account
from sandbox.stack import Stack
from tests.fakes.hostile_server import HostileServer, ok
from tests.support.airflow_runs import connected
from tests.support.note_viewer import NoteViewer, note_viewer
from tests.support.resident_memory import PeakMemory, command_of, descendants

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

MIB = 1024 * 1024
SETTINGS = "crm_notes_migration_settings"
RUN_ID = f"{HOSTILE}__1"
TASK_PROCESS = "airflow worker -- "
# Of the account's attacks; in no log, no status and no alert.
CONTENT = (
    "hit()",
    "attacker.example",
    "169.254.169.254",
    "etc/passwd",
    "_FLUSHALL",
    "X-Injected",
    "Sari<img",
)


@dataclass(frozen=True)
class Aftermath:
    """What there is to look at after the run that all tests share."""

    account: Account
    state: str
    status: dict[str, Any]
    status_text: str
    differences: list[str]
    notes: list[str]
    trapped: list[bytes]
    asked: dict[str, int]
    peaks: list[int]
    alerts: str


@pytest.fixture(scope="module")
def aftermath(stack: Stack) -> Iterator[Aftermath]:
    with (
        HostileServer(ok(b"secret")).running() as trap,
        MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client,
        stack.simulators.control() as control,
    ):
        database = client.get_default_database()
        account = build_account(HOSTILE, cdn_url=stack.simulators.addresses.cdn, trap_url=trap.url(""))
        control.load(account)
        control.clear_journal()
        with PeakMemory(lambda: task_processes(stack)) as memory:
            state = migrated(stack)
        yield Aftermath(
            account=account,
            state=state,
            status=json.loads(status_text(stack)),
            status_text=status_text(stack),
            differences=differences(stack, database, account),
            notes=[document["note"] for document in migrated_documents(database, account).values()],
            trapped=[one.head for one in trap.clients],
            asked=control.counts("cdn"),
            peaks=sorted(memory.peaks.values()),
            alerts=alerts(stack),
        )


def task_processes(stack: Stack) -> list[int]:
    scheduler = stack.airflow.services["scheduler"].process.pid
    return [pid for pid in descendants(scheduler) if command_of(pid).startswith(TASK_PROCESS)]


def migrated(stack: Stack) -> str:
    """Run the account with little patience for slow files; return the run's state."""
    with connected(stack.addresses) as runs:
        runs.set_variable("crm_notes_migration_enabled", {HOSTILE: True})
        runs.set_variable(SETTINGS, {"attachment_timeout_seconds": 5})
        try:
            return runs.wait(runs.migrate(HOSTILE, RUN_ID), seconds=400)
        finally:
            runs.set_variable(SETTINGS, {})


def status_text(stack: Stack) -> str:
    with redis.Redis.from_url(stack.addresses["redis_url"]) as client:
        return (client.get(f"notes_migration:{HOSTILE}") or b"null").decode()


def differences(stack: Stack, database: Any, account: Account) -> list[str]:
    addresses = stack.addresses
    s3 = boto3.client(
        "s3",
        endpoint_url=addresses["s3_endpoint_url"],
        aws_access_key_id=addresses["s3_access_key"],
        aws_secret_access_key=addresses["s3_secret_key"],
        region_name="us-east-1",
    )
    bucket, base_url = addresses["attachments_bucket"], stack.file_proxy_base_url
    return [
        *compare_account(database, s3, bucket, account, base_url),
        *reading_order_differences(database, account),
    ]


def alerts(stack: Stack) -> str:
    """Everything that PagerDuty and Slack were sent."""
    return httpx.get(stack.addresses["alerts_url"], trust_env=False).raise_for_status().text


def test_given_every_attack_when_run_on_airflow_then_it_ends_as_expected_in_every_document(
    aftermath: Aftermath,
) -> None:
    expected = aftermath.account.expected
    failed = sum(expected.failed_by_reason.values())

    assert (aftermath.state, aftermath.status["status"]) == ("success", expected.status)
    assert aftermath.differences == []
    assert (aftermath.status["notes_migrated"], aftermath.status["notes_failed"]) == (
        len(expected.documents),
        failed,
    )
    assert (aftermath.status["attachments_total"], aftermath.status["attachments_failed"]) == (
        expected.attachments_total,
        len(expected.attachments_failed),
    )


def test_given_every_attack_when_run_on_airflow_then_no_request_goes_where_it_should_not(
    aftermath: Aftermath,
) -> None:
    assert aftermath.trapped == []
    assert [path for path in aftermath.asked if FORBIDDEN in path] == []
    assert (aftermath.asked["GET /loop/a"], aftermath.asked["GET /loop/b"]) == (2, 2)
    assert aftermath.asked["GET /hops-of-4/1"] == aftermath.asked["GET /hops-of-3/file.pdf"] == 1


def test_given_bodies_of_gigabytes_when_run_on_airflow_then_no_task_takes_400_mib(
    aftermath: Aftermath,
) -> None:
    assert len(aftermath.peaks) >= 8
    assert aftermath.peaks[0] > 20 * MIB
    assert aftermath.peaks[-1] < 400 * MIB


def test_given_every_attack_when_run_on_airflow_then_no_content_is_in_logs_status_or_alerts(
    aftermath: Aftermath, stack: Stack
) -> None:
    home = stack.paths.airflow_home
    logs = [*(home / "logs").rglob("*.log"), *stack.paths.parts.glob("airflow-*.log")]
    texts = {str(path.relative_to(home)): path.read_text(errors="replace") for path in logs}
    texts |= {"status": aftermath.status_text, "alerts": aftermath.alerts}

    assert any("crm_notes_migration_attachment_failed" in text for text in texts.values())
    assert HOSTILE in aftermath.alerts
    assert [(name, word) for name, text in texts.items() for word in CONTENT if word in text] == []


@pytest.fixture(scope="module")
def viewer() -> Iterator[NoteViewer]:
    with note_viewer() as viewer:
        yield viewer


def shown(viewer: NoteViewer, notes: Sequence[str], *, in_frames: bool) -> set[str]:
    parts = [notes[start : start + 40] for start in range(0, len(notes), 40)]
    return {seen for part in parts for seen in viewer.show(part, in_frames=in_frames)}


@pytest.mark.browser
@pytest.mark.parametrize("in_frames", [False, True])
def test_given_the_stored_notes_when_shown_in_a_browser_then_nothing_runs_and_nothing_loads(
    in_frames: bool, aftermath: Aftermath, viewer: NoteViewer
) -> None:
    with_markup = sorted({note for note in aftermath.notes if "<" in note or "&" in note}, key=len)
    hostile = {body.stored for body in markup.bodies()}

    assert hostile & set(with_markup)
    assert shown(viewer, with_markup, in_frames=in_frames) == set()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("family", "in_frames", "seen"),
    [
        (markup.SCRIPTS, True, "ran: hit"),
        (markup.HANDLERS, False, "ran: hit"),
        (markup.ADDRESSES, False, "link: javascript:"),
        (markup.MUTATIONS, True, "ran: hit"),
        (markup.ELSEWHERE[:2], False, "policy: img-src https://collect.attacker.example/pixel.gif"),
    ],
)
def test_given_the_same_notes_as_the_crm_has_them_when_shown_in_a_browser_then_the_viewer_tells(
    family: tuple[Any, ...], in_frames: bool, seen: str, viewer: NoteViewer
) -> None:
    assert seen in shown(viewer, [body.source for body in family], in_frames=in_frames)
