"""Where things are in this checkout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """The checkout and what a sandbox writes into it (all below `.airflow/`, which git ignores)."""

    checkout: Path

    @property
    def airflow_home(self) -> Path:
        """Airflow's home: its configuration, logs and the whole sandbox."""
        return self.checkout / ".airflow"

    @property
    def parts(self) -> Path:
        """Data and logs of the parts, Airflow's services included."""
        return self.airflow_home / "sandbox"

    @property
    def stack_file(self) -> Path:
        """Addresses and credentials of the running stack (contracts, section 1)."""
        return self.airflow_home / "stack.json"

    @property
    def environment_file(self) -> Path:
        """The running Airflow's variables, for a shell that wants to use its command line."""
        return self.airflow_home / "airflow.env"

    @property
    def state_file(self) -> Path:
        """What `down` needs to stop it: supervisor, sandbox id, list of children."""
        return self.airflow_home / "sandbox.json"

    @property
    def lock_file(self) -> Path:
        """Locked as long as a sandbox of this checkout runs."""
        return self.airflow_home / "sandbox.lock"

    @property
    def airflow(self) -> Path:
        """The `airflow` command of the virtual environment."""
        return self.checkout / ".venv" / "bin" / "airflow"

    @property
    def python_path(self) -> str:
        """PYTHONPATH of every Airflow process: what Airflow does not add by itself comes first."""
        return ":".join(str(self.checkout / name) for name in ("include", "config", "plugins", ""))


def this_checkout() -> Paths:
    """Return the paths of the checkout that this package lies in."""
    return Paths(Path(__file__).resolve().parents[1])
