"""The random sequences once more over real MongoDB, S3 API, Redis and HTTP: fewer, as they are slow."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sandbox.simulators.process import Control, Simulators
from tests.support.local_pipeline import LocalResources
from tests.support.sequences.machine import AccountMachine
from tests.support.sequences.real_account import MortalResources, RealAccount

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


def test_given_an_account_on_real_stores_when_anything_happens_to_it_then_it_stays_as_the_model_has_it(
    resources: LocalResources, world: Control, running_simulators: Simulators
) -> None:
    mortal = MortalResources(**{each.name: getattr(resources, each.name) for each in fields(resources)})

    def open_account(of_runs: dict[str, Any]) -> RealAccount:
        return RealAccount(of_runs, mortal, world, running_simulators.addresses.cdn)

    class RealMachine(AccountMachine):
        """The machine over real stores."""

    RealMachine.open_account = staticmethod(open_account)
    run_state_machine_as_test(
        RealMachine,
        settings=settings(
            max_examples=5,
            stateful_step_count=12,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
