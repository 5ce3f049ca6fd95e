"""The simulators, started once for the contract of the HTTP adapters."""

from tests.integration.conftest import running_simulators, world

__all__ = ["running_simulators", "world"]
