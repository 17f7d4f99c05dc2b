"""The G-test is SciPy's; and without other requests a group is compared by just that."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from firmtrack.causes.counts import counts_of
from firmtrack.causes.evidence import Evidence, evidence_of
from firmtrack.causes.problems import problems_of
from firmtrack.causes.statistics import chance_of, g_of, g_statistic
from firmtrack.causes.units import units_of
from firmtrack.domain.causes import Attribute
from tests.examples import examples
from tests.unit.causes.made import NOW, Row, cells_of, failed


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int, int]:
    of, other_of = draw(st.integers(1, 5_000)), draw(st.integers(1, 500_000))
    bad, other_bad = draw(st.integers(0, of)), draw(st.integers(0, other_of))
    if bad + other_bad in {0, of + other_of}:
        bad, other_bad = (1, other_bad) if bad == 0 else (bad - 1, other_bad)
    return bad, of, other_bad, other_of


def _g(bad: float, of: float, other_bad: float, other_of: float) -> float:
    numbers = (np.array([float(each)]) for each in (bad, of, other_bad, other_of))
    return float(g_statistic(*numbers)[0])


@settings(max_examples=examples(200))
@given(tables())
def test_g_is_that_of_scipy(table: tuple[int, int, int, int]) -> None:
    bad, of, other_bad, other_of = table
    observed = [[bad, of - bad], [other_bad, other_of - other_bad]]
    if 0 in np.sum(observed, axis=0):
        return
    found = stats.chi2_contingency(observed, correction=False, lambda_="log-likelihood")
    assert _g(*table) == pytest.approx(found.statistic, rel=1e-9, abs=1e-6)
    expected = found.expected_freq.ravel()
    divergence = stats.power_divergence(np.ravel(observed), expected, lambda_="log-likelihood")
    assert _g(*table) == pytest.approx(divergence.statistic, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("g", [0.0, 0.1, 3.84, 22.0, 60.0, 400.0])
def test_the_chance_of_a_g_is_that_of_scipy(g: float) -> None:
    assert chance_of(g) == pytest.approx(float(stats.chi2.sf(g, df=1)), rel=1e-9)


@pytest.mark.parametrize("chance", [0.5, 0.01, 1e-6, 1e-12])
def test_the_g_of_a_chance_is_that_of_scipy(chance: float) -> None:
    assert g_of(chance) == pytest.approx(float(stats.chi2.isf(chance, df=1)), abs=1e-5)
    assert chance_of(g_of(chance)) <= chance


NORTH = {Attribute.CSP_REGION: "North"}


def _in_one_request(bad: int, of: int, rest_bad: int, rest_of: int) -> Evidence:
    rows = [
        failed(bad, traits=NORTH),
        Row(of - bad, traits=NORTH),
        failed(rest_bad),
        Row(rest_of - rest_bad),
    ]
    cells = cells_of([row for row in rows if row.count])
    units = units_of(cells, NOW)
    (problem,) = problems_of(cells)
    (counts,) = counts_of(cells, units, problem)
    return evidence_of(counts, units.having(((Attribute.CSP_REGION, 1),)))


@pytest.mark.parametrize(("bad", "of", "rest_bad", "rest_of"), [(30, 100, 40, 900), (5, 9, 2, 50)])
def test_in_one_request_a_group_is_compared_with_the_rest_by_the_plain_g_test(
    bad: int, of: int, rest_bad: int, rest_of: int
) -> None:
    found = _in_one_request(bad, of, rest_bad, rest_of)
    assert found.g[0] == pytest.approx(_g(bad, of, rest_bad, rest_of))
    assert found.known.expected[0] == pytest.approx(of * rest_bad / rest_of)


def test_of_a_shortfall_nothing_is_told() -> None:
    assert _in_one_request(0, 500, 500, 1_000).g[0] == 0
