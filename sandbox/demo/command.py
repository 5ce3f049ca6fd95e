"""The demo from start to end: stack up, runs, table, checks, rerun, stack down, exit code."""

from __future__ import annotations

import os
from collections.abc import Sequence

import httpx
from pymongo.errors import PyMongoError
from redis import RedisError
from rich.console import Console

from sandbox.accounts.registry import NAMES
from sandbox.demo.checks import first_run_problems, rerun_problems
from sandbox.demo.following import FollowedRun, RunsTooLong, follow
from sandbox.demo.results import results_table
from sandbox.demo.world import DemoWorld
from sandbox.paths import Paths
from sandbox.processes.service import ServiceUnavailable
from sandbox.stack import Stack
from sandbox.state import AlreadyRunning

_SHOWN_PROBLEMS = 20


def demo(paths: Paths, cids: Sequence[str]) -> int:
    """Run the demo for the accounts; returns 0 only if all came out as the generator expects."""
    console = Console(width=None if os.isatty(1) else 160, highlight=False)
    if refusal := _refusal(cids):
        console.print(f"demo: {refusal}")
        return 2
    try:
        with Stack(paths, say=console.print, cids=cids) as stack:
            console.print(f"Airflow is up: {stack.addresses['airflow_url']}")
            with DemoWorld.of(stack) as world:
                problems = _migrate_and_check(world, cids, console)
            console.print("stopping everything")
    except KeyboardInterrupt:
        console.print("demo: stopped before its end; nothing is left running")
        return 130
    except (ServiceUnavailable, AlreadyRunning, ValueError, RunsTooLong) as reason:
        problems = [str(reason)]
    except (httpx.HTTPError, PyMongoError, RedisError) as error:
        problems = [
            f"a part of the stack did not answer ({type(error).__name__}); its log is in {paths.parts}"
        ]
    return _verdict(problems, paths, console)


def _refusal(cids: Sequence[str]) -> str | None:
    if unknown := [cid for cid in cids if cid not in NAMES]:
        return f"no synthetic account is called {', '.join(unknown)}; there are {', '.join(NAMES)}"
    if not cids:
        return f"name an account: ACCOUNTS={','.join(NAMES[:2])}"
    if os.environ.get("AIRFLOW_CONN_CRM_API"):
        return "AIRFLOW_CONN_CRM_API is set, and only the simulated CRM has an expected outcome; use make up"
    return None


def _migrate_and_check(world: DemoWorld, cids: Sequence[str], console: Console) -> list[str]:
    world.switch_on(cids)
    runs = follow(world, [world.trigger(cid) for cid in cids], console)
    console.print(results_table("What became of the accounts", runs))
    problems = [problem for run in runs for problem in first_run_problems(world, run)]
    for run in runs:
        if not any(problem.startswith(f"{run.cid}:") for problem in problems):
            console.print(f"{run.cid}: every document, file and neighbour is as the generator expects")
    again = next((run.cid for run in reversed(runs) if run.status == "completed_success"), None)
    return problems + (_rerun(world, again, console) if again and not problems else [])


def _rerun(world: DemoWorld, cid: str, console: Console) -> list[str]:
    before = world.evidence(cid)
    (run,) = follow(world, [world.trigger(cid, rerun=True)], console)
    console.print(results_table(f"{cid} once more, with rerun", [run]))
    after = world.evidence(cid)
    problems = rerun_problems(run, before, after)
    if not problems:
        console.print(
            f"rerun of {cid}: migrated 0, skipped {_present(run)}; {after.documents} documents byte for byte"
            f" the same; no attachment fetched again (still {after.cdn_requests} requests to the CDN)"
        )
    return problems


def _present(run: FollowedRun) -> int:
    return run.counts["already_present"]


def _verdict(problems: Sequence[str], paths: Paths, console: Console) -> int:
    if not problems:
        console.print("demo: all as expected")
        return 0
    for problem in problems[:_SHOWN_PROBLEMS]:
        console.print(f"demo: {problem}", markup=False)
    if (more := len(problems) - _SHOWN_PROBLEMS) > 0:
        console.print(f"demo: and {more} more")
    console.print(
        f"demo: NOT as expected; task logs are in {paths.airflow_home / 'logs'}, make up shows them"
    )
    return 1
