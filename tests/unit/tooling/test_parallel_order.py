"""Two processes of `make test` never start the shared Airflow twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.parallel_order import OWN_AIRFLOW, SHARED_AIRFLOW, longest_first, unit_of_work

E2E = Path(__file__).parents[2] / "e2e"
MODULES = sorted(path.name for path in E2E.glob("test_*.py"))


@pytest.mark.parametrize("module", MODULES)
def test_given_an_end_to_end_module_when_shared_out_then_it_goes_where_its_airflow_is(module: str) -> None:
    takes_the_shared_one = "stack: Stack" in (E2E / module).read_text()

    unit = unit_of_work(f"tests/e2e/{module}::test_given_a_run_when_over_then_it_is_told[qa::100]")

    assert unit == (SHARED_AIRFLOW if takes_the_shared_one else f"tests/e2e/{module}")


def test_given_the_modules_with_an_airflow_of_their_own_when_looked_for_then_each_is_there() -> None:
    assert set(OWN_AIRFLOW) <= set(MODULES)


def test_given_a_collection_when_ordered_then_the_shared_airflow_is_first_and_the_rest_stays() -> None:
    collected = [
        "tests/docs/test_a.py::test_1",
        "tests/e2e/test_demo.py::test_2",
        "tests/e2e/test_b.py::test_3",
        "tests/unit/test_c.py::test_4",
    ]

    ordered = sorted(collected, key=longest_first)

    assert ordered == [collected[2], collected[0], collected[1], collected[3]]
