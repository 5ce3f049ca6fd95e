"""The sandbox's commands: `python -m sandbox up | down | demo` (make up, make down, make demo)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from sandbox.paths import Paths, this_checkout

_SHOWN = {
    "MongoDB": "mongo_uri",
    "Redis": "redis_url",
    "S3 API": "s3_endpoint_url",
    "CRM": "crm_url",
    "identity": "identity_url",
    "CDN": "cdn_url",
    "alerts": "alerts_url",
}


def main() -> int:
    """Run one command and return its exit code."""
    arguments = _arguments()
    if sys.platform != "linux":
        print("the sandbox needs Linux on x86_64; elsewhere use docker compose (see README)")
        return 1
    paths = Paths(arguments.checkout.resolve())
    match arguments.command:
        case "up":
            return _up(paths)
        case "down":
            from sandbox.supervisor import down

            down(paths, print)
            return 0
        case "supervise":
            from sandbox.supervisor import supervise

            return supervise(paths)
        case _:
            from sandbox.demo import demo

            return demo(paths, [cid for cid in arguments.accounts.split(",") if cid])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument(
        "--checkout",
        type=Path,
        default=this_checkout().checkout,
        help="directory with dags/, plugins/, include/, config/ and .venv/; .airflow/ is made there",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start everything and keep it running")
    commands.add_parser("down", help="stop everything")
    commands.add_parser("supervise", help="what `up` starts in the background")
    shown = commands.add_parser("demo", help="start everything, migrate accounts, check, stop everything")
    shown.add_argument("--accounts", default="qa-100,qa-5000", help="synthetic accounts, commas between")
    return parser.parse_args()


def _up(paths: Paths) -> int:
    from sandbox.supervisor import up

    if not up(paths, print):
        return 1
    stack = json.loads(paths.stack_file.read_text())
    print(
        f"Airflow   {stack['airflow_url']}  login {stack['airflow_username']} / {stack['airflow_password']}"
    )
    for label, key in _SHOWN.items():
        print(f"{label:<9} {stack[key] or 'unknown'}")
    print(f"All addresses and credentials: {paths.stack_file}; make down stops it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
