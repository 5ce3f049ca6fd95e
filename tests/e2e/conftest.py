"""A running Airflow with our DAGs, the embedded stack and all synthetic accounts, once per session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.stack import Stack
from tests.support.checkout_mirror import mirrored_checkout


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The sandbox in a directory of its own, so that it does not disturb one that `make up` has started.

    `stack.addresses` is what stack.json holds, `stack.simulators.control()` switches faults and tells what
    was asked, `stack.accounts` are the accounts with their expected outcome.
    """
    paths = mirrored_checkout(tmp_path_factory.mktemp("airflow"))
    with Stack(paths, say=print) as running:
        yield running
